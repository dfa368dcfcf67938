package serve

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/project"
)

func serverSection() kind.Section {
	return kind.Section{Name: "server", Doc: "Where and how a server listens, and what it does.", Options: []kind.Option{
		{Name: "bind", Default: "127.0.0.1", Doc: "address to listen on; beyond loopback only with authentication"},
		{Name: "port", Form: kind.Port, Default: "65432", Doc: "port to listen on, 0 for any that is free"},
		{Name: "admin.bind", Computed: "that of `server.bind`", Doc: "address for requests of administrators"},
		{Name: "admin.port", Form: kind.Port, Computed: "none", Doc: "port for requests of administrators; a worker can be watched there"},
		{Name: "tls.certificate", Form: kind.File, Doc: "certificate of the server (PEM), with those between it and the root after it"},
		{Name: "tls.key", Form: kind.File, Doc: "its key (PEM)"},
		{Name: "executor.enabled", Form: kind.Bool, Default: "true", Doc: "drives attempts; `false` leaves them to other servers of the same database"},
		{Name: "schedule.enabled", Form: kind.Bool, Default: "true", Doc: "runs schedules; `false` leaves them to other servers of the same database"},
		{Name: "enable-swagger", Form: kind.Bool, Default: "false", Doc: "serves the description of the REST API, to pages of all origins"},
		{Name: "access-log.path", Form: kind.Folder, Computed: "none", Doc: "folder for the log of requests"},
		{Name: "access-log.pattern", Computed: "that of Digdag", Doc: "how a line of it is written: `json`, `combined`, or a pattern as Digdag's server has it"},
		{Name: "runtime-info.path", Form: kind.File, Computed: "none", Doc: "file that tells where the server listens, in JSON, while it runs"},
		{Name: "http.enable-http2", Form: kind.Bool, Default: "false", Doc: "speaks HTTP/2 without TLS, too"},
		{Name: "http.no-request-timeout", Form: kind.Seconds, Computed: "none", Doc: "how long a connection without a request stays open"},
		{Name: "http.request-parse-timeout", Form: kind.Seconds, Computed: "none", Doc: "how long the head of a request may take"},
		{Name: "http.io-idle-timeout", Form: kind.Seconds, Computed: "none", Doc: "how long a request and its answer may stand still"},
		{Name: "http.headers.<name>", Secret: true, Doc: "header of all answers"},
		{Name: "client-version-check.upgrade-recommended-if-older", Doc: "version of clients from which on none is told to upgrade"},
		{Name: "client-version-check.api-incompatible-if-older", Doc: "version of clients from which on none is refused"},
	}}
}

func apiSection() kind.Section {
	return kind.Section{Name: "api", Doc: "Bounds of requests.", Options: []kind.Option{
		{Name: "max_attempts_page_size", Form: kind.Number, Computed: "100", Doc: "most attempts in one answer"},
		{Name: "max_sessions_page_size", Form: kind.Number, Computed: "100", Doc: "most sessions in one answer"},
		{
			Name: "max_archive_total_size_limit", Form: kind.Number, Default: strconv.FormatInt(project.DefaultLimits.Bytes, 10),
			Doc: "most bytes of the files of a project",
		},
	}}
}

func agentSection() kind.Section {
	return kind.Section{Name: "agent", Doc: "The tasks that a server or worker runs itself.", Options: []kind.Option{
		{Name: "enabled", Form: kind.Bool, Default: "true", Doc: "runs tasks; `false` leaves them to workers"},
		{Name: "max-task-threads", Form: kind.Number, Computed: "the number of processors", Doc: "how many tasks run at a time; of a worker, of each queue"},
	}}
}

func executorSection() kind.Section {
	return kind.Section{Name: "executor", Doc: "Limits of attempts and tasks.", Options: []kind.Option{
		{Name: "attempt_ttl", Form: kind.Limit, Default: "7d", Doc: "how long an attempt may take"},
		{Name: "task_ttl", Form: kind.Limit, Default: "1d", Doc: "how long a task may take"},
		{Name: "attempt_max_run", Form: kind.Number, Default: "100", Doc: "most attempts of one project that are unfinished"},
		{Name: "task_max_run", Form: kind.Number, Default: "1000", Doc: "most tasks of one attempt, and most that one action makes"},
	}}
}

func retentionSection() kind.Section {
	return kind.Section{Name: "retention", Doc: "How long records are kept. Without a default, and with `0s`, that is for good.", Options: []kind.Option{
		{Name: "attempts", Form: kind.Duration, Computed: "for good", Doc: "attempts, with the output of their tasks, from their end on"},
		{Name: "attempts.<workflow>", Form: kind.Duration, Computed: "as `attempts`", Doc: "those of a project (`shop`) or of a workflow (`shop/daily`)"},
		{Name: "sessions", Form: kind.Number, Default: "0", Doc: "how many of the newest sessions of each workflow stay however old they are"},
		{Name: "projects", Form: kind.Duration, Computed: "for good", Doc: "deleted projects"},
		{Name: "versions", Form: kind.Duration, Default: "30d", Doc: "attempts that made what [memoised tasks](memo.md) take over, from when that was last taken over: they stay as long, however old they are. With `0s` they go with others"},
		{Name: "audit", Form: kind.Duration, Computed: "for good", Doc: "the audit log"},
		{Name: "facts", Form: kind.Duration, Computed: "for good", Doc: "what tasks have told of [products and expectations](facts.md); the last of each product stays"},
		{Name: "letters", Form: kind.Duration, Computed: "for good", Doc: "messages that could not be handled"},
		{Name: "ticks.started", Form: kind.Duration, Default: "30d", Doc: "[ticks](schedules.md#ticks) that started something"},
		{Name: "ticks.skipped", Form: kind.Duration, Default: "7d", Doc: "ticks that started nothing"},
		{Name: "ticks.failed", Form: kind.Duration, Default: "30d", Doc: "ticks that could not start what they were to"},
	}}
}

func scheduleSection() kind.Section {
	return kind.Section{Name: "schedule", Doc: "What becomes of schedules: see [schedules](schedules.md).", Options: []kind.Option{
		{Name: "catch_up", Form: kind.CatchUp, Computed: "every one, in order", Doc: "which missed sessions are started of schedules that say neither `catch_up` nor `skip_delayed_by`; those of programs in Go say so themselves"},
	}}
}

func updatesSection() kind.Section {
	return kind.Section{Name: "updates", Doc: "What others are told of attempts: see [updates](updates.md).", Options: []kind.Option{
		{Name: "topics", Form: kind.List, Computed: "none", Doc: "topics that get a record for each update"},
		{Name: "projects", Form: kind.List, Computed: "all", Doc: "projects whose attempts are told of"},
		{Name: "tasks", Form: kind.Bool, Default: "true", Doc: "tells of tasks, too; `false` tells of attempts alone"},
		{Name: "params", Form: kind.Bool, Default: "false", Doc: "tells the parameters of the attempt with each update"},
	}}
}

func logFormatSection() kind.Section {
	return kind.Section{Name: "log", Doc: "The log of a server or worker.", Options: []kind.Option{
		{Name: "format", Form: kind.Word, Words: LogFormats, Doc: "`auto` is `text` on a terminal and `json` elsewhere"},
	}}
}
