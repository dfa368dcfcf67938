package main

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/tables"
	"github.com/pawlhq/pawl/internal/workflow"
)

// bare writes rows into tables like a store's, and does nothing else: what it
// manages is the limit for a store with these rows.
type bare interface {
	// commit writes a transaction and returns once it is on disk.
	commit(*transaction) error
	close() error
}

// transaction is what is written at once.
type transaction struct {
	inserts []rows
	// advance has the new state of attempts: state, tasks, started, ended, id.
	advance [][]driver.Value
	changes []change
}

// change is a statement about some rows. Its text ends with the column that has
// their numbers.
type change struct {
	text string
	ids  []int64
}

// rows are rows of a table.
type rows struct {
	*table
	values [][]driver.Value
}

// table is a table with its columns. kinds has a letter for the type of each:
// integer, text, bytes or boolean.
type table struct {
	name    string
	columns []string
	kinds   string
	// conflict says what becomes of a row that is there already.
	conflict string
}

var (
	sessionsTable = &table{"sessions", []string{"id", "uuid", "project", "workflow", "key", "time", "attempts", "last"}, "itittiii", ""}
	attemptsTable = &table{"attempts", []string{
		"id", "session", "number", "name", "project", "workflow", "stored", "zone", "created", "definition", "resume_attempt",
		"resume_from", "due", "after", "wake", "epoch", "state", "cancel_asked", "tasks", "started", "ended", "params",
	}, "iiititit" + "iiit" + "iiii" + "ib" + "iiiy", ""}
	tasksTable = &table{"tasks", []string{
		"attempt", "id", "parent", "name", "state", "flags", "try", "retries", "started", "ended", "wake", "deadline", "detail",
	}, "iiitiiiiiiiiy", ` ON CONFLICT (attempt, id) DO UPDATE SET state = excluded.state, flags = excluded.flags, try = excluded.try,
		retries = excluded.retries, started = excluded.started, ended = excluded.ended, wake = excluded.wake,
		deadline = excluded.deadline, detail = excluded.detail`}
	eventsTable = &table{"events", []string{"attempt", "last", "body"}, "iiy", ""}
)

// sessionRow and attemptRow are those of a new attempt of a new session, whose
// ids are the same.
func sessionRow(id int64, of *store.Session) []driver.Value {
	return []driver.Value{id, of.UUID, int64(of.Project), of.Workflow, of.Key, int64(of.Time), int64(1), id}
}

func attemptRow(id int64, s *store.Start) []driver.Value {
	const zero = int64(0)
	return []driver.Value{
		id, id, int64(1), s.Name, int64(s.Session.Project), s.Session.Workflow, int64(s.Workflow), s.Zone, int64(s.Created),
		int64(1), zero, "", int64(s.Due), int64(s.After), zero, s.Epoch, zero, false, zero, zero, zero, record.Map(s.Params),
	}
}

// recording is what running a workflow once writes: its start, and its commits
// in order.
type recording struct {
	start   store.Start
	commits []*tables.Plan
}

// recordRun runs a workflow and notes what that writes.
func recordRun(w *workflow.Workflow) (*recording, error) {
	r := &recording{start: starting(w, "")}
	r.start.Epoch = 1
	m, err := newMachine(memory.New(), observed(func(b *store.Batch) {
		r.commits = append(r.commits, tables.NewPlan(clone(b)))
	}))
	if err != nil {
		return nil, err
	}
	if err := m.run(w, "recorded"); err != nil {
		return nil, err
	}
	return r, m.close()
}

// clone copies what a conductor uses again after a commit.
func clone(b *store.Batch) *store.Batch {
	c := *b
	c.Attempts, c.Tasks, c.Events = append(c.Attempts[:0:0], b.Attempts...), append(c.Tasks[:0:0], b.Tasks...), append(c.Events[:0:0], b.Events...)
	c.Listening, c.Records = append(c.Listening[:0:0], b.Listening...), append(c.Records[:0:0], b.Records...)
	c.Consumed, c.Release = append(c.Consumed[:0:0], b.Consumed...), append(c.Release[:0:0], b.Release...)
	return &c
}

// replay returns the transactions of n runs of the workflow, of which so many
// at a time do everything together: they start in one transaction, begin in
// the next, and so on. No way of grouping what is in flight needs fewer, if
// each step is to be on disk before the next one begins.
func (r *recording) replay(n, inFlight int) []transaction {
	var all []transaction
	for first := 1; first <= n; first += inFlight {
		all = append(all, r.begin(numbers(first, min(first+inFlight-1, n)))...)
	}
	return all
}

// begin returns the transactions of runs that do everything together.
func (r *recording) begin(ids []int64) []transaction {
	all := []transaction{r.starts(ids)}
	for _, c := range r.commits {
		all = append(all, commitOf(c, ids))
	}
	return all
}

// numbers returns those from first to last.
func numbers(first, last int) (ids []int64) {
	for id := first; id <= last; id++ {
		ids = append(ids, int64(id))
	}
	return ids
}

func (r *recording) starts(ids []int64) transaction {
	sessions, attempts := rows{table: sessionsTable}, rows{table: attemptsTable}
	for _, id := range ids {
		s := r.start
		s.Session.Key = fmt.Sprint(id)
		sessions.values = append(sessions.values, sessionRow(id, &s.Session))
		attempts.values = append(attempts.values, attemptRow(id, &s))
	}
	return transaction{inserts: []rows{sessions, attempts}}
}

// commitOf is a commit in all attempts with these ids.
func commitOf(c *tables.Plan, ids []int64) transaction {
	tasks, events := rows{table: tasksTable}, rows{table: eventsTable}
	var advance [][]driver.Value
	for _, id := range ids {
		for _, r := range c.TaskRows {
			tasks.values = append(tasks.values, []driver.Value{
				id, int64(r.ID), int64(r.Parent), r.Name, int64(r.State), int64(r.Flags), int64(r.Try), int64(r.Retries),
				int64(r.Started), int64(r.Ended), int64(r.Wake), int64(r.Deadline), r.Body,
			})
		}
		for _, k := range c.Chunks {
			events.values = append(events.values, []driver.Value{id, k.Last, k.Body})
		}
		for _, a := range c.Attempts {
			advance = append(advance, []driver.Value{int64(a.State), int64(a.Tasks), int64(a.Started), int64(a.Ended), id})
		}
	}
	t := transaction{inserts: []rows{tasks, events}, advance: advance}
	t.aboutMessages(c, ids)
	return t
}

// bareSteps measures a bare program that commits what n runs of a workflow
// write, in steps per second.
func bareSteps(name string, open func() (bare, error), r *recording, steps, n, inFlight int) testCase {
	return testCase{name, "steps/s", func() (float64, error) {
		b, err := open()
		if err != nil {
			return 0, err
		}
		transactions := r.replay(n, inFlight)
		took, err := commitAll(b, transactions)
		if err != nil {
			return 0, err
		}
		return float64(n*steps) / took.Seconds(), b.close()
	}}
}

func commitAll(b bare, list []transaction) (time.Duration, error) {
	began := time.Now()
	for i := range list {
		if err := b.commit(&list[i]); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}
