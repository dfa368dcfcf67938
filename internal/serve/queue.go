package serve

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/runner"
)

// queueSettings say who runs tasks.
type queueSettings struct {
	// on is set when tasks are put on queues, and here when servers run tasks
	// themselves.
	on, here bool
	// names are the queues that are worked on.
	names []string
	// slots bounds the tasks of each that run at a time.
	slots int
	// grace is how long a worker that is told to end waits for its tasks. Zero
	// is as long as it takes.
	grace time.Duration
}

func runnerSection() kind.Section {
	return kind.Section{
		Name: "runner", Doc: "Where tasks run: see [where tasks run](runners.md).", TypeDoc: "who runs tasks; other words are runners that have a [plug-in](runner-plugins.md)",
		Types: runnerTypes(), Elsewhere: hasRunnerPlugin,
		Options: []kind.Option{
			{Name: "task-options", Form: kind.List, Computed: "all with `slurm`, else none", Doc: "options of the runner that tasks may set with `_runner`; `*` is all of them. Those of containers and pods give whoever defines workflows what the machine has"},
			{Name: "slots", Form: kind.Number, Computed: "no bound; of `process`, `docker` and `podman` that of `agent.max-task-threads`", Doc: "most programs that a server has out at a time, for runners that have each task run by a program of its own"},
			{Name: "poll", Form: kind.Limit, Default: "1s", Doc: "how soon such a runner is asked what has become of programs; ten times as seldom while nothing happens"},
			{Name: "instance", Computed: "made of where the database is", Doc: "tells such programs from those of other installations: up to 10 lower case letters and digits, the same on all servers of a database"},
		},
	}
}

func (s *settings) queue() queueSettings {
	return queueSettings{
		on:    s.runs() == runsOnQueue,
		here:  s.yes("agent.enabled"),
		names: s.queueNames(),
		slots: cmp.Or(s.number("agent.max-task-threads"), runtime.NumCPU()),
		grace: s.duration("runner.queue.grace"),
	}
}

// queueNames reads the queues that are worked on, separated by commas.
func (s *settings) queueNames() (names []string) {
	const key = "runner.queue.names"
	list := readAs(s, key, "names of queues, such as default,gpu", func(text string) (string, error) {
		for _, name := range splitNames(text) {
			if err := runner.CheckQueue(name); err != nil {
				return "", err
			}
		}
		return text, nil
	})
	return splitNames(list)
}

func splitNames(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// Where no tasks would run, and how to mend that.
var (
	errNoQueues = model.Errorf(model.Invalid, "workers share tasks through a PostgreSQL: other databases have no queues").
			WithHint("set database.type to postgresql; without runner.type = queue, a server runs its tasks itself")
	errNobody = model.Errorf(model.Invalid, "the server is to run no tasks, and nobody else can").
			WithHint("set runner.type to queue, so that workers get them, or leave --disable-local-agent out")
)

// openQueue opens the queues of a store.
func openQueue(ctx context.Context, at store.Store, deliver queue.Deliver, cfg *Config) (*queue.Queue, error) {
	queues, ok := at.(queue.Store)
	if !ok {
		return nil, errNoQueues
	}
	return queue.Open(ctx, queue.Config{Store: queues, Deliver: deliver, Log: cfg.Log})
}

// consumer returns what runs the tries that a worker takes from its queues.
func (q *queueSettings) consumer(of *queue.Queue, run *worker.Worker) *queue.Consumer {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // it is for people
	}
	owner := fmt.Sprintf("%.40s-%d-%.8s", host, os.Getpid(), uuid.NewString())
	return of.NewConsumer(queue.ConsumerConfig{Owner: owner, Queues: q.names, Slots: q.slots, Run: run.Run})
}

// share makes the server have its tasks run elsewhere, if it is told to. at is its
// store before anybody listened to it.
func (s *Server) share(ctx context.Context, set *settings, at store.Store, cfg *Config, loops *daemon.Config) (err error) {
	q, runs := set.queue(), set.runs()
	here := runs == runsHere || runs == runsEager
	switch {
	case set.err != nil:
		return set.err
	case here && !q.here:
		return errNobody
	case here:
		loops.Eager = runs == runsEager
		return nil
	case cfg.Folder != "":
		return model.Errorf(model.Invalid, "the tasks of a folder run where it is, and not by the runner %s", runs).
			WithHint("push the folder to a server, or leave runner.type out")
	case !q.on:
		return s.launchTasks(set, cfg, loops)
	}
	if s.queue, err = openQueue(ctx, at, s.report, cfg); err != nil {
		return err
	}
	loops.Queue = func(w *worker.Worker) (daemon.Tasks, error) {
		var c *queue.Consumer
		if q.here {
			c = q.consumer(s.queue, w)
		}
		return s.queue.NewRunner(c)
	}
	return nil
}

// report delivers what became of a try to whoever drives its attempt: most often the
// server itself.
func (s *Server) report(ctx context.Context, r runner.Report) error {
	if d := s.reports.Load(); d != nil {
		return d.Report(ctx, r)
	}
	return worker.Post(s.store)(ctx, r) // the server still starts
}

// tasks looks who would run tasks.
func (d *doctor) tasks(ctx context.Context) {
	const check = "tasks"
	known := len(d.faults)
	q, runs := d.queue(), d.runs()
	if len(d.faults) > known {
		d.found(check, Problem, "mend the settings first", "it is not clear who runs them")
		return
	}
	here := runs == runsHere || runs == runsEager
	switch {
	case here && !q.here:
		d.failed(check, errNobody, "")
	case q.on && d.databaseKind() != kindPostgres:
		d.failed(check, errNoQueues, "")
	case runs == runsEager:
		d.found(check, Fine, "", "they run in the server, one after the other")
	case here:
		d.found(check, Fine, "", "they run in the server, %d at a time", q.slots)
	case !q.on:
		d.launchedTasks(ctx, runs)
	case q.here:
		d.found(check, Fine, "", "they are put on queues; this server works on %s, and so do workers", strings.Join(q.names, ", "))
	default:
		d.found(check, Note, "start some with `pawl worker` and the same settings", "they are left to workers, with agent.enabled = false")
	}
}

// answerSoon is how long a runner may take to answer.
const answerSoon = 20 * time.Second

// launchedTasks looks whether a runner answers that has each task run by a program.
func (d *doctor) launchedTasks(ctx context.Context, runs string) {
	const check = "tasks"
	l, err := d.launcher(os.Environ(), slog.New(slog.DiscardHandler))
	if err == nil {
		defer func() { _ = l.Close() }() // nothing was launched
		_, err = d.instanceName()
	}
	if err == nil && l.check != nil {
		ctx, cancel := context.WithTimeout(ctx, answerSoon)
		defer cancel()
		err = l.check(ctx)
	}
	if err != nil {
		d.failed(check, err, "look whether this machine can reach what runs them")
		return
	}
	most := "any number"
	if l.slots > 0 {
		most = strconv.Itoa(l.slots)
	}
	d.found(check, Fine, "", "each is a program of its own, by the runner %s, %s at a time", runs, most)
}
