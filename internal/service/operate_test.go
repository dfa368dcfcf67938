package service_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// payment returns a run of a process whose group pay has the steps ask and charge.
func (f *fixture) payment() store.Attempt {
	f.Helper()
	step := func(name string, after ...workflow.Edge) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "go", After: after}
	}
	w := &workflow.Workflow{Name: "orders", Dialect: workflow.Program, Scope: workflow.Shared, Root: &workflow.Node{
		Name: "+orders", Children: []*workflow.Node{{Name: "+pay", Children: []*workflow.Node{step("+ask"), step("+charge", workflow.Edge{})}}},
	}}
	must(f.T, w.Finish())
	p, err := f.store.Push(f.Context(), store.Push{
		Project: "shop", Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.InStore}},
		Workflows: []store.Workflow{{Name: "orders", Definition: w}},
	})
	must(f.T, err)
	a, _, err := f.store.StartAttempt(f.Context(), store.Start{
		Session: store.Session{UUID: "u", Project: p.ID, Workflow: "orders", Key: "17"}, Definition: w, Workflow: 1, Params: params.Of("id", "17"),
	})
	must(f.T, err)
	return a
}

// states are those of the tasks of an attempt, by the ends of their names.
func (f *fixture) states(id model.AttemptID, names ...string) (states []model.State) {
	f.Helper()
	a, err := f.Tasks(f.Context(), id)
	must(f.T, err)
	for _, name := range names {
		task, _ := a.Find(name)
		states = append(states, a.Task(task).State)
	}
	return states
}

func TestARunOfAProcessGoesOn(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	a := f.payment()
	f.end(a.ID, true, "+orders+pay+ask", "+orders+pay+charge")
	for _, test := range []struct {
		of   service.Retry
		want string
	}{
		{service.Retry{}, ""},
		{service.Retry{Name: "all", All: true}, store.Anew},
		{service.Retry{Name: "from", From: "pay/charge"}, "+orders+pay+charge"},
	} {
		test.of.Attempt, test.of.Params = a.ID, params.Of("more", 1)
		made, err := f.Retry(t.Context(), test.of)
		if err != nil || made.Resume.From != test.want || (made.Resume.Attempt != 0) == test.of.All || made.Session.Key != "17" {
			t.Errorf("%+v: %+v, %v", test.of, made, err)
		}
		if more, err := made.Params.Int("more"); more != 1 || err != nil || !made.Params.Has("by") {
			t.Errorf("%+v: it begins with %v", test.of, made.Params)
		}
	}
	made, err := f.SkipTask(t.Context(), service.Order{Attempt: a.ID, Task: "pay/ask"})
	if model.CodeOf(err) != model.Conflict {
		t.Errorf("a step that is done: %+v, %v", made, err)
	}
}

// A call that comes again gets the attempt that it has made, and nobody else does.
func TestARetryIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	retry := func(r service.Retry) func(*fixture, model.AttemptID) (store.Attempt, error) {
		return func(f *fixture, id model.AttemptID) (store.Attempt, error) {
			r.Attempt = id
			return f.Retry(f.Context(), r)
		}
	}
	skip := func(task string) func(*fixture, model.AttemptID) (store.Attempt, error) {
		return func(f *fixture, id model.AttemptID) (store.Attempt, error) {
			return f.SkipTask(f.Context(), service.Order{Attempt: id, Task: task})
		}
	}
	orders := map[string]func(*fixture, model.AttemptID) (store.Attempt, error){
		"what failed": retry(service.Retry{}), "all": retry(service.Retry{All: true}), "from": retry(service.Retry{From: "charge"}),
		"x":        retry(service.Retry{Params: params.Of("x", 1)}),
		"more":     retry(service.Retry{Params: params.Of("x", 2)}),
		"named":    retry(service.Retry{Name: "run 2"}), // as without
		"skip ask": skip("ask"), "skip charge": skip("charge"),
	}
	for first, order := range orders {
		f := open(t, nil)
		a := f.payment()
		f.end(a.ID, true, "+orders+pay+ask")
		made, err := order(f, a.ID)
		must(t, err)
		f.end(made.ID, false) // it has begun
		for then, order := range orders {
			again, err := order(f, a.ID)
			switch isSame := first == then || first == "what failed" && then == "named" || first == "named" && then == "what failed"; {
			case isSame && (err != nil || again.ID != made.ID):
				t.Errorf("%s, then %s: attempt %d, %v", first, then, again.ID, err)
			case !isSame && (model.CodeOf(err) != model.Conflict || !strings.HasPrefix(model.HintsOf(err), "use the newest: retry ")):
				t.Errorf("%s, then %s: attempt %d, %v", first, then, again.ID, err)
			}
		}
	}
}

func TestWhatEndedWellIsRunAgainOnlyIfAsked(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	a := f.payment()
	f.end(a.ID, false, "+orders+pay+ask", "+orders+pay+charge")
	if _, err := f.Retry(t.Context(), service.Retry{Attempt: a.ID}); model.CodeOf(err) != model.Conflict {
		t.Errorf("got %v", err)
	}
	if _, err := f.Retry(t.Context(), service.Retry{Attempt: a.ID, From: "chrge"}); model.CodeOf(err) != model.NotFound || model.HintsOf(err) != `did you mean "+charge"?` {
		t.Errorf("got %v, hints %s", err, model.HintsOf(err))
	}
	if made, err := f.Retry(t.Context(), service.Retry{Attempt: a.ID, From: "charge"}); err != nil || made.Index != 2 {
		t.Errorf("got %v, %v", made, err)
	}
}

func TestATaskThatFailedRunsAgainWhileOthersGoOn(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("r1", "w.dig", "+g:\n  _parallel: true\n  +a:\n    echo>: a\n  +b:\n    echo>: b\n")
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon})
	must(t, err)
	f.end(a.ID, true, "+w+g+a")
	for _, r := range []service.Retry{{}, {All: true}, {From: "+a", Params: params.Of("x", 1)}, {From: "+b"}} {
		r.Attempt = a.ID
		if _, err := f.Retry(t.Context(), r); model.CodeOf(err) != model.Conflict {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if _, err := f.Retry(t.Context(), service.Retry{Attempt: a.ID, From: "+a", By: "ann"}); err != nil {
		t.Fatal(err)
	}
	snap, err := f.store.Load(t.Context(), a.ID)
	must(t, err)
	if len(snap.Inbox) != 1 || snap.Inbox[0].Command.Kind != engine.Again || snap.Inbox[0].Command.By != "ann" {
		t.Errorf("it was asked for %+v", snap.Inbox)
	}
	if got := f.states(a.ID, "+w+g+a", "+w+g+b"); got[0] != model.Failed || got[1] != model.Running {
		t.Errorf("the tasks are %v", got)
	}
}

func TestWhatCantBeSkippedIsTold(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("r1", "w.dig", "+g:\n  +a:\n    echo>: a\n  +b:\n    echo>: b\n_error:\n  echo>: no\n")
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon})
	must(t, err)
	f.end(a.ID, true, "+w+g+a")
	for _, task := range []string{"+a", "+b"} { // their group has ended; what is run on failure goes on
		_, err := f.SkipTask(t.Context(), service.Order{Attempt: a.ID, Task: task})
		if model.CodeOf(err) != model.Conflict {
			t.Errorf("%s: %v", task, err)
		}
	}
	snap, err := f.store.Load(t.Context(), a.ID)
	must(t, err)
	if len(snap.Inbox) > 0 {
		t.Errorf("it was asked for %+v", snap.Inbox)
	}
}

func TestTasksAreNamedByTheEndsOfTheirNames(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("r1", "w.dig", "+g:\n  +a:\n    echo>: a\n+h:\n  +a:\n    echo>: a\n  +load:\n    echo>: b\n")
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon})
	must(t, err)
	order := service.Order{Attempt: a.ID, Task: "+load"}
	if _, err := f.SkipTask(t.Context(), order); model.CodeOf(err) != model.Conflict {
		t.Errorf("before the beginning: %v", err)
	}
	f.end(a.ID, false)
	for name, want := range map[string]model.Code{
		"load": 0, "h/load": 0, "+w+h+load": 0, "w/g/a": 0, "+a": model.Invalid, "h/lod": model.NotFound, "": model.NotFound, "+oad": model.NotFound,
	} {
		order.Task = name
		if _, err := f.SkipToTask(t.Context(), order); want == 0 && name != "w/g/a" && err != nil || want != 0 && model.CodeOf(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAttemptsKnowWhichOneTheyRunAgain(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	a := f.payment()
	f.end(a.ID, true, "+orders+pay+ask")
	line := func(id model.AttemptID) (parent, root model.AttemptID) {
		tags, err := f.store.TagsOf(t.Context(), []model.AttemptID{id})
		must(t, err)
		return tags[id].Line()
	}
	last := a.ID
	for range 2 {
		made, err := f.Retry(t.Context(), service.Retry{Attempt: last})
		must(t, err)
		if parent, root := line(made.ID); parent != last || root != a.ID {
			t.Errorf("attempt %d runs %d again, of the group of %d", made.ID, parent, root)
		}
		f.end(made.ID, true, "+orders+pay+ask")
		last = made.ID
	}
	only, err := f.Retry(t.Context(), service.Retry{Attempt: last, Only: []string{"pay/as*"}})
	must(t, err)
	if again, ok := only.Resume.Tasks(); !ok || !again["+orders+pay+ask"] || len(again) != 1 {
		t.Errorf("what runs again: %+v", only.Resume)
	}
	taken, err := service.Carried(t.Context(), f.store, only.Resume)
	must(t, err)
	if len(taken) != 0 {
		t.Errorf("what is taken over: %v", taken)
	}
	if _, err := f.Retry(t.Context(), service.Retry{Attempt: only.ID, Only: []string{"ask"}}); model.CodeOf(err) != model.Conflict {
		t.Errorf("one that goes on: %v", err)
	}
}
