package conductor_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// teller is what a core tells others of attempts by.
type teller struct {
	introduced int
	fail       error
}

func (l *teller) tell(_ context.Context, a *store.Attempt, w *workflow.Workflow) (conductor.Teller, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	if l.introduced++; w.Name != "w" {
		return nil, nil
	}
	return func(dst []engine.Record, row *engine.AttemptRow, e *engine.Event) []engine.Record {
		value := fmt.Sprintf("%s %s of %s", e.Kind, row.State, a.Session.Key)
		return append(dst, engine.Record{Attempt: e.Attempt, Task: model.NoTask, Index: int32(e.Seq), Topic: "runs", Value: value})
	}, nil
}

// told returns what the store is to send.
func (r *rig) told() (list []string) {
	r.Helper()
	page, err := r.store.Outbox(ctx, 0, 1000)
	if err != nil {
		r.Fatal(err)
	}
	for _, o := range page {
		list = append(list, o.Value.(string))
	}
	return list
}

// telling returns a rig whose core tells others.
func telling(t *testing.T) (*rig, *teller) {
	r, l := newRig(t), &teller{}
	r.Core = conductor.NewCore(conductor.Config{Store: r.store, Runner: r.desk, Open: open, Owner: "two", Clock: r.clock, Tell: l.tell})
	r.step()
	return r, l
}

var wantTold = []string{
	"attempt_started running of a", "task_opened running of a", "task_started running of a",
	"task_ended success of a", "task_ended success of a", "attempt_ended success of a",
}

func TestWhatHappensIsToldWithTheCommitThatStoresIt(t *testing.T) {
	t.Parallel()
	r, l := telling(t)
	id := r.begin("a", chain(t, &workflow.Node{Name: "+a"}))
	r.step(succeed(id, 1, 1))
	if got := r.told(); !slices.Equal(got, wantTold) {
		t.Errorf("it told %q", got)
	}
	if l.introduced != 1 {
		t.Errorf("the attempt was introduced %d times", l.introduced)
	}
}

// Neither a commit that was refused nor one whose answer was lost has anything
// told twice, or not at all.
func TestWhatACommitFailedWithIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(func() error) error{"refused": refuse, "lost": lose} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := telling(t)
			id := r.begin("a", chain(t, &workflow.Node{Name: "+a"}))
			r.store.commit = fault
			if err := r.Step(ctx, []conductor.Stimulus{succeed(id, 1, 1)}); err == nil {
				t.Fatal("the commit did not fail")
			}
			r.store.commit = nil
			r.step()
			if got := r.told(); !slices.Equal(got, wantTold) {
				t.Errorf("it told %q", got)
			}
		})
	}
}

// An attempt that can't be introduced is neither stored nor told of before it can.
func TestNothingIsStoredThatIsNotTold(t *testing.T) {
	t.Parallel()
	r, l := telling(t)
	l.fail = errStore
	var id model.AttemptID
	err := r.Step(ctx, []conductor.Stimulus{do(func(c *conductor.Core) error {
		a, _, err := c.Start(ctx, start("a", chain(t, &workflow.Node{Name: "+a"})))
		id = a.ID
		return err
	})})
	if err == nil {
		t.Fatal("the step did not fail")
	}
	if events, err := r.store.Events(ctx, id, 0, 0); err != nil || len(events) > 0 {
		t.Errorf("%d events are stored, %v", len(events), err)
	}
	l.fail = nil
	r.step()
	if got := r.told(); !slices.Equal(got, wantTold[:3]) {
		t.Errorf("it told %q", got)
	}
}

// An attempt that another drove before goes on to be told of, and one that is ended
// without being driven is told of as well.
func TestWhatOthersBeganIsToldOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.begin("a", chain(t, &workflow.Node{Name: "+a"}))
	second := r.begin("b", chain(t, &workflow.Node{Name: "+a"}))
	if err := r.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	l := &teller{}
	r.Core = conductor.NewCore(conductor.Config{Store: r.store, Runner: r.desk, Open: open, Owner: "two", Clock: r.clock, Tell: l.tell})
	r.step(do(func(c *conductor.Core) error { return c.Abandon(ctx, second) }))
	r.step(do(func(c *conductor.Core) error {
		_, err := c.Claim(ctx, 1, first)
		return err
	}))
	r.step(succeed(first, 1, 2))
	want := []string{
		"attempt_ended killed of b",
		"try_lost running of a", "task_started running of a", "task_ended success of a", "task_ended success of a", "attempt_ended success of a",
	}
	if got := r.told(); !slices.Equal(got, want) {
		t.Errorf("it told %q", got)
	}
}
