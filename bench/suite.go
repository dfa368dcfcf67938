package main

var benchmarks = []benchmark{
	{"engine", "the state machine alone: ns per transition", engineAlone, []aim{
		atMost("engine-100000", 500),
	}},
	{"dag-noop", "layered DAG of no-op tasks in memory: µs per task", dagNoop, []aim{
		atMost("dag-noop-100000", 5),
	}},
	{"dag-noop-durable", "the same on SQLite, synchronous=FULL: µs per task", dagNoopDurable, []aim{
		atMost("dag-noop-durable-100000", 25),
	}},
	{"sh-true", "2,000 x `sh>: true`: tasks per second", shTrue, []aim{
		atLeast("sh-true-j1", 0.95).of("ninja-script-file-j1"), atLeast("sh-true-j2", 0.95).of("ninja-script-file-j2"),
		atLeast("sh-true-j1", 0.8).of("ninja-j1"), atLeast("sh-true-j2", 0.8).of("ninja-j2"),
	}},
	{"sh-direct", "2,000 x `sh>: /bin/true`: tasks per second", shDirect, []aim{
		atLeast("sh-direct-j2", 1.5).of("ninja-j2"), atLeast("sh-direct-j2", 0.85).of("fork-exec-true-j2"),
	}},
	{"sh-40", "40 x `sh>: true` from cold start: ms", sh40, []aim{
		atMost("sh-40", 1.5).of("shell-loop-40"),
	}},
	{"py-light", "40 x fibo(10) in Python: ms", pyLight, nil},
	{"plan-load", "a workflow of 10,000 tasks: ms", planLoad, []aim{
		atMost("plan-load-cold", 130), atMost("plan-load-cached", 5),
	}},
	{"py-pipeline", "100 small Python functions, two at a time: ms", pyPipeline, []aim{
		atMost("py-pipeline", 0.2).of("py-bare"),
	}},
	{"noop-build", "a pipeline with nothing to do, by a program that starts: ms; memory", noopBuild, noopBuildAims()},
	{"noop-build-hash", "the same when nothing is remembered of products, so that all records are read: ms", noopBuildHash, []aim{
		atMost("noop-build-hash-10000", 1.4).of("look-hash-10000"), atMost("noop-build-hash-100000", 1.4).of("look-hash-100000"),
	}},
	{"pipeline-load", "a pipeline of 10,000 tasks: ms", pipelineLoad, []aim{
		atMost("pipeline-load-functions", 130), atMost("pipeline-load-scripts", 130),
		atMost("pipeline-outline-functions", 5), atMost("pipeline-outline-scripts", 5),
	}},
	{"one-change", "a pipeline of 10,000 scripts of which one has changed: ms", oneChange, []aim{
		atMost("one-change", 10),
	}},
	{"steps-sqlite", "workflows of 3 no-op steps on SQLite (synchronous=FULL), 1, 50 and 1,000 in flight: steps per second", stepsSQLite, []aim{
		atLeast("steps-sqlite-1", 3_000), atLeast("steps-sqlite-1", 0.5).of("bare-sqlite-1"),
		atLeast("steps-sqlite-50", 40_000), atLeast("steps-sqlite-50", 0.5).of("bare-sqlite-50"),
		atLeast("steps-sqlite-1000", 80_000), atLeast("steps-sqlite-1000", 0.5).of("bare-sqlite-1000"),
	}},
	{"steps-pg", "the same on PostgreSQL (fsync and synchronous_commit on): steps per second", stepsPostgres, []aim{
		atLeast("steps-pg-1", 3_300), atLeast("steps-pg-1", 0.5).of("bare-pg-1"),
		atLeast("steps-pg-50", 32_000), atLeast("steps-pg-50", 0.5).of("bare-pg-50"), atLeast("steps-pg-50", 1.8).of("river-50"),
		atLeast("steps-pg-50", 200).of("temporal-50"),
		atLeast("steps-pg-1000", 60_000), atLeast("steps-pg-1000", 0.5).of("bare-pg-1000"),
	}},
	{"jobs-pg", "workflows of 1 step, inserted 1,000 at a time and worked on PostgreSQL: jobs per second", jobsPostgres, []aim{
		atLeast("jobs-pg-1", 40_000), atLeast("jobs-pg-1", 2.3).of("river"), atLeast("jobs-pg-1", 0.5).of("bare-jobs"),
		atLeast("jobs-pg-2", 1).of("jobs-pg-1"), atLeast("jobs-pg-queue", 0.5).of("river"),
	}},
	{"dispatch", "workflows of 3 steps on stores with 1,000,000 finished attempts and on empty ones: steps per second", dispatch, []aim{
		atLeast("dispatch-sqlite-1M", 0.95).of("dispatch-sqlite-empty"), atLeast("dispatch-pg-1M", 0.95).of("dispatch-pg-empty"),
	}},
	{"latency-10", "10 no-op steps in a row, one workflow at a time, in memory, on SQLite (synchronous=FULL) and PostgreSQL (fsync on): ms", latency10, []aim{
		atMost("latency-10-memory-p50", 0.1),
		atMost("latency-10-sqlite-p50", 3.5), atMost("latency-10-sqlite-p99", 8), atMost("latency-10-sqlite-p50", 2).of("bare-10-sqlite-p50"),
		atMost("latency-10-pg-p50", 4), atMost("latency-10-pg-p99", 10), atMost("latency-10-pg-p50", 2).of("bare-10-pg-p50"),
		atMost("latency-10-pg-p50", 1).of("river-10-p50"), atMost("latency-10-pg-p50", 0.05).of("temporal-10-p50"),
	}},
	{"latency-loaded", "3 steps, 50 workflows in flight on PostgreSQL: ms", latencyLoaded, []aim{
		atMost("latency-loaded-p50", 8), atMost("latency-loaded-p99", 25), atMost("latency-loaded-p50", 0.2).of("river-loaded-p50"),
		atMost("latency-loaded-p50", 0.2).of("temporal-loaded-p50"),
	}},
	{"start", "start of the program: ms; its size: MB", start, []aim{
		atMost("start-version", 6), atMost("start-run", 15), atMost("binary-size", 40),
	}},
	{"server", "a server on SQLite: ms from its start to its first answer; what it uses when idle", startServer, []aim{
		atMost("start-server", 100), atMost("idle-memory", 40), atMost("idle-cpu", 1),
	}},
	{"ticks-10k", "10,000 schedules on SQLite (synchronous=FULL), spread over 5 s and all at once: ms from due to on disk", ticks, []aim{
		atMost("ticks-spread-p99", 5), atMost("ticks-spread-cpu", 0.2), atMost("ticks-at-once-max", 250),
		atMost("ticks-lost", 0), atMost("ticks-doubled", 0),
	}},
	{"backfill", "100,000 past sessions of a schedule: sessions per second", backfill, []aim{
		atLeast("backfill-sqlite", 60_000), atLeast("backfill-sqlite", 0.5).of("bare-backfill-sqlite"),
		atLeast("backfill-pg", 60_000), atLeast("backfill-pg", 0.5).of("bare-backfill-pg"),
	}},
	{"event-log", "events of 200 B on SQLite (synchronous=FULL) from 64 and 512 writers: events per second", eventLog, []aim{
		atLeast("events-64", 0.7).of("append-events-64"), atLeast("events-64", 0.5).of("bare-events-64"),
		atLeast("events-512", 0.7).of("append-events-512"), atLeast("events-512", 0.5).of("bare-events-512"),
		atLeast("events-512", 150_000), atMost("events-follow-p99", 20),
	}},
	{"task-log", "a task that prints 2,000,000 lines of 100 B, and 1,000 that print 100 each: lines per second", taskLog, []aim{
		atLeast("task-log", 0.7).of("capture-log"), atLeast("task-log-program", 0.9).of("file-log-program"),
		atLeast("task-log-small", 0.7).of("capture-log-small"),
	}},
	{"list-1M", "pages of 50 of a million attempts, 8 clients: ms", listMillion, listAims()},
	{"crash", "kill -9 of a server on PostgreSQL with 50 workflows in flight: s to the first steps of the next one", crash, []aim{
		atMost("crash-first-step", 1), atMost("crash-takeover", 1), atMost("crash-lost", 0), atMost("crash-doubled", 0),
	}},
	{"correlate", "replies to a million instances that wait on SQLite (synchronous=FULL), each of which sends its next command: events per second", correlate, []aim{
		atLeast("correlate", 0.5).of("bare-correlate"), atMost("correlate-half-load-p99", 10),
	}},
	{"waiting-1M", "a million instances that wait on SQLite, a third each for a time, a reply and an approval", waitingMillion, []aim{
		atMost("waiting-ready", 3_000), atMost("waiting-memory", 200), atMost("waiting-wake-p99", 10),
	}},
	{"timers", "100,000 timers on SQLite (synchronous=FULL) that are due within a second: ms", timers, []aim{
		atMost("timers-last", 2_000), atMost("timers-out-of-order", 0),
	}},
	{"kafka-roundtrip", "a command, the reply to it and the next command, by a real Kafka, on SQLite (synchronous=FULL) and PostgreSQL (fsync on), 1,000 in flight: round trips per second", kafkaRoundTrip, []aim{
		atLeast("kafka-roundtrip-sqlite", 0.5).of("bare-kafka-sqlite"), atLeast("kafka-roundtrip-pg", 0.5).of("bare-kafka-pg"),
	}},
	{"kafka-latency", "1,000 messages a second by a real Kafka, from when each is sent to when the next command is read: ms", kafkaLatency, []aim{
		atMost("kafka-latency-sqlite-p50", 20), atMost("kafka-latency-pg-p50", 20),
	}},
	{"fan-out", "a task over 100,000 and 1,000,000 items in this process on SQLite (synchronous=FULL), 500 at a time: µs an item, and by how much memory grows", fanOut, []aim{
		atMost("fan-out", 30), atMost("fan-out-memory", 100), atMost("fan-out-1M-memory", 100),
	}},
	{"concurrency-limits", "10,000 runs of 1 step that wait on SQLite (synchronous=FULL) and PostgreSQL (fsync on) for 50 places, with one of 100 tags each, which have limits from 1 to 10: runs per second", concurrencyLimits, []aim{
		atLeast("limits-sqlite", 0.8).of("no-limits-sqlite"), atLeast("limits-pg", 0.8).of("no-limits-pg"),
	}},
	{"sdk-steps", "processes in Go of 3 steps in memory, alone and 64 in flight: µs a process", sdkSteps, []aim{
		atMost("sdk-steps-1", 100), atMost("sdk-steps-64", 100),
	}},
	{"expr", "expressions: evaluations per second", expressions, []aim{
		atLeast("expr-path", 1e6), atLeast("expr-concat", 1e6), atLeast("expr-moment", 300_000), atLeast("expr-name", 1e6),
	}},
}

// noopBuildAims are those of a look at all files that count, and memory that
// does not grow out of hand.
func noopBuildAims() (all []aim) {
	for _, n := range []string{"1000", "10000", "100000"} {
		ours := "noop-build-" + n
		all = append(all, atMost(ours, 1.3).of("look-"+n), atMost(ours+"-cpu", 1.3).of("look-"+n+"-cpu"), atMost(ours, 1).of("ninja-"+n))
	}
	return append(all, atMost("noop-build-100000-memory", 1_000))
}

// listAims are those of pages, which are the same for all lists and however
// deep the page is.
func listAims() (all []aim) {
	all = append(all, atMost("list-newest-middle-p50", 2).of("sql-newest-p50"))
	for _, list := range []string{"newest", "project", "workflow", "sessions", "failed", "failed-workflow"} {
		for _, depth := range []string{"first", "middle", "last"} {
			name := "list-" + list + "-" + depth
			all = append(all, atMost(name+"-p50", 0.4), atMost(name+"-p99", 3))
		}
	}
	return all
}
