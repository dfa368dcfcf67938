package pawl_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func paying(t *testing.T) *pawl.Process[note] {
	t.Helper()
	p, err := pawl.Define("paying", "2",
		pawl.Sequence("pay",
			pawl.Execute("charge", func(context.Context, *note) error { return pawl.Permanent(errors.New("no money")) }),
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// updatesOf returns what was told of runs, in short.
func updatesOf(t *testing.T, e *pawltest.Engine, topic pawl.Topic) (list []string) {
	t.Helper()
	for _, r := range e.Sent(topic) {
		var u struct {
			Event, Task, State, Version, Workflow, Session string
			Error                                          struct{ Message string }
			Params                                         *note
		}
		if err := json.Unmarshal(r.Value.(json.RawMessage), &u); err != nil {
			t.Fatal(err)
		}
		if r.Key != u.Session || u.Version != "2" || r.Headers["pawl-workflow"] != u.Workflow {
			t.Errorf("the record is %+v", r)
		}
		text := strings.Join([]string{u.Event, u.Task, u.State, u.Error.Message}, " ")
		if u.Params != nil {
			text += " with " + u.Params.ID
		}
		list = append(list, strings.TrimSpace(text))
	}
	return list
}

func TestUpdatesTellWhatHappensToRuns(t *testing.T) {
	t.Parallel()
	p := paying(t)
	e := pawltest.NewWith(t, pawl.Config{Updates: "runs"}, p)
	if _, err := p.Start(t.Context(), e.Engine, "order-1", note{ID: "order-1"}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"attempt_started  running", "task_opened  open", "task_opened pay open", "task_started pay/charge running",
		"task_ended pay/charge failed no money", "task_ended pay failed", "task_ended  failed", "attempt_ended  error",
	}
	if diff := cmp.Diff(want, updatesOf(t, e, "runs")); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatesTellParametersWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	p := paying(t)
	e := pawltest.NewWith(t, pawl.Config{Updates: "runs", UpdateParams: true}, p)
	if _, err := p.Start(t.Context(), e.Engine, "order-1", note{ID: "order-1"}); err != nil {
		t.Fatal(err)
	}
	list := updatesOf(t, e, "runs")
	if len(list) == 0 || !strings.HasSuffix(list[0], " with order-1") {
		t.Errorf("got %q", list)
	}
	e = pawltest.New(t, p)
	if _, err := p.Start(t.Context(), e.Engine, "order-1", note{}); err != nil {
		t.Fatal(err)
	}
	e.Advance(time.Hour)
	if list := updatesOf(t, e, "runs"); len(list) > 0 {
		t.Errorf("nobody asked for %q", list)
	}
}

func TestUpdatesNeedATopic(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]pawl.Config{
		"UpdateParams has no effect without Updates": {Project: "p", UpdateParams: true},
		"the topic of Updates has 300 bytes":         {Project: "p", Updates: pawl.Topic(strings.Repeat("x", 300))},
	} {
		if _, err := pawl.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
