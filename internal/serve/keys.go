package serve

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/blob/plugin"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
)

// use says who reads a setting.
type use uint8

const (
	// byServer are settings of pawl server.
	byServer use = iota
	// byOthers are settings of other commands, which share the file.
	byOthers
	// byNobody are settings of Digdag that have no effect here.
	byNobody
)

// key is a setting that may be in a configuration.
type key struct {
	// name may end in ".*" for all settings below.
	name string
	by   use
	// secret says that nobody may see the value.
	secret bool
}

// keys are all that a configuration may have.
var keys = slices.Concat(
	named(byServer,
		"server.bind", "server.port", "server.admin.bind", "server.admin.port",
		"server.access-log.path", "server.access-log.pattern", "server.runtime-info.path", "server.enable-swagger",
		"server.http.enable-http2", "server.http.no-request-timeout", "server.http.request-parse-timeout",
		"server.http.io-idle-timeout", "server.tls.certificate", "server.tls.key",
		"server.executor.enabled", "server.schedule.enabled",
		"server.client-version-check.upgrade-recommended-if-older", "server.client-version-check.api-incompatible-if-older",
		"server.authenticator.type", "server.authenticator.basic.username", "server.authenticator.basic.admin",
		"server.authenticator.jwt.keys", "server.authenticator.jwt.issuer", "server.authenticator.jwt.audience",
		"server.authenticator.jwt.leeway", "basicauth.username", "basicauth.admin",
		"database.type", "database.path", "database.host", "database.port", "database.database", "database.user",
		"database.schema", "database.migrate", "database.maximumPoolSize", "database.loginTimeout", "database.socketTimeout",
		"database.ssl", "database.sslmode", "database.sslcert", "database.sslkey", "database.sslrootcert",
		"archive.type", "archive.file.path", "archive.s3.bucket", "archive.s3.path", "archive.s3.endpoint", "archive.s3.region",
		"archive.s3.path-style-access", "archive.s3.direct_download", "archive.s3.direct_download_expiration",
		"archive.s3.credentials.file", "log-server.type", "log-server.local.path", "log-server.s3.bucket", "log-server.s3.path",
		"log-server.s3.endpoint", "log-server.s3.region", "log-server.s3.path-style-access", "log-server.s3.direct_download",
		"log-server.s3.direct_download_expiration", "log-server.s3.credentials.file",
		"agent.max-task-threads", "agent.enabled", "tmpdir",
		"runner.type", "runner.queue.names", "runner.queue.grace",
		"executor.attempt_ttl", "executor.task_ttl", "executor.attempt_max_run", "executor.task_max_run",
		"api.max_attempts_page_size", "api.max_sessions_page_size", "api.max_archive_total_size_limit",
		"retention.attempts", "retention.sessions", "retention.projects", "retention.audit", "retention.letters", "log.format",
		"notification.type", "notification.retries", "notification.min_retry_wait", "notification.max_retry_wait",
		"notification.http.url", "notification.http.method", "notification.shell.command", "notification.shell.timeout",
		"config.http.user_agent", "config.http.max_redirects", "config.http.allow_user_proxy",
		"config.http.max_stored_response_content_size", "config.http_call.max_response_content_size",
		"config.http.proxy.enabled", "config.http.proxy.host", "config.http.proxy.port", "config.http.proxy.tls",
		"kafka.brokers", "kafka.group", "kafka.tls", "kafka.tls.ca", "kafka.tls.certificate", "kafka.tls.key",
		"kafka.sasl.mechanism", "kafka.sasl.user", "kafka.registry.url", "kafka.registry.user", "kafka.topics.*",
		"params.*",
	),
	concealed(byServer,
		"kafka.sasl.password", "kafka.registry.password",
		"server.http.headers.*", "server.authenticator.basic.password", "server.authenticator.jwt.secret", "basicauth.password",
		"database.url", "database.password", "archive.s3.credentials.access-key-id", "archive.s3.credentials.secret-access-key",
		"archive.s3.credentials.session-token",
		"log-server.s3.credentials.access-key-id", "log-server.s3.credentials.secret-access-key", "log-server.s3.credentials.session-token",
		secret.KeySetting, "notification.http.headers.*",
	),
	named(byOthers, "client.http.endpoint", "client.http.disable_direct_download"),
	concealed(byOthers, "client.http.token", "client.http.headers.*", "secrets.*"),
	named(byNobody,
		"server.http.io-threads", "server.http.worker-threads", "server.jmx.port",
		"server.authenticator-class", "agent.id", "agent.heartbeat-interval", "agent.lock-retention-time",
		"agent.command_executor.*", "agent.account_routing.*", "executor.account_routing.*", "scheduler.account_routing.*",
		"executor.ttl_reaping_interval", "executor.enqueue_fetch_size", "executor.enqueue_random_fetch",
		"database.connectionTimeout", "database.idleTimeout", "database.keepaliveTime", "database.validationTimeout",
		"database.minimumPoolSize", "database.leakDetectionThreshold", "database.sslfactory", "database.queue.*",
		"queue-server.*", "queue.*", "log-server.local.split_size", "eval.*", "metrics.*", "plugin.*", "system-plugin.*",
		"notification.mail.*", "config.mail.*", "config.td.*",
	),
	concealed(byNobody,
		"server.environment.*", "database.opts.*", "digdag.defaultParams", "param_server.*",
	),
)

func named(by use, names ...string) []key {
	list := make([]key, len(names))
	for i, name := range names {
		list[i] = key{name: name, by: by}
	}
	return list
}

func concealed(by use, names ...string) []key {
	list := named(by, names...)
	for i := range list {
		list[i].secret = true
	}
	return list
}

// matches reports whether k is the setting of that name, or has it below.
func (k *key) matches(name string) bool {
	above, ok := strings.CutSuffix(k.name, "*")
	return name == k.name || ok && strings.HasPrefix(name, above) && name != above
}

func keyOf(name string) *key {
	for i := range keys {
		if keys[i].matches(name) {
			return &keys[i]
		}
	}
	return nil
}

// Doubt is a setting that does nothing.
type Doubt struct {
	// Key is its name and Origin where it is.
	Key, Origin string
	// Reason says why, and Hint what may have been meant, or is empty.
	Reason, Hint string
}

// Doubts returns the settings that nobody reads, in their order.
func Doubts(cfg *config.Config) []Doubt {
	var list []Doubt
	for _, name := range cfg.Keys() {
		k := keyOf(name)
		if k != nil && k.by != byNobody {
			continue
		}
		at, _ := cfg.Setting(name)
		d := Doubt{Key: name, Origin: at.Origin, Reason: "is a setting of Digdag that has no effect here"}
		if k == nil {
			d.Reason, d.Hint = "is not known", document.DidYouMean(name, settable())
		}
		if _, kind := pluginOf(name); kind != "" {
			_, err := plugin.Find(kind)
			switch {
			case err == nil:
				continue
			case kind == remoteGCS:
				d.Reason, d.Hint = "is for the plug-in "+plugin.Program(kind)+", which is not on PATH", model.HintsOf(err)
			}
		}
		list = append(list, d)
	}
	return list
}

// settable are the names of the settings that somebody reads.
func settable() []string {
	var names []string
	for i := range keys {
		if keys[i].by != byNobody && !strings.HasSuffix(keys[i].name, "*") {
			names = append(names, keys[i].name)
		}
	}
	return names
}

// telling are parts of names whose values are not shown, whoever reads them.
var telling = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)passw|secret|token|credential|api.?key|private|authorization`)
})

// Hidden is what is shown instead of a secret.
const Hidden = "********"

// Shown returns a value as it may be shown.
func Shown(name, value string) string {
	k := keyOf(name)
	switch {
	case value == "":
		return value
	case name == "database.url":
		return shownURL(value)
	case k != nil && k.secret, telling().MatchString(name) && (k == nil || strings.HasSuffix(k.name, "*")):
		return Hidden
	}
	return value
}

// shownURL returns a URL without what logs in, if it is one.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return Hidden
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	query := u.Query()
	for name := range query {
		if telling().MatchString(name) {
			query.Set(name, "hidden")
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}
