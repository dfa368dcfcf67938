package executor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// remembers answers as it is told.
type remembers struct {
	executor.Recalled
	err   error
	asked []workflow.Memo
	seen  []string
}

func (m *remembers) Recall(_ context.Context, t *operator.Task, reads []string, asks workflow.Memo) (executor.Recalled, error) {
	m.asked, m.seen = append(m.asked, asks), append(slices.Sorted(t.Params.Keys()), reads...)
	return m.Recalled, m.err
}

func TestAMemoisedTaskRunsOnlyOnce(t *testing.T) {
	t.Parallel()
	memoised := params.Of("_type", "op", "_memo", true)
	gave := params.Of("n", int64(1))
	for name, tc := range map[string]struct {
		local  params.Map
		known  executor.Recalled
		result operator.Result
		err    error
		want   engine.Command
		ran    bool
	}{
		"never made": {
			memoised, executor.Recalled{Version: "v", Outputs: "o", Reason: "never made"}, operator.Result{Store: gave}, nil,
			engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: gave, Version: "v"}, Verdict: &engine.Verdict{Reason: "never made"}}, true,
		},
		"gives nothing": {
			memoised, executor.Recalled{Version: "v", Outputs: "o", Reason: "never made"}, operator.Result{}, nil,
			engine.Command{Kind: engine.Succeed, Result: &engine.Result{Version: "v"}, Verdict: &engine.Verdict{Reason: "never made"}}, true,
		},
		"made before": {
			memoised, executor.Recalled{Version: "v", Reason: "made by another, of 0ther", Result: &engine.Result{Export: gave}}, operator.Result{}, nil,
			engine.Command{
				Kind: engine.Succeed, Result: &engine.Result{Export: gave, Replayed: true, Version: "v"},
				Verdict: &engine.Verdict{Skip: true, Reason: "made by another, of 0ther"},
			}, false,
		},
		"of no version": {
			memoised, executor.Recalled{Reason: "not memoised: why"}, operator.Result{Store: gave}, nil,
			engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: gave}, Verdict: &engine.Verdict{Reason: "not memoised: why"}}, true,
		},
		"that fails": {
			memoised, executor.Recalled{Version: "v", Outputs: "o", Reason: "never made"}, operator.Result{}, errors.New("oops"),
			engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", "oops")}, Verdict: &engine.Verdict{Reason: "never made"}}, true,
		},
		"that sends": {
			memoised, executor.Recalled{Version: "v", Outputs: "o", Reason: "never made"}, operator.Result{Records: []operator.Record{{Topic: "t"}}}, nil,
			engine.Command{
				Kind: engine.Succeed, Result: &engine.Result{Records: []engine.Record{{Topic: "t"}}},
				Verdict: &engine.Verdict{Reason: "not memoised: it sends to a topic"},
			}, true,
		},
		"that ends all": {
			memoised, executor.Recalled{Version: "v", Outputs: "o", Reason: "never made"}, operator.Result{Stop: true}, nil,
			engine.Command{
				Kind: engine.Succeed, Result: &engine.Result{Stop: true},
				Verdict: &engine.Verdict{Reason: "not memoised: it has nothing run after it"},
			}, true,
		},
		"that says no": {
			memoised.Set("_memo", false), executor.Recalled{Version: "v", Result: &engine.Result{}}, operator.Result{Store: gave}, nil,
			engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: gave}}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran := false
			b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(_ context.Context, task *operator.Task) (operator.Result, error) {
				ran = true
				if task.Version != tc.known.Outputs {
					t.Errorf("the outputs of the task have version %q, want %q", task.Version, tc.known.Outputs)
				}
				return tc.result, tc.err
			})})
			b.info.Memo = &remembers{Recalled: tc.known}
			got := b.run(t, params.Map{}, tc.local)
			if diff := cmp.Diff(tc.want, got); diff != "" || ran != tc.ran {
				t.Errorf("ran: %t; %s", ran, diff)
			}
		})
	}
}

// All that the task may see is there.
func TestAMemoIsAskedWithWhatTheTaskSees(t *testing.T) {
	t.Parallel()
	b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(context.Context, *operator.Task) (operator.Result, error) { return operator.Result{}, nil }), Keys: []string{"key"}})
	m := &remembers{}
	b.info.Memo = m
	b.run(t, params.Of("seen", 1, "v", "7"), params.Of("_type", "op", "_memo", params.Of("version", int64(7), "inputs", "seen")))
	if want := []workflow.Memo{{On: true, Version: "7", Inputs: []string{"seen"}}}; !cmp.Equal(m.asked, want) {
		t.Errorf("asked %+v", m.asked)
	}
	for _, name := range []string{"seen", "v", "key", "session_uuid"} {
		if !slices.Contains(m.seen, name) {
			t.Errorf("%s is not seen: %s", name, m.seen)
		}
	}
}

func TestWhatCantBeMemoisedIsNot(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{}, nil))
	m := &remembers{Recalled: executor.Recalled{Version: "v", Result: &engine.Result{}}}
	b.info.Memo = m
	local := params.Of("_type", "op", "_memo", true)
	try := b.try(params.Map{}, local)
	try.Message = &engine.Message{Topic: "t"}
	if c := try.Run(t.Context()).(engine.Command); c.Result != nil || !strings.Contains(c.Verdict.Reason, "it gets messages") {
		t.Errorf("with a message: %+v", c)
	}
	try = b.try(params.Map{}, local)
	try.Node.Products = []workflow.Product{{Type: "file"}}
	wantError(t, try.Run(t.Context()).(engine.Command), `{"message":"_memo is not for tasks with products, which are up to date or not by themselves (config)"}`)
	for what, said := range map[string]params.Value{
		`{"message":"_memo must be true, false or a mapping such as {version: 2}, not 3 (config)"}`:      int64(3),
		`{"message":"_memo: inputs: 7 is no name (config)"}`:                                             params.Of("inputs", []params.Value{int64(7)}),
		`{"message":"_memo: vresion: there is no such key (config)","hint":"did you mean \"version\"?"}`: params.Of("vresion", int64(1)),
		`{"message":"_memo: version: \"\" is no version: write a text or a whole number (config)"}`:      params.Of("version", ""),
		`{"message":"_memo: if_missing: 1 is neither true nor false (config)"}`:                          params.Of("if_missing", int64(1)),
	} {
		wantError(t, b.run(t, params.Map{}, local.Set("_memo", said)), what)
	}
	if len(m.asked) > 0 {
		t.Errorf("asked %+v", m.asked)
	}
}
