package serve

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/relay"
	feeds "github.com/pawlhq/pawl/internal/feed/settings"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/notify"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/internal/store"
)

// reportersPrefix begins the settings of reporters: the name of one follows.
const reportersPrefix = "reporters."

func reportersSection() kind.Section {
	return kind.Section{Name: "reporters", Doc: "Whom the server tells what happens: see [reporters](reporters.md).", Options: []kind.Option{
		{Name: "<reporter>.type", Doc: "how it is told: `log`, `webhook`, `kafka`, `mail` or `shell`; required"},
		{Name: "<reporter>.events", Form: kind.List, Computed: "all", Doc: "types of events, groups of them, or `failure`"},
		{Name: "<reporter>.projects", Form: kind.List, Computed: "all", Doc: "names of projects that it is told of"},
		{Name: "<reporter>.workflows", Form: kind.List, Computed: "all", Doc: "names of workflows, or `PROJECT/WORKFLOW`"},
		{Name: "<reporter>.tags", Form: kind.List, Computed: "all", Doc: "tags of attempts that it is told of, as `NAME=VALUE`: those that have all of them"},
		{Name: "<reporter>.retries", Form: kind.Count, Computed: "`10`", Doc: "how often an event is tried again before it is passed over"},
		{Name: "<reporter>.timeout", Form: kind.Duration, Computed: "`30s`", Doc: "how long telling may take, with `webhook`, `mail` and `shell`"},
		{Name: "<reporter>.url", Form: kind.URL, Doc: "gets a POST for each event, with `webhook`"},
		{Name: "<reporter>.secret", Form: kind.List, Secret: true, Doc: "signs requests, with `webhook`"},
		{Name: "<reporter>.headers.<name>", Secret: true, Doc: "header of each request, with `webhook`"},
		{Name: "<reporter>.topic", Doc: "topic that gets a record for each event, with `kafka`"},
		{Name: "<reporter>.command", Doc: "shell command that gets each event as JSON on its standard input, with `shell`"},
		{Name: "<reporter>.host", Doc: "mail server as `HOST:PORT`, with `mail`"},
		{Name: "<reporter>.from", Doc: "sender of mails"},
		{Name: "<reporter>.to", Form: kind.List, Doc: "who gets mails"},
		{Name: "<reporter>.user", Doc: "who logs in to the mail server"},
		{Name: "<reporter>.password", Secret: true, Doc: "password of that user"},
		{Name: "<reporter>.tls", Form: kind.Bool, Computed: "`false`", Doc: "encrypts from the first byte on, as at port 465; else as soon as the mail server can"},
	}}
}

// reporterTypes have the settings of each type beside those that all have.
var reporterTypes = map[string][]string{
	"log":     nil,
	"webhook": {"url", "secret", "timeout", "headers."},
	"kafka":   {"topic"},
	"mail":    {"host", "from", "to", "user", "password", "tls", "timeout"},
	"shell":   {"command", "timeout"},
}

var ofAllReporters = []string{"type", "events", "projects", "workflows", "tags", "retries"}

// reporterReader reads the settings of reporters.
type reporterReader struct {
	feeds.Reader
	log *slog.Logger
	// brokers is what sends to Kafka, once that is needed, and group names the
	// installation in what is sent there.
	brokers relay.Transport
	group   string
}

// readReporters returns the reporters of a configuration, in order of their names. The
// error has all that is wrong. Nothing is connected yet.
func readReporters(cfg *config.Config, log *slog.Logger) ([]reporters.Config, error) {
	if !feeds.Below(cfg, reportersPrefix) {
		return nil, nil
	}
	r := &reporterReader{Reader: feeds.Reader{Config: cfg}, log: log}
	words := slices.Clone(ofAllReporters)
	for _, of := range slices.Sorted(maps.Keys(reporterTypes)) {
		words = append(words, reporterTypes[of]...)
	}
	given := make(map[string][]string)
	for _, key := range cfg.Keys() {
		rest, ok := strings.CutPrefix(key, reportersPrefix)
		if !ok {
			continue
		}
		name, what, ok := feeds.Split(rest, words...)
		if !ok {
			r.Advise(feeds.Meant("reporter", rest, words...), key, "is no setting")
			continue
		}
		given[name] = append(given[name], what)
	}
	var list []reporters.Config
	for _, name := range slices.Sorted(maps.Keys(given)) {
		list = append(list, r.reporter(name, given[name]))
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return list, nil
}

// reporter reads one reporter. What is wrong is noted.
func (r *reporterReader) reporter(name string, given []string) reporters.Config {
	key := func(what string) string { return reportersPrefix + name + "." + what }
	c := reporters.Config{Name: name, Projects: r.List(key("projects")), Workflows: r.List(key("workflows"))}
	var err error
	if c.Types, err = history.ParseTypes(r.List(key("events"))); err != nil {
		r.Refuse(key("events"), err)
	}
	if c.Tags, err = model.ParseWantedTags(r.List(key("tags"))); err != nil {
		r.Refuse(key("tags"), err)
	}
	if slices.Contains(given, "retries") {
		c.Retries = r.Count(key("retries"))
	}
	if !slices.Contains(given, "type") {
		r.Lacks(key("type"), "it is one of "+strings.Join(slices.Sorted(maps.Keys(reporterTypes)), ", "))
		return c
	}
	of := r.Choice(key("type"), "", slices.Sorted(maps.Keys(reporterTypes))...)
	if of == "" {
		return c // which was noted
	}
	for _, what := range given {
		head, _, nested := strings.Cut(what, ".")
		if nested {
			head += "."
		}
		if !slices.Contains(ofAllReporters, head) && !slices.Contains(reporterTypes[of], head) {
			r.Wrong(key(what), "has no meaning for a reporter of the type %s", of)
		}
	}
	if c.Reporter, err = r.make(of, key, given); err != nil {
		r.Refuse(key(cmp.Or(map[string]string{"mail": "host", "kafka": "topic"}[of], "type")), err)
	}
	return c
}

// make makes a reporter of a type.
func (r *reporterReader) make(of string, key func(string) string, given []string) (reporters.Reporter, error) {
	var timeout time.Duration
	if slices.Contains(given, "timeout") {
		timeout = r.Duration(key("timeout"), time.Second)
	}
	switch of {
	case "webhook":
		return r.webhook(key, given, timeout)
	case "kafka":
		return r.kafka(key)
	case "mail":
		if !r.mails(key) {
			return nil, nil
		}
		m := reporters.Mail{
			Host: r.Text(key("host"), ""), From: r.Text(key("from"), ""), To: r.List(key("to")),
			User: r.Text(key("user"), ""), Password: r.Text(key("password"), ""), Timeout: timeout,
			TLS: r.Choice(key("tls"), "false", "true", "false") == "true",
		}
		return reporters.Mailed(m)
	case "shell":
		return r.shell(key, timeout)
	}
	return reporters.Logged(r.log), nil
}

// mails reports whether it is said by whom and to whom mails are. What is not, or is no
// address, is noted.
func (r *reporterReader) mails(key func(string) string) bool {
	fine := true
	for _, one := range []struct{ what, hint string }{
		{"host", "it is the mail server as HOST:PORT, such as mail.example.com:587"},
		{"from", "it is the sender of the mails, such as pawl@example.com"},
		{"to", "it has who gets the mails, such as ops@example.com"},
	} {
		given := r.List(key(one.what))
		if len(given) == 0 {
			r.Lacks(key(one.what), one.hint)
			fine = false
		}
		for _, address := range given {
			if _, err := mail.ParseAddress(address); err != nil && one.what != "host" {
				r.Wrong(key(one.what), "must be a mail address, not %q", address)
				fine = false
			}
		}
	}
	return fine
}

func (r *reporterReader) webhook(key func(string) string, given []string, timeout time.Duration) (reporters.Reporter, error) {
	t := webhook.Target{URL: r.Text(key("url"), ""), Secrets: r.List(key("secret")), Timeout: timeout, Headers: make(map[string]string)}
	for _, what := range given {
		if name, ok := strings.CutPrefix(what, "headers."); ok {
			t.Headers[name] = r.Text(key(what), "")
		}
	}
	if t.URL == "" {
		r.Lacks(key("url"), "it is where events are sent to, such as https://example.com/events")
		return nil, nil
	}
	if err := webhook.CheckURL(t.URL); err != nil {
		r.Refuse(key("url"), err)
		return nil, nil
	}
	const topic = "events"
	by, err := webhook.NewTransport(map[string]webhook.Target{topic: t}, clock.System{})
	if err != nil {
		return nil, err
	}
	return reporters.Sent(by, topic, webhook.Instance(r.Config)), nil
}

func (r *reporterReader) kafka(key func(string) string) (reporters.Reporter, error) {
	topic := r.Text(key("topic"), "")
	if err := model.CheckTopic(topic); err != nil {
		return nil, err
	}
	if r.brokers == nil {
		if !kafka.Named(r.Config) {
			return nil, model.Errorf(model.Invalid, "no brokers of Kafka are named").WithHint("kafka.brokers names them")
		}
		set, err := kafka.Read(r.Config)
		if err != nil {
			return nil, err
		}
		set.Log, r.group = r.log, set.Group
		if r.brokers, err = kafka.NewTransport(set.Connection, 0); err != nil {
			return nil, err
		}
	}
	return reporters.Sent(r.brokers, topic, r.group), nil
}

func (r *reporterReader) shell(key func(string) string, timeout time.Duration) (reporters.Reporter, error) {
	command := r.Text(key("command"), "")
	if command == "" {
		r.Lacks(key("command"), "it is run for each event, which is its standard input")
		return nil, nil
	}
	return reporters.Notified(notify.Shell(command, timeout)), nil
}

// crew tells the reporters of a server.
type crew struct {
	*reporters.Crew
	stop  context.CancelFunc
	loops sync.WaitGroup
}

// openCrew returns nil where no reporter is configured. It tells nobody yet.
func openCrew(cfg *config.Config, s store.Store, log *slog.Logger) (*crew, error) {
	list, err := readReporters(cfg, log)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	of, err := reporters.New(reporters.Options{Store: s, Reporters: list, Log: log})
	if err != nil {
		return nil, err
	}
	return &crew{Crew: of}, nil
}

func (c *crew) start() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.loops.Go(func() { c.Run(ctx) })
}

// close ends it. It may be nil.
func (c *crew) close() {
	if c != nil && c.stop != nil {
		c.stop()
		c.loops.Wait()
	}
}
