//go:build linux

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
)

// truth is what the store says once nothing goes on any more.
type truth struct {
	store.Store
	attempts map[model.AttemptID]*store.Attempt
	events   map[model.AttemptID][]engine.Event
}

// settled waits until no attempt goes on. What is stuck is told.
func settled(ctx context.Context, s store.Store) error {
	for {
		left, _, err := s.ListAttempts(ctx, store.Filter{Running: true}, store.Page{Limit: 5})
		if err != nil || len(left) == 0 {
			return err
		}
		if wait(ctx, 100*time.Millisecond) != nil {
			return stuck(context.WithoutCancel(ctx), s, left)
		}
	}
}

func stuck(ctx context.Context, s store.Store, list []store.Attempt) error {
	var b strings.Builder
	for i := range list {
		a := &list[i]
		fmt.Fprintf(&b, "\nattempt %d of %s: owner %q, epoch %d, to wake at %v", a.ID, a.Session.Workflow, a.Owner, a.Epoch, a.Wake.Time())
		snap, err := s.Load(ctx, a.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, ", %d posts", len(snap.Inbox))
		for _, row := range snap.Tasks {
			fmt.Fprintf(&b, "\n  %s: %v, try %d, to wake at %v", row.Name, row.State, row.Try, row.Wake.Time())
		}
		if p, ok := s.(*postgres.Store); ok {
			if err := writeJobs(ctx, &b, p, a.ID); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("what was started does not end; it is %v:%s", time.Now().UTC(), b.String())
}

// writeJobs tells what the queue has of an attempt.
func writeJobs(ctx context.Context, b *strings.Builder, s *postgres.Store, id model.AttemptID) error {
	pool, err := s.Jobs(ctx, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	rows, err := pool.Query(ctx, `SELECT to_jsonb(j)::text FROM river_job j WHERE (args ->> 'attempt')::bigint = $1`, id)
	if err != nil {
		return nil //nolint:nilerr // there are no workers, and so no queue
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, job := range jobs {
		fmt.Fprintf(b, "\n  job %s", job)
	}
	return err
}

func readTruth(t *testing.T, s store.Store) *truth {
	t.Helper()
	w := &truth{s, make(map[model.AttemptID]*store.Attempt), make(map[model.AttemptID][]engine.Event)}
	for page := (store.Page{Limit: 1000}); ; {
		list, cursor, err := s.ListAttempts(t.Context(), store.Filter{}, page)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			id := list[i].ID
			w.attempts[id] = &list[i]
			if w.events[id], err = s.Events(t.Context(), id, 0, 10_000); err != nil {
				t.Fatal(err)
			}
		}
		if page.Cursor = cursor; cursor == "" {
			return w
		}
	}
}

// checkStarts fails for an acknowledged start of which there is nothing.
func (w *truth) checkStarts(t *testing.T, started map[model.AttemptID]string) {
	t.Helper()
	for id, workflow := range started {
		if a := w.attempts[id]; a == nil || a.Session.Workflow != workflow {
			t.Errorf("the start of attempt %d of %s was acknowledged and is lost", id, workflow)
		}
	}
}

// checkEnds fails for attempts that did not end as they had to, and for
// sessions that ran more than once.
func (w *truth) checkEnds(t *testing.T) {
	t.Helper()
	first := make(map[model.SessionID]model.AttemptID)
	for id, a := range w.attempts {
		if want := shapeOf(a.Session.Workflow).ends; a.State != want {
			t.Errorf("attempt %d of %s ended as %v, want %v%s", id, a.Session.Workflow, a.State, want, w.tell(id))
		}
		if other, ok := first[a.Session.ID]; ok {
			t.Errorf("session %s of %s has the attempts %d and %d", a.Session.Key, a.Session.Workflow, other, id)
		}
		first[a.Session.ID] = id
	}
}

// checkHistory fails for a try that began after its task had ended, for tasks
// that ended twice or never, and for events that are missing.
func (w *truth) checkHistory(t *testing.T) {
	t.Helper()
	for id, events := range w.events {
		begun, ended := make(map[string]int), make(map[string]int)
		for i := range events {
			e := &events[i]
			if e.Seq != int64(i+1) {
				t.Errorf("attempt %d: event %d comes at place %d%s", id, e.Seq, i+1, w.tell(id))
				break
			}
			switch e.Kind {
			case engine.TaskStarted:
				begun[e.Name]++
				if ended[e.Name] > 0 {
					t.Errorf("attempt %d: %s had ended and began again%s", id, e.Name, w.tell(id))
				}
			case engine.TaskEnded:
				if ended[e.Name]++; ended[e.Name] > 1 {
					t.Errorf("attempt %d: %s ended twice%s", id, e.Name, w.tell(id))
				}
			}
		}
		for name := range begun {
			if ended[name] == 0 {
				t.Errorf("attempt %d: %s began and did not end%s", id, name, w.tell(id))
			}
		}
	}
}

// checkLedger fails for tasks that count as done and never ran, and for tries
// that ran without being in the history.
func (w *truth) checkLedger(t *testing.T, noted ledger) {
	t.Helper()
	for id, a := range w.attempts {
		for _, name := range shapeOf(a.Session.Workflow).notes {
			if len(noted[id][name]) == 0 {
				t.Errorf("attempt %d is done, but %s never ran%s", id, name, w.tell(id))
			}
		}
	}
	for id, tasks := range noted {
		begun := make(map[string]bool)
		for i := range w.events[id] {
			if e := &w.events[id][i]; e.Kind == engine.TaskStarted {
				begun[model.TryID{Attempt: id, Task: e.Task, Try: e.Try}.String()+" "+e.Name] = true
			}
		}
		for name, tries := range tasks {
			for _, try := range tries {
				if !begun[try.String()+" "+name] {
					t.Errorf("try %v of %s ran and is not in the history%s", try, name, w.tell(id))
				}
			}
		}
	}
}

// checkSlots fails for slots of a schedule that are missing between the first
// one and the next one to come.
func (w *truth) checkSlots(t *testing.T, workflow string, every time.Duration) {
	t.Helper()
	all, _, err := w.ListSchedules(t.Context(), store.ScheduleFilter{WorkflowName: workflow}, store.Page{})
	if err != nil || len(all) != 1 {
		t.Fatalf("schedules of %s: %v, %v", workflow, all, err)
	}
	times := w.times(workflow)
	times = append(times, all[0].NextTime)
	for i := range times[1:] {
		if got := times[i+1].Sub(times[i]); got != every {
			t.Errorf("%s: after %v comes %v", workflow, times[i].Time(), times[i+1].Time())
		}
	}
	t.Logf("%s: %d slots", workflow, len(times)-1)
}

// times returns the session times of a workflow, in order.
func (w *truth) times(workflow string) (list []model.Instant) {
	for _, a := range w.attempts {
		if a.Session.Workflow == workflow {
			list = append(list, a.Session.Time)
		}
	}
	slices.Sort(list)
	return list
}

// checkBackfill fails unless the attempts of that name are all there and ran
// one after the other.
func (w *truth) checkBackfill(t *testing.T, name string, want int) {
	t.Helper()
	var list []*store.Attempt
	for _, a := range w.attempts {
		if a.Name == name {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *store.Attempt) int { return int(a.Session.Time.Sub(b.Session.Time)) })
	if len(list) != want {
		t.Errorf("the backfill has %d attempts, want %d", len(list), want)
	}
	var before model.Instant
	for _, a := range list {
		events := w.events[a.ID]
		if len(events) == 0 {
			t.Errorf("attempt %d of the backfill has no history", a.ID)
			continue
		}
		if began := events[0].At; began < before {
			t.Errorf("attempt %d for %v began at %v, before the one before it had ended at %v", a.ID, a.Session.Time.Time(), began.Time(), before.Time())
		}
		before = events[len(events)-1].At
	}
}

// tell returns the history of an attempt.
func (w *truth) tell(id model.AttemptID) string {
	var b strings.Builder
	for _, e := range w.events[id] {
		fmt.Fprintf(&b, "\n\t%v %v %s try %d %v %v", e.At.Time().Format("15:04:05.000"), e.Kind, e.Name, e.Try, e.State, e.Data)
	}
	return b.String()
}
