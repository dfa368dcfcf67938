package engine_test

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// ledger keeps what the steps of an attempt say is to be stored, as a store
// would, and holds the engine to what it promises of rows.
type ledger struct {
	def     *workflow.Workflow
	row     engine.AttemptRow
	tasks   map[model.TaskID]engine.TaskRow
	growths []engine.Growth
	seq     int64
}

func newLedger(a *engine.Attempt) *ledger {
	return &ledger{def: a.Definition(), row: a.Row(), tasks: make(map[model.TaskID]engine.TaskRow)}
}

// absorb takes over what a step changed.
func (l *ledger) absorb(s *engine.Step) error {
	for _, r := range s.Attempts {
		if l.row.State.Done() {
			return fmt.Errorf("the attempt is %v and was written again", l.row.State)
		}
		l.row = r
	}
	for _, e := range s.Events {
		if l.seq++; e.Seq != l.seq {
			return fmt.Errorf("event %v has number %d, want %d", e.Kind, e.Seq, l.seq)
		}
	}
	l.growths = append(l.growths, s.Grown...)
	for _, r := range s.Tasks {
		if err := l.write(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) write(r engine.TaskRow) error {
	old := l.tasks[r.ID]
	switch {
	case old.State.Final():
		return fmt.Errorf("%s was %v for good and is written as %v", r.Name, old.State, r.State)
	case r.State == model.Blocked:
		return fmt.Errorf("%s has a row though it is blocked", r.Name)
	case r.State.Final() != (r.Ended != 0):
		return fmt.Errorf("%s is %v and ended at %d", r.Name, r.State, r.Ended)
	case old.Started != 0 && r.Started != old.Started:
		return fmt.Errorf("%s started twice", r.Name)
	case r.Try < old.Try || r.Retries < old.Retries:
		return fmt.Errorf("the tries of %s went back", r.Name)
	}
	l.tasks[r.ID] = r
	return nil
}

// restore builds the attempt anew. The rows come in another order than they
// were written in, and a detail that says nothing is lost, as in a real store.
func (l *ledger) restore() (*engine.Attempt, error) {
	rows := make([]engine.TaskRow, 0, len(l.tasks))
	for _, r := range l.tasks {
		if r.Detail != nil && reflect.ValueOf(*r.Detail).IsZero() {
			r.Detail = nil
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b engine.TaskRow) int { return int(b.ID - a.ID) })
	return engine.Restore(l.def, l.row, slices.Clone(l.growths), rows, l.seq)
}
