package serve

import (
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/kind"
)

// sections are all that a configuration may have. Package kind says how to add to
// them: a func that returns a section, beside what reads it, and its name here.
func sections() []kind.Section {
	all := []kind.Section{
		databaseSection(),
		archiveSection(),
		logSection(),
		valuesSection(),
		runnerSection(),
		runQueueSection(),
		poolsSection(),
		agentSection(),
		executorSection(),
		retentionSection(),
		scheduleSection(),
		serverSection(),
		auth.Section(),
		auth.FormerSection(),
		apiSection(),
		updatesSection(),
		reportersSection(),
		kafka.Section(),
	}
	all = append(all, webhook.Sections()...)
	all = append(all, notificationSection(), operatorSection(), paramsSection(), secretsSection(), clientSection(), logFormatSection(), generalSection())
	return withDigdag(all)
}

// described is the table of the sections. It is made when it is first needed, which is
// not at the start of every command.
var described struct {
	once  sync.Once
	table *kind.Table
	err   error
}

// Table returns the description of all settings.
func Table() *kind.Table {
	described.once.Do(func() {
		if described.table, described.err = kind.NewTable(sections()...); described.err != nil {
			panic(described.err) // a test makes it, so that nobody else sees this
		}
	})
	return described.table
}

// ofDigdag are settings of Digdag that have no effect here.
var ofDigdag = []string{
	"server.http.io-threads", "server.http.worker-threads", "server.jmx.port",
	"server.authenticator-class", "agent.id", "agent.heartbeat-interval", "agent.lock-retention-time",
	"agent.command_executor.<name>", "agent.account_routing.<name>", "executor.account_routing.<name>", "scheduler.account_routing.<name>",
	"executor.ttl_reaping_interval", "executor.enqueue_fetch_size", "executor.enqueue_random_fetch",
	"database.connectionTimeout", "database.idleTimeout", "database.keepaliveTime", "database.validationTimeout",
	"database.minimumPoolSize", "database.leakDetectionThreshold", "database.sslfactory", "database.queue.<name>",
	"queue-server.<name>", "queue.db.<name>", "log-server.local.split_size", "eval.<name>", "metrics.<name>", "plugin.<name>", "system-plugin.<name>",
	"notification.mail.<name>", "config.mail.<name>", "config.td.<name>",
}

// secretsOfDigdag are those of them whose values nobody may see.
var secretsOfDigdag = []string{"server.environment.<name>", "database.opts.<name>", "digdag.defaultParams", "param_server.<name>"}

// withDigdag adds the settings of Digdag that have no effect here to the sections
// that they are in, or to new ones.
func withDigdag(all []kind.Section) []kind.Section {
	add := func(key string, secret bool) {
		section, name, _ := strings.Cut(key, ".")
		i := slices.IndexFunc(all, func(s kind.Section) bool { return s.Name == section })
		if i < 0 {
			all, i = append(all, kind.Section{Name: section}), len(all)
		}
		all[i].Options = append(all[i].Options, kind.Option{Name: name, Ignored: true, Secret: secret})
	}
	for _, key := range ofDigdag {
		add(key, false)
	}
	for _, key := range secretsOfDigdag {
		add(key, true)
	}
	return all
}
