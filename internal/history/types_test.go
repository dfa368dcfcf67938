package history_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// happenings are events of every kind and state, of tasks and hooks and the whole.
func happenings() (list []engine.Event) {
	for kind := range engine.EventKinds {
		for state := model.Blocked; state <= model.NotReached; state++ {
			if ended := kind == engine.TaskEnded || kind == engine.AttemptEnded; ended && !state.Final() {
				continue
			}
			for task, name := range []string{"+w", "+w+a", "+w+a^error"} {
				list = append(list, engine.Event{Kind: kind, State: state, Task: model.TaskID(task), Name: name})
			}
		}
	}
	return append(list, engine.Event{Kind: engine.Expected, Name: "+w+a", Task: 1, Data: params.Of("ok", true)})
}

func TestEveryEventHasATypeAndEveryTypeAnEvent(t *testing.T) {
	t.Parallel()
	var left []history.Type
	for _, e := range history.Catalogue {
		if slices.Contains(left, e.Type) {
			t.Errorf("%s is there twice", e.Type)
		}
		left = append(left, e.Type)
	}
	all := slices.Clone(left)
	for _, e := range happenings() {
		of := history.Of(&e)
		if !slices.Contains(all, of) {
			t.Errorf("%s of a task that is %s (%s) has the type %q, which is not known", e.Kind, e.State, e.Name, of)
		}
		left = slices.DeleteFunc(left, func(t history.Type) bool { return t == of })
	}
	if len(left) > 0 {
		t.Errorf("nothing has the types %v", left)
	}
}

func TestAnAttemptThatWasKilledSaysSo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state model.State
		data  params.Map
		want  history.Type
	}{
		{model.Success, params.Map{}, history.AttemptSucceeded},
		{model.Skipped, params.Map{}, history.AttemptSucceeded},
		{model.Failed, params.Map{}, history.AttemptFailed},
		{model.NotReached, params.Map{}, history.AttemptFailed},
		{model.Cancelled, params.Map{}, history.AttemptKilled},
		{model.Success, params.Of(engine.EndedKilled, true), history.AttemptKilled},
		{model.Failed, params.Of(engine.EndedKilled, true), history.AttemptKilled},
	} {
		if got := history.Of(&engine.Event{Kind: engine.AttemptEnded, State: test.state, Data: test.data}); got != test.want {
			t.Errorf("%s with %v: %s, want %s", test.state, test.data, got, test.want)
		}
	}
}

// The page of the manual has the types as they are here, in order.
func TestTypesAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/events.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z_]+)` \\| (.*) \\| (.*) \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, strings.Join(m[1:], " | "))
	}
	var known []string
	for _, e := range history.Catalogue {
		var data []string
		for _, name := range e.Data {
			data = append(data, "`"+name+"`")
		}
		span := string(e.Opens)
		switch {
		case e.Opens != history.NoSpan:
			span = "opens `" + span + "`"
		case e.Closes:
			span = "closes"
		}
		known = append(known, strings.Join([]string{string(e.Type), e.Says, strings.Join(data, ", "), span}, " | "))
	}
	if diff := cmp.Diff(known, documented); diff != "" {
		t.Errorf("docs/reference/events.md (-known +documented):\n%s", diff)
	}
}

func TestTypesAreNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		names    []string
		has, not []history.Type
	}{
		{nil, []history.Type{history.TaskFailed, history.AttemptStarted}, nil},
		{[]string{"task.failed"}, []history.Type{history.TaskFailed}, []history.Type{history.TaskSucceeded, history.AttemptFailed}},
		{[]string{"attempt", "hook.failed"}, []history.Type{history.AttemptStarted, history.AttemptKilled, history.HookFailed}, []history.Type{history.TaskFailed}},
		{[]string{"failure"}, []history.Type{history.TaskFailed, history.AttemptFailed, history.AttemptKilled}, []history.Type{history.AttemptSucceeded}},
	} {
		types, err := history.ParseTypes(test.names)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range test.has {
			if !types.Has(of) {
				t.Errorf("%v lacks %s", test.names, of)
			}
		}
		for _, of := range test.not {
			if types.Has(of) {
				t.Errorf("%v has %s", test.names, of)
			}
		}
	}
	for name, hint := range map[string]string{"task.faild": `did you mean "task.failed"?`, "xyzzy": "types are such as attempt.failed"} {
		_, err := history.ParseTypes([]string{"task", name})
		if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), hint) {
			t.Errorf("%s: error %v, hint %q", name, err, model.HintsOf(err))
		}
	}
}

func TestWhatHappenedIsSaidInALine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event history.Event
		want  string
	}{
		{history.Event{Type: history.AttemptStarted, AttemptID: "12", Project: "shop", Workflow: "daily"}, "Attempt (12) shop/daily: Started"},
		{history.Event{
			Type: history.TaskFailed, AttemptID: "12", Project: "shop", Workflow: "daily", Task: "+daily+load",
			Data: params.Of("error", params.Of("message", "no such table")),
		}, "Task (12) shop/daily +daily+load: Failed - no such table"},
		{history.Event{Type: history.TaskNotReached, AttemptID: "3", Workflow: "w", Task: "+w+a"}, "Task (3) w +w+a: Not reached"},
		{history.Event{Type: history.TaskWaiting, AttemptID: "3", Workflow: "w", Task: "+w+a", Data: params.Of("reason", "a poll")}, "Task (3) w +w+a: Waiting - a poll"},
	} {
		if got := test.event.Text(); got != test.want {
			t.Errorf("it says %q, want %q", got, test.want)
		}
	}
}
