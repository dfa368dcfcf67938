package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

var typeOp = params.Of("_type", "op")

func TestResultReachesTheEngine(t *testing.T) {
	t.Parallel()
	sub := params.Of("_type", "echo", "_command", "hi")
	b := newBench(t, returns("op", operator.Result{
		Export: params.Of("e", 1), Store: params.Of("s", 2), Reset: []string{"r"},
		Subtasks: sub, Items: []any{"i"}, Outputs: []string{"o"}, Stop: true,
	}, nil))
	c := b.run(t, params.Map{}, typeOp)
	want := engine.Command{Kind: engine.Succeed, Result: &engine.Result{
		Export: params.Of("e", 1), Store: params.Of("s", 2), Reset: []string{"r"},
		Subtasks: sub, Items: []any{"i"}, Outputs: []string{"o"}, Stop: true,
		Node: &workflow.Node{Name: "^sub", Operator: "echo", Config: sub},
	}}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(workflow.Node{})); diff != "" {
		t.Error(diff)
	}
}

func TestWaitReachesTheEngine(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{Wait: &operator.Wait{
		Until: now, State: params.Of("n", 1), Keys: []operator.Key{{Topic: "t", Param: "p", Value: "v", One: true, Fresh: true}}, Reason: "why",
	}}, nil))
	want := engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{
		Until: model.InstantOf(now), State: params.Of("n", 1), Keys: []engine.Key{{Topic: "t", Param: "p", Value: "v", One: true, Fresh: true}}, Reason: "why",
	}}
	if diff := cmp.Diff(want, b.run(t, params.Map{}, typeOp), cmp.AllowUnexported(workflow.Node{})); diff != "" {
		t.Error(diff)
	}
	forever := newBench(t, returns("op", operator.Result{Wait: &operator.Wait{}}, nil))
	wantError(t, forever.run(t, params.Map{}, typeOp), `{"message":"the operator waits for neither a time nor a signal"}`)
}

func TestRecordsReachTheEngine(t *testing.T) {
	t.Parallel()
	sent := []operator.Record{{Topic: "out", Key: "k", Value: int64(1), Headers: params.Of("h", "x")}, {Topic: "out"}}
	want := []engine.Record{{Topic: "out", Key: "k", Value: int64(1), Headers: params.Of("h", "x")}, {Topic: "out"}}
	done := newBench(t, returns("op", operator.Result{Records: sent}, nil)).run(t, params.Map{}, typeOp)
	if diff := cmp.Diff(want, done.Result.Records); diff != "" {
		t.Errorf("of a result: %s", diff)
	}
	waits := newBench(t, returns("op", operator.Result{Records: sent, Wait: &operator.Wait{Until: now}}, nil)).run(t, params.Map{}, typeOp)
	if diff := cmp.Diff(want, waits.Wait.Records); diff != "" {
		t.Errorf("of a wait: %s", diff)
	}
	lost := newBench(t, returns("op", operator.Result{Records: []operator.Record{{Topic: "out"}, {Key: "k"}}}, nil))
	wantError(t, lost.run(t, params.Map{}, typeOp), `{"message":"record 2 of the operator has no topic"}`)
}

func TestOperatorsSkip(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{Skip: "nobody came", Store: params.Of("s", 1)}, nil))
	want := engine.Command{Kind: engine.Succeed, Verdict: &engine.Verdict{Skip: true, Reason: "nobody came"}}
	if diff := cmp.Diff(want, b.run(t, params.Map{}, typeOp), cmp.AllowUnexported(workflow.Node{})); diff != "" {
		t.Error(diff)
	}
}

func TestFailureSaysWhy(t *testing.T) {
	t.Parallel()
	_, wrongType := params.Of("n", "x").Int("n")
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"a deliberate one":   {&operator.Error{Message: "m"}, `{"message":"m"}`},
		"one with a kind":    {&operator.Error{Message: "m", Kind: "runtime"}, `{"message":"m (runtime)"}`},
		"one with more":      {&operator.Error{Message: "m", Props: params.Of("errors", []any{1})}, `{"message":"m","errors":[1]}`},
		"one that is wound":  {fmt.Errorf("x: %w", &operator.Error{Message: "m"}), `{"message":"m"}`},
		"any error":          {errors.New("m"), `{"message":"m"}`},
		"a missing one":      {&params.MissingError{Key: "k"}, `{"message":"Parameter 'k' is required but not set (config)"}`},
		"one of wrong type":  {wrongType, `{"message":"Expected integer (long) type for key 'n' but got \"x\" (string) (config)"}`},
		"an invalid one":     {model.Errorf(model.Invalid, "m"), `{"message":"m (config)"}`},
		"one with a hint":    {model.Errorf(model.Invalid, "m").WithHint("h"), `{"message":"m (config)","hint":"h"}`},
		"one that may pass":  {model.Errorf(model.Unavailable, "m"), `{"message":"m"}`},
		"one without a word": {&operator.Error{}, `{"message":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, newBench(t, returns("op", operator.Result{}, tt.err)).run(t, params.Map{}, typeOp), tt.want)
		})
	}
}

func TestRetryIsReadFromTheEvaluatedParameters(t *testing.T) {
	t.Parallel()
	fails := returns("op", operator.Result{}, errors.New("m"))
	ignores := fails
	ignores.Name, ignores.IgnoresRetry = "ignores", true
	second := time.Second
	for name, tt := range map[string]struct {
		scope, local params.Map
		want         workflow.Retry
	}{
		"none":           {params.Map{}, typeOp, workflow.Retry{}},
		"a number":       {params.Map{}, typeOp.Set("_retry", int64(3)), workflow.Retry{Limit: 3}},
		"a text":         {params.Map{}, typeOp.Set("_retry", "3"), workflow.Retry{Limit: 3}},
		"an expression":  {params.Of("n", 4), typeOp.Set("_retry", "${n}"), workflow.Retry{Limit: 4}},
		"an export":      {params.Of("_retry", 2), typeOp, workflow.Retry{Limit: 2}},
		"less than none": {params.Map{}, typeOp.Set("_retry", int64(-1)), workflow.Retry{}},
		"null":           {params.Map{}, typeOp.Set("_retry", nil), workflow.Retry{}},
		"a map":          {params.Map{}, typeOp.Set("_retry", params.Of("limit", "2", "interval", "5")), workflow.Retry{Limit: 2, Interval: 5 * second}},
		"a growing wait": {
			params.Map{}, typeOp.Set("_retry", params.Of("limit", 2, "interval", 5, "interval_type", "Exponential", "max_interval", 60)),
			workflow.Retry{Limit: 2, Interval: 5 * second, Exponential: true, Max: 60 * second},
		},
		"of an operator that has none": {params.Map{}, params.Of("_type", "ignores", "_retry", 3), workflow.Retry{}},
		"ill, of such an operator":     {params.Map{}, params.Of("_type", "ignores", "_retry", "x"), workflow.Retry{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newBench(t, fails, ignores).run(t, tt.scope, tt.local)
			wantError(t, c, `{"message":"m"}`)
			if c.Failure.Retry != tt.want {
				t.Errorf("got %+v, want %+v", c.Failure.Retry, tt.want)
			}
		})
	}
}

func TestIllRetryFailsBeforeTheOperatorRuns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		retry any
		want  string
	}{
		"a word":            {"x", `Expected integer (long) type for key '_retry' but got \"x\" (string) (config)`},
		"no limit":          {params.Of("interval", 1), `Parameter 'limit' is required but not set (config)`},
		"a negative wait":   {params.Of("limit", 1, "interval", -1), `interval of _retry must be from 0 to 31536000 seconds, not -1 (config)`},
		"an unknown growth": {params.Of("limit", 1, "interval_type", "x"), `interval_type of _retry must be constant or exponential, not \"x\" (config)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, does("op", func(context.Context, *operator.Task) error { t.Error("it ran"); return nil }))
			c := b.run(t, params.Map{}, typeOp.Merge(params.Of("_retry", tt.retry)))
			wantError(t, c, `{"message":"`+tt.want+`"}`)
			if c.Failure.Retry.Limit != 0 {
				t.Errorf("it is to be tried again: %v", c.Failure.Retry)
			}
		})
	}
}

func TestAFailureThatHasUsedUpItsTriesSaysSo(t *testing.T) {
	t.Parallel()
	err := &operator.Error{Message: "busy", Again: &operator.Again{Most: 2}}
	for retries, want := range []string{"busy", "busy", "busy (tried again 2 times, and not any more)"} {
		try := newBench(t, returns("op", operator.Result{}, err)).try(params.Map{}, typeOp)
		try.Retries = retries
		f := try.Run(t.Context()).(engine.Command).Failure
		if got, _ := f.Error.String("message"); got != want {
			t.Errorf("after %d: got %q, want %q", retries, got, want)
		}
	}
}

func TestFailureKeepsTheStateUnlessTheOperatorSaysOtherwise(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		`{"old":1}`: errors.New("m"),
		`{"new":2}`: &operator.Error{State: params.Of("new", 2)},
		`{}`:        &operator.Error{},
	} {
		b := newBench(t, returns("op", operator.Result{}, err))
		try := b.try(params.Map{}, typeOp.Set("_retry", int64(1)))
		try.State = params.Of("old", 1)
		f := try.Run(t.Context()).(engine.Command).Failure
		if fmt.Sprint(f.State) != want || f.Retry.Limit != 1 {
			t.Errorf("%v: got state %v, retry %v, want state %s", err, f.State, f.Retry, want)
		}
	}
	b := newBench(t, returns("op", operator.Result{}, &operator.Error{Final: true}))
	if f := b.run(t, params.Map{}, typeOp.Set("_retry", int64(1))).Failure; f.Retry.Limit != 0 {
		t.Errorf("a final failure is to be tried again: %v", f.Retry)
	}
}

func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(context.Context, *operator.Task) error { return explode(nil) }))
	c := b.run(t, params.Map{}, typeOp.Set("_retry", int64(2)))
	message, _ := c.Failure.Error.Get("message")
	if want := "panic: runtime error: index out of range [0] with length 0"; c.Kind != engine.Fail || message != want {
		t.Errorf("got %v, want %s", c.Failure.Error, want)
	}
	frames, _ := c.Failure.Error.String("stacktrace")
	first, rest, _ := strings.Cut(frames, ", ")
	if !strings.HasPrefix(first, "github.com/pawlhq/pawl/internal/executor_test.explode (outcome_test.go:") ||
		!strings.Contains(rest, "TestPanicIsAFailure") || strings.Contains(frames, "guarded") || strings.Contains(frames, "runtime.") {
		t.Errorf("stack trace: %s", frames)
	}
	if got := b.printed(t); !strings.Contains(got, "index out of range") || !strings.Contains(got, "outcome_test.go") {
		t.Errorf("the log does not say where: %s", got)
	}
	if c.Failure.Retry.Limit != 2 {
		t.Errorf("retry: %v", c.Failure.Retry)
	}
}

//go:noinline
func explode(list []error) error { return list[0] }

func TestPanicOutsideOfTheOperatorIsAFailureToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{}, nil))
	b.Evaluated = func(*executor.Try, params.Map) { panic("oh") }
	c := b.run(t, params.Map{}, typeOp)
	if message, _ := c.Failure.Error.Get("message"); message != "panic: oh" {
		t.Errorf("got %v", message)
	}
}

func TestCancelledTry(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cause error
		want  engine.CommandKind
	}{
		"by request":         {runner.ErrCancelled, engine.TryCancelled},
		"by the runner":      {runner.ErrClosed, engine.Lose},
		"for another reason": {errors.New("too late"), engine.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			b := newBench(t, does("op", func(ctx context.Context, _ *operator.Task) error {
				cancel(tt.cause)
				<-ctx.Done()
				return context.Cause(ctx)
			}))
			if c := b.try(params.Map{}, typeOp).Run(ctx).(engine.Command); c.Kind != tt.want {
				t.Errorf("got %v, want %v", c.Kind, tt.want)
			}
			done := newBench(t, returns("op", operator.Result{Store: params.Of("a", 1)}, nil))
			if c := done.try(params.Map{}, typeOp).Run(ctx).(engine.Command); c.Kind != engine.Succeed || c.Result.Store.Len() != 1 {
				t.Errorf("an operator that ended well all the same: %+v", c)
			}
		})
	}
}

func TestGeneratedTasksThatDoNotCompileFailTheTry(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{Subtasks: params.Of("bad", 1)}, nil))
	c := b.run(t, params.Map{}, typeOp.Set("_retry", int64(3)))
	wantError(t, c, `{"message":"generated tasks: task +x: bad (config)"}`)
	if c.Failure.Retry.Limit != 0 {
		t.Errorf("retry: %v", c.Failure.Retry)
	}
	b.info.Dialect = "other"
	wantError(t, b.run(t, params.Map{}, typeOp), `{"message":"tasks can't be generated in a workflow of dialect \"other\""}`)
}

func TestTasksAreMadeOnlySoDeep(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{Subtasks: params.Of("_type", "echo")}, nil))
	for depth, want := range map[int]engine.CommandKind{199: engine.Succeed, 200: engine.Fail} {
		try := b.try(params.Map{}, typeOp)
		try.Name = "+w" + strings.Repeat("+a^sub", depth)
		c := try.Run(t.Context()).(engine.Command)
		if c.Kind != want {
			t.Errorf("%d levels deep: %+v", depth, c)
		}
		if want == engine.Fail {
			wantError(t, c, `{"message":"tasks make tasks 200 levels deep: do they ever end? (config)"}`)
		}
	}
}

func TestBeforeAnswersInsteadOfTheOperator(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{Store: params.Of("ran", true)}, nil))
	earlier := &engine.Result{Store: params.Of("ran", false), Subtasks: params.Of("_type", "echo"), Replayed: true}
	b.Before = func(try *executor.Try) (*engine.Result, bool) {
		switch try.Name {
		case "+replayed":
			return earlier, true
		case "+skipped":
			return nil, true
		}
		return nil, false
	}
	for name, want := range map[string]string{"+replayed": `{"ran":false} ^sub true`, "+skipped": "", "+other": `{"ran":true}  false`} {
		try := b.try(params.Map{}, typeOp.Set("x", "${undefined}"))
		if name == "+other" {
			try = b.try(params.Map{}, typeOp)
		}
		try.Name = name
		c := try.Run(t.Context()).(engine.Command)
		var got string
		if r := c.Result; r != nil {
			node := ""
			if r.Node != nil {
				node = r.Node.Name
			}
			got = fmt.Sprintf("%v %s %t", r.Store, node, r.Replayed)
		}
		if c.Kind != engine.Succeed || got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if earlier.Node != nil {
		t.Error("the earlier result was changed")
	}
}

func TestDryRunEvaluatesAndStopsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(context.Context, *operator.Task) error { t.Error("it ran"); return nil }))
	b.DryRun = true
	var shown string
	b.Evaluated = func(_ *executor.Try, p params.Map) { shown = values(p, "x", "session_id") }
	if c := b.run(t, params.Of("n", 1), typeOp.Set("x", "${n}")); c.Kind != engine.Succeed || c.Result != nil {
		t.Errorf("got %+v", c)
	}
	if want := `{"x":"1","session_id":5}`; shown != want {
		t.Errorf("shown %s, want %s", shown, want)
	}
	if c := b.run(t, params.Map{}, typeOp.Set("x", "${undefined}")); c.Kind != engine.Fail {
		t.Errorf("a definition that does not evaluate: %+v", c)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
		before, err := task.Output.(process.FileWriter).File()
		if before == nil || err != nil {
			t.Errorf("no file though no secret was read: %v", err)
		}
		value, err := task.Secrets.Secret(ctx, "key")
		if err != nil {
			return err
		}
		after, err := task.Output.(process.FileWriter).File()
		if after != nil || err != nil {
			t.Errorf("a file though a secret was read: %v, %v", after, err)
		}
		_, _ = io.WriteString(task.Output, "user s3c")
		_, _ = io.WriteString(task.Output, "ret "+value[:3])
		return &operator.Error{Message: "refused " + value, Props: params.Of("list", []any{params.Of("x", value)}, "n", 1)}
	}))
	c := b.run(t, params.Map{}, typeOp)
	wantError(t, c, `{"message":"refused ***","list":[{"x":"***"}],"n":1}`)
	if got := b.printed(t); got != "user *** s3c" {
		t.Errorf("printed %q", got)
	}
}

func TestSecretsHaveTheNamesThatTheTaskGives(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
		value, err := task.Secrets.Secret(ctx, "pg.password")
		if value != "0ther" || err != nil || task.Params.Has("_secrets") {
			t.Errorf("got %q, %v, %v", value, err, task.Params)
		}
		_, err = task.Secrets.Secret(ctx, "missing")
		return err
	}))
	c := b.run(t, params.Of("_secrets", params.Of("pg", params.Of("password", "other"))), typeOp)
	wantError(t, c, `{"message":"secret not found"}`)
	wantError(t, b.run(t, params.Map{}, typeOp.Set("_secrets", "text")),
		`{"message":"Expected object type for key '_secrets' but got \"text\" (string) (config)"}`)
	none := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
		_, err := task.Secrets.Secret(ctx, "key")
		return err
	}))
	none.info.Secrets = nil
	wantError(t, none.run(t, params.Map{}, typeOp), `{"message":"secret not found"}`)
}

func TestWithoutLogsOutputIsDiscarded(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(_ context.Context, task *operator.Task) error {
		f, err := task.Output.(process.FileWriter).File()
		if f != nil || err != nil {
			t.Errorf("got a file: %v, %v", f, err)
		}
		_, err = io.WriteString(task.Output, "text")
		return err
	}))
	b.Logs = nil
	if c := b.run(t, params.Map{}, typeOp); c.Kind != engine.Succeed {
		t.Errorf("got %+v", c)
	}
}

func TestJobsOfLightOperatorsAreLight(t *testing.T) {
	t.Parallel()
	light := operator.Spec{Name: "light", Operator: &seen{}, Light: true}
	a := newBench(t, light, returns("op", operator.Result{}, nil))
	for name, want := range map[string]bool{"light": true, "op": false, "unknown": false} {
		job := a.Open(a.info).Job(&engine.Effect{Task: 3, Try: 2, Name: "+a", Node: &workflow.Node{Operator: name}})
		if job.Light != want || job.ID.String() != "7/3/2" || job.Task != "+a" {
			t.Errorf("%s: got %+v", name, job)
		}
	}
}

// A light task that may have to wait in its place is not light.
func TestParameterThatHoldsASlot(t *testing.T) {
	t.Parallel()
	a := newBench(t, operator.Spec{Name: "wait", Operator: &seen{}, Light: true, Holds: "blocking"})
	for _, tt := range []struct {
		scope, config params.Map
		want          bool
	}{
		{params.Map{}, params.Map{}, true},
		{params.Map{}, params.Of("blocking", true), false},
		{params.Map{}, params.Of("blocking", "${b}"), false},
		{params.Of("blocking", true), params.Map{}, false},
		{params.Of("blocking", true), params.Of("blocking", false), true},
		{params.Map{}, params.Of("blocking", "false"), true},
	} {
		job := a.Open(a.info).Job(&engine.Effect{Scope: tt.scope, Node: &workflow.Node{Operator: "wait", Config: tt.config}})
		if job.Light != tt.want {
			t.Errorf("%v below %v: light is %v", tt.config, tt.scope, job.Light)
		}
	}
}

// Only what really runs begins.
func TestBeganIsCalledForTriesThatRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("op", operator.Result{}, nil))
	var began []model.TryID
	b.Began = func(t *executor.Try) { began = append(began, t.ID) }
	b.run(t, params.Map{}, typeOp)
	b.Before = func(*executor.Try) (*engine.Result, bool) { return nil, true }
	b.run(t, params.Map{}, typeOp)
	if want := []model.TryID{{Attempt: 7, Task: 12, Try: 1}}; !slices.Equal(began, want) {
		t.Errorf("began %v, want %v", began, want)
	}
}

func TestFailureIsExplained(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"":                      `{"message":"no"}`,
		"f.dig:1:1: no, s3cret": `{"message":"no","reason":"f.dig:1:1: no, ***"}`,
	} {
		b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(ctx context.Context, t *operator.Task) (operator.Result, error) {
			_, _ = t.Secrets.Secret(ctx, "key")
			return operator.Result{}, errors.New("no")
		})})
		b.Explain = func(t *executor.Try, err error) string {
			if t.Node.Operator != "op" || err.Error() != "no" {
				return "asked about another failure"
			}
			return reason
		}
		wantError(t, b.run(t, params.Map{}, typeOp), want)
	}
}

func TestWhatIsTooLongForMessagesFailsTheTry(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for name, r := range map[string]operator.Result{
		"topic of a record": {Records: []operator.Record{{Topic: long}}},
		"headers":           {Records: []operator.Record{{Topic: "t", Headers: params.Of("h", long)}}},
		"topic of a key":    {Wait: &operator.Wait{Keys: []operator.Key{{Topic: long, Param: "p"}}}},
		"name of a key":     {Wait: &operator.Wait{Keys: []operator.Key{{Topic: "t", Param: long}}}},
		"value of a key":    {Wait: &operator.Wait{Keys: []operator.Key{{Topic: "t", Param: "p", Value: long}}}},
		"many keys":         {Wait: &operator.Wait{Keys: slices.Repeat([]operator.Key{{Topic: "t", Param: "p"}}, model.MaxKeys+1)}},
	} {
		b := newBench(t, returns("op", r, nil))
		if done := b.run(t, params.Map{}, typeOp); done.Kind != engine.Fail {
			t.Errorf("%s: the outcome is %+v", name, done)
		}
	}
}

func TestRecordsCarryTheTraceOfTheirTry(t *testing.T) {
	t.Parallel()
	sent := []operator.Record{{Topic: "t"}, {Topic: "t", Headers: params.Of("Traceparent", "own", "h", "x")}}
	b := newBench(t, returns("op", operator.Result{Records: sent}, nil))
	headers := func(done engine.Command) (list []string) {
		for _, r := range done.Result.Records {
			list = append(list, string(params.AppendJSON(nil, r.Headers)))
		}
		return list
	}
	try := b.try(params.Map{}, typeOp)
	try.Message = &engine.Message{Trace: "00-message"}
	done, _ := try.Run(t.Context()).(engine.Command)
	if diff := cmp.Diff([]string{`{"traceparent":"00-message"}`, `{"Traceparent":"own","h":"x"}`}, headers(done)); diff != "" {
		t.Errorf("of a message: %s", diff)
	}
	b.info.Watch = func(*executor.Try) ([]string, func(engine.Command)) {
		return []string{"TRACEPARENT=00-span"}, func(engine.Command) {}
	}
	if got := headers(b.run(t, params.Map{}, typeOp)); got[0] != `{"traceparent":"00-span"}` {
		t.Errorf("of a span: %s", got)
	}
}
