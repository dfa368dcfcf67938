package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// begun returns an attempt of one group with n actions, and has it begun.
func begun(t *testing.T, n int) *engine.Attempt {
	t.Helper()
	a := engine.New(7, finished(t, actions(n, alone)), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	return a
}

func TestCommandsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	a := begun(t, 2)
	for name, test := range map[string]struct {
		command engine.Command
		want    model.Code
	}{
		"an unknown kind":           {engine.Command{Kind: 99}, model.Invalid},
		"a task that is not there":  {engine.Command{Kind: engine.Succeed, Task: 3}, model.NotFound},
		"a task below zero":         {engine.Command{Kind: engine.Cancel, Task: -1}, model.NotFound},
		"a signal with no message":  {engine.Command{Kind: engine.Deliver, Task: 1}, model.Invalid},
		"a second beginning":        {engine.Command{Kind: engine.Begin}, model.Conflict},
		"another round of the root": {engine.Command{Kind: engine.Again}, model.Conflict},
		"to skip the root":          {engine.Command{Kind: engine.Skip}, model.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			var step engine.Step
			err := a.Apply(epoch, test.command, &step)
			if err == nil || model.CodeOf(err) != test.want {
				t.Errorf("got error %v, want one with code %v", err, test.want)
			}
			if len(step.Tasks)+len(step.Events)+len(step.Effects)+len(step.Attempts)+len(step.Grown) > 0 {
				t.Errorf("the command was refused and changed %+v", step)
			}
		})
	}
}

func TestOnlySomeCommandsComeBeforeTheBeginning(t *testing.T) {
	t.Parallel()
	for kind, want := range map[engine.CommandKind]bool{
		engine.Begin: true, engine.Kill: true, engine.Edit: true, engine.Succeed: true, engine.Wake: true,
		engine.Deliver: false, engine.Append: false, engine.Again: false, engine.Cancel: false, engine.SkipTo: false, engine.Skip: false,
	} {
		a := engine.New(7, finished(t, actions(1, alone)), params.Map{})
		c := engine.Command{Kind: kind, Task: 0, Node: &workflow.Node{Name: "+x"}, Message: &engine.Message{}}
		if err := a.Apply(epoch, c, &engine.Step{}); (err == nil) != want {
			t.Errorf("command %d before the beginning: error %v", kind, err)
		}
	}
}

func TestAReportMayLeaveOutWhatItReports(t *testing.T) {
	t.Parallel()
	a := begun(t, 3)
	answer(t, a, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
	answer(t, a, engine.Command{Kind: engine.Fail, Task: 2, Try: 1})
	answer(t, a, engine.Command{Kind: engine.WaitFor, Task: 3, Try: 1})
	for id, want := range []model.State{model.Failed, model.Success, model.Failed, model.Failed} {
		if got := a.Task(model.TaskID(id)).State; got != want {
			t.Errorf("task %d is %v, want %v", id, got, want)
		}
	}
}

// Whoever was to interrupt them may have died before.
func TestTriesThatGoOnAreInterruptedAgain(t *testing.T) {
	t.Parallel()
	d := newDriver(finished(t, actions(3, alone)), params.Map{})
	apply(t, d, engine.Command{Kind: engine.Begin})
	apply(t, d, engine.Command{Kind: engine.Cancel, Task: 2})
	a, err := d.ledger.restore()
	if err != nil {
		t.Fatal(err)
	}
	var step engine.Step
	a.Revive(epoch, func(id model.TaskID, _ int32) engine.Fate {
		if id == 3 {
			return engine.Lost
		}
		return engine.Awaited
	}, &step)
	var got []string
	for _, e := range step.Effects {
		got = append(got, fmt.Sprint(e.Kind == engine.Interrupt, e.Task, e.Try))
	}
	if want := []string{"true 2 1", "false 3 2"}; !slices.Equal(got, want) {
		t.Errorf("what follows is %q, want %q", got, want)
	}
}

// A try that no runner had is the same one, unless it was to end.
func TestTriesThatWereNotSentAreDispatchedAsTheyWere(t *testing.T) {
	t.Parallel()
	d := newDriver(finished(t, actions(2, alone)), params.Map{})
	apply(t, d, engine.Command{Kind: engine.Begin})
	apply(t, d, engine.Command{Kind: engine.Cancel, Task: 2})
	a, err := d.ledger.restore()
	if err != nil {
		t.Fatal(err)
	}
	var step engine.Step
	a.Revive(epoch, func(model.TaskID, int32) engine.Fate { return engine.Unsent }, &step)
	if len(step.Effects) != 1 || step.Effects[0].Kind != engine.Dispatch || step.Effects[0].Task != 1 || step.Effects[0].Try != 1 {
		t.Errorf("what follows is %+v", step.Effects)
	}
	if s := a.Task(2).State; s != model.Cancelled {
		t.Errorf("what was to end is %v", s)
	}
}

func TestOneStepGathersTheAnswersToManyCommands(t *testing.T) {
	t.Parallel()
	a := engine.New(7, finished(t, actions(2, inLine)), params.Map{})
	step := &engine.Step{}
	for _, c := range []engine.Command{
		{Kind: engine.Begin}, {Kind: engine.Succeed, Task: 1, Try: 1}, {Kind: engine.Succeed, Task: 2, Try: 1},
	} {
		if err := a.Apply(epoch, c, step); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range step.Events {
		if e.Attempt != 7 || e.Seq != int64(i+1) || e.At != epoch {
			t.Errorf("event %d is number %d of attempt %d at %d", i, e.Seq, e.Attempt, e.At)
		}
	}
	last := step.Effects[len(step.Effects)-1]
	if last.Kind != engine.Finished || last.Attempt != 7 {
		t.Errorf("the last effect is %+v", last)
	}
	if row := step.Attempts[len(step.Attempts)-1]; row.Started != epoch || row.Ended != epoch || row.Tasks != 3 {
		t.Errorf("the attempt's last row is %+v", row)
	}
	step.Reset()
	if len(step.Attempts)+len(step.Tasks)+len(step.Grown)+len(step.Events)+len(step.Effects) > 0 {
		t.Errorf("after a reset the step holds %+v", step)
	}
}

func TestRowsThatAreNotOfTheDefinitionAreRefused(t *testing.T) {
	t.Parallel()
	a := begun(t, 2)
	for name, restore := range map[string]func() (*engine.Attempt, error){
		"a task that is not there": func() (*engine.Attempt, error) {
			return engine.Restore(a.Definition(), a.Row(), nil, []engine.TaskRow{{ID: 3}}, 0)
		},
		"a growth that leaves a gap": func() (*engine.Attempt, error) {
			return engine.Restore(a.Definition(), a.Row(), []engine.Growth{{First: 4, Kind: engine.GrowDrop}}, nil, 0)
		},
		"a growth below nothing": func() (*engine.Attempt, error) {
			return engine.Restore(a.Definition(), a.Row(), []engine.Growth{{First: 3, Parent: 3}}, nil, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := restore(); model.CodeOf(err) != model.Internal || err == nil {
				t.Errorf("got error %v, want one with code %v", err, model.Internal)
			}
		})
	}
}

func TestTheNewestTaskOfANameIsFound(t *testing.T) {
	t.Parallel()
	def := finished(t, &workflow.Node{Name: "+w", Retry: workflow.Retry{Limit: 1}, Children: []*workflow.Node{{Name: "+a", Operator: "do"}}})
	a := engine.New(7, def, params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	answer(t, a, engine.Command{Kind: engine.Fail, Task: 1, Try: 1})
	if id, ok := a.Find("+w+a"); id != 2 || !ok {
		t.Errorf("found task %d, %v", id, ok)
	}
	if id, ok := a.Find("+w+b"); id != model.NoTask || ok {
		t.Errorf("found task %d, %v", id, ok)
	}
	if a.ID() != 7 || a.Len() != 3 || a.Row().Tasks != 3 {
		t.Errorf("attempt %d has %d tasks, in its row %d", a.ID(), a.Len(), a.Row().Tasks)
	}
	if fresh := engine.New(7, def, params.Map{}); fresh.Row().Tasks != 2 {
		t.Errorf("a fresh attempt of 2 tasks says %d", fresh.Row().Tasks)
	}
}

func TestStatesHaveNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for s := engine.AttemptRunning; s <= engine.AttemptKilled; s++ {
		if s.String() == "" || seen[s.String()] {
			t.Errorf("state %d is called %q", s, s)
		}
		seen[s.String()] = true
		if s.Done() != (s != engine.AttemptRunning) {
			t.Errorf("%v is done: %v", s, s.Done())
		}
	}
}

// Earlier versions stored what a task listens to and told nobody.
func TestListenersThatWereNeverToldOfAreWhenTheAttemptIsDriven(t *testing.T) {
	t.Parallel()
	def := finished(t, &workflow.Node{Name: "+w", Children: []*workflow.Node{
		{Name: "+a", Operator: "do", Wait: &workflow.Wait{Signals: []workflow.Signal{{Topic: "orders", Param: "id"}}}},
	}})
	d := newDriver(def, params.Of("id", 7))
	apply(t, d, engine.Command{Kind: engine.Begin})
	row := d.ledger.tasks[1]
	keys := row.Detail.Keys
	row.Detail = &engine.Detail{Keys: keys}
	d.ledger.tasks[1] = row
	a, err := d.ledger.restore()
	if err != nil {
		t.Fatal(err)
	}
	var step engine.Step
	a.Revive(epoch+5, nil, &step)
	want := []engine.Listening{{Attempt: 1, Task: 1, Since: epoch + 5, Keys: keys}}
	if diff := cmp.Diff(want, step.Listening); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if len(step.Tasks) != 1 || step.Tasks[0].Detail.Hearing.Since != epoch+5 {
		t.Errorf("the rows are %+v", step.Tasks)
	}
	if diff := cmp.Diff(want, a.Listening()); diff != "" {
		t.Errorf("who listens (-want +got):\n%s", diff)
	}
}

// It would come back at once, for ever.
func TestAMessageIsNotReturnedByATaskThatListens(t *testing.T) {
	t.Parallel()
	w := &workflow.Wait{Signals: []workflow.Signal{{Topic: "t", Param: "id", One: true}}}
	def := &workflow.Workflow{Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{Name: "+a", Operator: "do", Wait: w}}}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	a := engine.New(1, def, params.Of("id", 7))
	var step engine.Step
	if err := a.Apply(1, engine.Command{Kind: engine.Begin}, &step); err != nil {
		t.Fatal(err)
	}
	message := *messageFrom(sole, "t")
	a.Bury(2, 1, message, errors.New("no way"), &step)
	if err := a.Apply(3, engine.Command{Kind: engine.Kill}, &step); err != nil {
		t.Fatal(err)
	}
	a.Bury(4, 1, message, errors.New("no way"), &step)
	if len(step.Buried) != 2 || step.Buried[0].Message.Share != nil || step.Buried[1].Message.Share == nil {
		t.Errorf("buried are %+v", step.Buried)
	}
}
