package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hall is a database that runners and consumers of one process share, as if
// they were in many: what a job does is known to all of them, and where
// reports go is the last runner that was started.
type hall struct {
	testing.TB
	*queue.Queue
	store *postgres.Store

	works  sync.Map // runner.Work by runner.ID
	owners atomic.Int64

	// refuse counts the reports that are not delivered before others are.
	refuse atomic.Int64

	mu     sync.Mutex
	report func([]runner.Report)
}

// emptied has schemas whose tests are over: to make their tables takes longer
// than most tests.
var emptied = make(chan string, 100)

func newHall(t testing.TB) *hall {
	t.Helper()
	schema := postgrestest.Schema(t)
	select {
	case schema = <-emptied:
	default:
	}
	s, err := postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{TB: t, store: s}
	h.Queue, err = queue.Open(t.Context(), queue.Config{Store: s, Deliver: h.deliver, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Queue.Close()
		h.empty(schema)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// empty leaves the schema to another test.
func (h *hall) empty(schema string) {
	h.Helper()
	pool, err := h.store.Jobs(context.Background(), 1)
	if err != nil {
		h.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(context.Background(), "TRUNCATE river_job, river_leader, river_queue, leases"); err != nil {
		h.Fatal(err)
	}
	emptied <- schema
}

// jobs opens n connections to the tables of jobs.
func (h *hall) jobs(n int) *pgxpool.Pool {
	h.Helper()
	pool, err := h.store.Jobs(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(pool.Close)
	return pool
}

// change executes a statement until it finds a row.
func (h *hall) change(pool *pgxpool.Pool, text string) {
	h.Helper()
	for n := int64(0); n == 0; {
		done, err := pool.Exec(h.Context(), text)
		if err != nil {
			h.Fatal(err)
		}
		n = done.RowsAffected()
	}
}

// deliver is queue.Deliver.
func (h *hall) deliver(_ context.Context, r runner.Report) error {
	if h.refuse.Add(-1) >= 0 {
		return errors.New("not now")
	}
	h.refuse.Store(-1)
	h.mu.Lock()
	report := h.report
	h.mu.Unlock()
	report([]runner.Report{r})
	return nil
}

// run is what consumers do.
func (h *hall) run(ctx context.Context, id runner.ID, _ []byte) runner.Outcome {
	work, ok := h.works.Load(id)
	if !ok {
		return fmt.Errorf("job %v is nobody's", id)
	}
	return work.(runner.Work).Run(ctx)
}

func (h *hall) consumer(change ...func(*queue.ConsumerConfig)) *queue.Consumer {
	cfg := queue.ConsumerConfig{
		Owner: fmt.Sprint("consumer ", h.owners.Add(1)), Slots: 4, Run: h.run,
	}
	for _, f := range change {
		f(&cfg)
	}
	return h.NewConsumer(cfg)
}

// runner returns a runner, which works on the queue itself if there is a
// consumer.
func (h *hall) runner(c *queue.Consumer) runner.Adopter {
	h.Helper()
	r, err := h.NewRunner(c)
	if err != nil {
		h.Fatal(err)
	}
	return &known{r, h}
}

// known is a runner whose jobs are known to all consumers of the hall.
type known struct {
	*queue.Runner
	h *hall
}

func (k *known) Start(report func([]runner.Report)) error {
	k.h.mu.Lock()
	k.h.report = report
	k.h.mu.Unlock()
	return k.Runner.Start(report)
}

func (k *known) Submit(jobs []runner.Job) {
	list := make([]runner.Job, len(jobs))
	for i, j := range jobs {
		k.h.works.Store(j.ID, j.Work)
		j.Work = portable{j.Work}
		list[i] = j
	}
	k.Runner.Submit(list)
}

// portable is work that is found by the id of its job.
type portable struct{ runner.Work }

func (portable) MarshalBinary() ([]byte, error) { return nil, nil }
