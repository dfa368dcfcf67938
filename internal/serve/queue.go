package serve

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/daemon"
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

func (s *settings) queue() queueSettings {
	return queueSettings{
		on:    s.choice("runner.type", "local", "queue") == "queue",
		here:  s.yes("agent.enabled", true),
		names: s.queueNames(),
		slots: cmp.Or(s.number("agent.max-task-threads", 0), runtime.NumCPU()),
		grace: s.duration("runner.queue.grace"),
	}
}

// queueNames reads the queues that are worked on, separated by commas.
func (s *settings) queueNames() (names []string) {
	const key = "runner.queue.names"
	list := read(s, key, queue.Default, "names of queues, such as default,gpu", func(text string) (string, error) {
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
func openQueue(ctx context.Context, at, told store.Store, cfg *Config) (*queue.Queue, error) {
	queues, ok := at.(queue.Store)
	if !ok {
		return nil, errNoQueues
	}
	return queue.Open(ctx, queue.Config{Store: queues, Deliver: worker.Post(told), Log: cfg.Log})
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

// share makes the server put its tasks on queues, if it is told to. at is its
// store before anybody listened to it.
func (s *Server) share(ctx context.Context, set *settings, at store.Store, cfg *Config, loops *daemon.Config) (err error) {
	q := set.queue()
	switch {
	case set.err != nil:
		return set.err
	case !q.on && !q.here:
		return errNobody
	case !q.on:
		return nil
	case cfg.Folder != "":
		return model.Errorf(model.Invalid, "the tasks of a folder run where it is, and can't be put on a queue").
			WithHint("push the folder to a server, or leave runner.type out")
	}
	if s.queue, err = openQueue(ctx, at, s.store, cfg); err != nil {
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

// tasks looks who would run tasks.
func (d *doctor) tasks() {
	const check = "tasks"
	q := d.queue()
	switch {
	case !q.on && !q.here:
		d.failed(check, errNobody, "")
	case q.on && d.databaseKind() != kindPostgres:
		d.failed(check, errNoQueues, "")
	case !q.on:
		d.found(check, Fine, "", "they run in the server, %d at a time", q.slots)
	case q.here:
		d.found(check, Fine, "", "they are put on queues; this server works on %s, and so do workers", strings.Join(q.names, ", "))
	default:
		d.found(check, Note, "start some with `pawl worker` and the same settings", "they are left to workers, with agent.enabled = false")
	}
}
