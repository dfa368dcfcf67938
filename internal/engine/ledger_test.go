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
	// told has what was last said of each task that listens, buried the messages
	// that were, and sent the records.
	told   map[model.TaskID]engine.Listening
	buried []engine.Buried
	sent   map[recordName]bool
}

// recordName is what tells a record from all others of an attempt.
type recordName struct {
	task       model.TaskID
	try, index int32
}

func newLedger(a *engine.Attempt) *ledger {
	return &ledger{
		def: a.Definition(), row: a.Row(), tasks: make(map[model.TaskID]engine.TaskRow),
		told: make(map[model.TaskID]engine.Listening), sent: make(map[recordName]bool),
	}
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
	return l.hear(s)
}

// hear takes over who listens to what, and what was sent and buried.
func (l *ledger) hear(s *engine.Step) error {
	for _, now := range s.Listening {
		last, known := l.told[now.Task]
		switch {
		case len(now.Keys) == 0 && !known:
			return fmt.Errorf("task %d listens to nothing, and did not before", now.Task)
		case now.Since == last.Since && slices.Equal(now.Keys, last.Keys):
			return fmt.Errorf("what task %d listens to was told twice", now.Task)
		}
		l.told[now.Task] = now
		if len(now.Keys) == 0 {
			delete(l.told, now.Task)
		}
	}
	for _, r := range s.Records {
		name := recordName{r.Task, r.Try, r.Index}
		if l.sent[name] || r.Attempt != l.row.ID {
			return fmt.Errorf("record %+v of attempt %d was sent before", name, r.Attempt)
		}
		l.sent[name] = true
	}
	l.buried = append(l.buried, s.Buried...)
	return nil
}

func (l *ledger) write(r engine.TaskRow) error {
	old := l.tasks[r.ID]
	switch {
	case old.State.Final():
		return fmt.Errorf("%s was %v for good and is written as %v", r.Name, old.State, r.State)
	case r.State == model.Blocked && old.Attempt == 0 && (r.Detail == nil || len(r.Detail.Keys)+len(r.Detail.Inbox) == 0):
		return fmt.Errorf("%s has a row though it is blocked and does not listen", r.Name)
	case r.State == model.Blocked && old.State != model.Blocked:
		return fmt.Errorf("%s was %v and is blocked", r.Name, old.State)
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
