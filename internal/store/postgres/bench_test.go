package postgres

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/storetest"
	"github.com/pawlhq/pawl/internal/store/tables"
	"github.com/pawlhq/pawl/internal/workflow"
)

// BenchmarkCommit compares a store with tables of the same kind, written in one
// transaction and one round trip, with arguments that are ready.
func BenchmarkCommit(b *testing.B) {
	storetest.BenchmarkCommit(b, []int{1, 10, 100, 500}, func(b *testing.B) (store.Store, storetest.Bare) {
		return openTemp(b), newBareProgram(b)
	})
}

func benchStart(definition *workflow.Workflow) store.Start {
	return store.Start{
		Session:    store.Session{UUID: uuid.NewString(), Project: 1, Workflow: "w", Key: uuid.NewString()},
		Definition: definition, Created: now,
	}
}

func definition(name string) *workflow.Workflow {
	return &workflow.Workflow{Name: name, Root: &workflow.Node{Name: "+" + name}}
}

// BenchmarkStart makes attempts of new sessions of one workflow, from a number
// of callers at a time.
func BenchmarkStart(b *testing.B) {
	for _, callers := range []int{1, 50, 500} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := openTemp(b)
			def := definition("w")
			const perCaller = 20
			made := 0
			for b.Loop() {
				var group errgroup.Group
				for range callers {
					group.Go(func() error {
						for range perCaller {
							if _, _, err := s.StartAttempt(ctx, benchStart(def)); err != nil {
								return err
							}
						}
						return nil
					})
				}
				if err := group.Wait(); err != nil {
					b.Fatal(err)
				}
				made += callers * perCaller
			}
			b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "attempts/s")
		})
	}
}

// BenchmarkStartAll makes a chain of 10,000 sessions, and in turn has a bare
// program write the same rows.
func BenchmarkStartAll(b *testing.B) {
	const n = 10_000
	s, bare := openTemp(b), newBareProgram(b)
	def := definition("w")
	made := 0
	var taken time.Duration
	for b.Loop() {
		starts := make([]store.Start, n)
		for i := range starts {
			starts[i] = benchStart(def)
			starts[i].Session.Key = fmt.Sprintf("%012d", made+i) // as session times are
			starts[i].AfterFormer = true
		}
		began := time.Now()
		if _, err := s.StartAll(ctx, starts); err != nil {
			b.Fatal(err)
		}
		taken += time.Since(began)
		bare.start(b, func(l *tables.Ledger) {
			l.MakeAll(column(starts, func(of *store.Start) *tables.Start { return s.EncodeStart(*of) }))
		})
		made += n
	}
	b.ReportMetric(float64(made)/taken.Seconds(), "sessions/s")
	b.ReportMetric(bare.taken.Seconds()/taken.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFire fires 10,000 schedules at once, and in turn has a bare program
// write the same rows.
func BenchmarkFire(b *testing.B) {
	const n = 10_000
	s, bare := openTemp(b), newBareProgram(b)
	push := store.Push{
		Project:  "p",
		Revision: store.Revision{Name: "r", Archive: store.Archive{Type: "none"}, Created: now},
		Schedules: func(*store.Workflow, *store.Schedule) *store.Schedule {
			return &store.Schedule{NextRun: now, NextTime: now}
		},
	}
	for i := range n {
		name := fmt.Sprint("w", i)
		push.Workflows = append(push.Workflows, store.Workflow{Name: name, Definition: definition(name)})
	}
	if _, err := s.Push(ctx, push); err != nil {
		b.Fatal(err)
	}
	bare.schedules(b, n)
	var taken time.Duration
	for round := 0; b.Loop(); round++ {
		due, _, err := s.DueSchedules(ctx, now+model.Instant(round), n)
		if err != nil || len(due) != n {
			b.Fatalf("%d schedules are due, error %v", len(due), err)
		}
		firings := make([]store.Firing, n)
		for i, one := range due {
			start := benchStart(push.Workflows[one.ID-1].Definition)
			start.Session.Key = fmt.Sprintf("%012d", round)
			start.Session.Workflow, start.Workflow, start.MaxRunning = one.WorkflowName, one.Workflow, 1_000_000
			one.NextRun++
			firings[i] = store.Firing{Schedule: one, Start: &start, Refused: one}
		}
		began := time.Now()
		fired, err := s.Fire(ctx, firings)
		if err != nil || fired[n-1].Err != nil {
			b.Fatal(err, fired[n-1].Err)
		}
		taken += time.Since(began)
		bare.start(b, func(l *tables.Ledger) {
			for i := range firings {
				l.Make(s.EncodeStart(*firings[i].Start))
				l.Change(firings[i].Schedule)
			}
		})
	}
	b.ReportMetric(taken.Seconds()*1e3/float64(b.N), "ms/fire")
	b.ReportMetric(bare.taken.Seconds()/taken.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

// bareProgram writes the rows of batches and does nothing else.
type bareProgram struct {
	conn          *pgx.Conn
	tasks, events []any
	// last are the ids that were given out, known those of definitions.
	last  tables.IDs
	known map[[sha256.Size]byte]int64
	taken time.Duration
}

const (
	bareTasks = `
		INSERT INTO tasks SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::smallint[], $6::integer[],
			$7::integer[], $8::integer[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bytea[])
		ON CONFLICT (attempt, id) DO UPDATE SET
			parent = excluded.parent, name = excluded.name, state = excluded.state, flags = excluded.flags,
			try = excluded.try, retries = excluded.retries, started = excluded.started, ended = excluded.ended,
			wake = excluded.wake, deadline = excluded.deadline, detail = excluded.detail`
	bareEvents = `INSERT INTO events SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) ON CONFLICT (attempt, last) DO NOTHING`
)

func newBareProgram(b *testing.B) *bareProgram {
	b.Helper()
	cfg := tempConfig(b).withDefaults()
	if err := Migrate(ctx, cfg); err != nil {
		b.Fatal(err)
	}
	config, err := cfg.parse()
	if err != nil {
		b.Fatal(err)
	}
	c, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(ctx) })
	return &bareProgram{conn: c, known: make(map[[sha256.Size]byte]int64)}
}

// Prepare implements storetest.Bare.
func (p *bareProgram) Prepare(batch *store.Batch) (chunks int) {
	plan := tables.NewPlan(batch)
	args := (&Store{space: commitSpace}).commitArgs(plan, false)
	p.tasks, p.events = args[15:28], args[33:36]
	return len(plan.Chunks)
}

// Commit implements storetest.Bare.
func (p *bareProgram) Commit(b *testing.B) {
	b.Helper()
	var batch pgx.Batch
	batch.Queue("begin")
	batch.Queue(bareTasks, p.tasks...)
	batch.Queue(bareEvents, p.events...)
	batch.Queue("commit")
	if err := p.conn.SendBatch(ctx, &batch).Close(); err != nil {
		b.Fatal(err)
	}
}

// start writes what a ledger has that asked nothing.
func (p *bareProgram) start(b *testing.B, decide func(*tables.Ledger)) {
	b.Helper()
	l := ledger{tables.NewLedger(0)}
	l.Last, l.Definitions = p.last, p.known
	decide(l.Ledger)
	p.last = l.Last
	var batch pgx.Batch
	batch.Queue("begin")
	l.write(&batch)
	batch.Queue("commit")
	began := time.Now()
	if err := p.conn.SendBatch(ctx, &batch).Close(); err != nil {
		b.Fatal(err)
	}
	p.taken += time.Since(began)
}

// schedules makes n schedules.
func (p *bareProgram) schedules(b *testing.B, n int) {
	b.Helper()
	_, err := p.conn.Exec(ctx, `
		INSERT INTO schedules (project, name, workflow, next_run, next_time, last_time, disabled, created, updated, version)
		SELECT 1, 'w' || i, i, 0, 0, 0, 0, 0, 0, 1 FROM generate_series(1, $1) i`, n)
	if err != nil {
		b.Fatal(err)
	}
}
