// Package queue runs jobs in any number of processes that share a PostgreSQL:
// a Runner puts them on queues, and Consumers in this and in other processes
// take them from there.
//
// River delivers the jobs, and nothing more. Whoever submitted a job knows
// whether it is over; what River loses, repeats or gives up changes when a job
// runs and never what follows from it. A consumer holds a lease in the store,
// and a job is its own as long as that stands; each job ends on the queue only
// after its outcome was delivered, so that one that ended without is known to
// be lost.
//
// The package knows nothing of what jobs do, nor where reports go.
package queue

import (
	"context"
	"encoding"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// Default is the queue of jobs that name none.
const Default = river.QueueDefault

// connections are those that a Runner and a Consumer need together.
const connections = 6

// Store is one that has queues.
type Store interface {
	Leases
	// Jobs opens a pool of up to n connections to the tables of River.
	Jobs(ctx context.Context, n int) (*pgxpool.Pool, error)
	// Dead returns those of the epochs whose leases are over.
	Dead(ctx context.Context, epochs []int64) ([]int64, error)
}

// Leases prove that consumers live, as store.Owners does.
type Leases interface {
	Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error)
	EndLease(ctx context.Context, owner string, epoch int64) error
}

// Deliver makes a report known to whoever waits for it, in whatever process
// that is, and returns once it is durable. It is called concurrently, and again
// with the same report after an error; reports of one attempt that are
// delivered one after the other arrive in that order.
type Deliver func(context.Context, runner.Report) error

// Config says what queues work with.
type Config struct {
	// Store has them. Required; whoever opened it closes it.
	Store Store
	// Deliver is for all reports but those of jobs that were called off here
	// before they began. Required.
	Deliver Deliver
	// Log receives what operators are to know. Required.
	Log *slog.Logger
}

// Queue is what the Runner and the Consumer of a process have in common.
type Queue struct {
	cfg  Config
	pool *pgxpool.Pool
}

// Open connects to the queues of a store.
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	pool, err := cfg.Store.Jobs(ctx, connections)
	if err != nil {
		return nil, err
	}
	return &Queue{cfg, pool}, nil
}

// Close ends the connections. It comes after Close of the Runner and the
// Consumer.
func (q *Queue) Close() { q.pool.Close() }

// job is what River keeps of a job.
type job struct {
	Attempt int64  `json:"attempt"`
	Task    int32  `json:"task"`
	Try     int32  `json:"try"`
	Name    string `json:"name"`
	Work    []byte `json:"work"`
}

// kind is what River calls the jobs.
const kind = "pawl_try"

// Kind implements river.JobArgs.
func (job) Kind() string { return kind }

func (j *job) id() runner.ID {
	return runner.ID{Attempt: model.AttemptID(j.Attempt), Task: model.TaskID(j.Task), Try: j.Try}
}

// errNotPortable says that a job can't leave its process.
var errNotPortable = errors.New("the work of a job on a queue must be an encoding.BinaryMarshaler")

// insertion returns how River takes a job.
func insertion(j *runner.Job) (p river.InsertManyParams, err error) {
	work, ok := j.Work.(encoding.BinaryMarshaler)
	if !ok {
		return p, errNotPortable
	}
	args := job{Attempt: int64(j.ID.Attempt), Task: int32(j.ID.Task), Try: j.ID.Try, Name: j.Task}
	if args.Work, err = work.MarshalBinary(); err != nil {
		return p, err
	}
	queue := j.Queue
	if queue == "" {
		queue = Default
	}
	return river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{
		// One that fails is not River's to run again.
		MaxAttempts: 1, Queue: queue, Priority: priority(j.Priority),
	}}, nil
}

// River has four priorities, the first of which comes first.
const (
	firstPriority  = 1
	usualPriority  = 2
	lastPriority   = 4
	fetchEvery     = time.Second
	fetchCooldown  = time.Millisecond
	keepEnded      = 10 * time.Minute
	neverRescue    = 100 * 365 * 24 * time.Hour
	cleanerTimeout = 30 * time.Second
)

// priority turns a priority of ours, of which higher ones come first, into the
// nearest that River has.
func priority(p int) int { return min(max(usualPriority-p, firstPriority), lastPriority) }

// settings are those of all clients of River.
func (q *Queue) settings() *river.Config {
	return &river.Config{
		Logger:        slog.New(failures{q.cfg.Log.Handler()}),
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchEvery,
		JobTimeout: -1, RescueStuckJobsAfter: neverRescue,
		CompletedJobRetentionPeriod: keepEnded, CancelledJobRetentionPeriod: keepEnded,
		DiscardedJobRetentionPeriod: keepEnded, JobCleanerTimeout: cleanerTimeout,
	}
}

func (q *Queue) rows() rows { return rows{q.pool} }

func (q *Queue) client(c *river.Config) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(q.pool), c)
}

// failures passes on to a log what is an error: River warns of each job that is
// cancelled.
type failures struct{ slog.Handler }

func (failures) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// clientID names a consumer in what River keeps, so that its lease can be found.
func clientID(epoch int64, owner string) string { return strconv.FormatInt(epoch, 10) + "@" + owner }

// epochOf returns the epoch of the lease of a consumer, or 0, which none has.
func epochOf(client string) int64 {
	epoch, _, _ := strings.Cut(client, "@")
	n, _ := strconv.ParseInt(epoch, 10, 64) // what is none is nobody's
	return n
}
