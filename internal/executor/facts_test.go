package executor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

func write(t *operator.Task, text string) error {
	return os.WriteFile(t.Facts.File(), []byte(text), 0o600)
}

func TestFactsAreToldHoweverTheTryEnds(t *testing.T) {
	t.Parallel()
	made := engine.Fact{Kind: engine.ProductMade, Data: params.Of("product", "p")}
	broken := engine.Fact{Kind: engine.Expected, Data: params.Of("expectation", "e", "ok", false, "severity", "error")}
	failure := func(kv ...any) *engine.Failure { return &engine.Failure{Error: params.Of(kv...)} }
	for name, tc := range map[string]struct {
		does func(*operator.Task) error
		want engine.Command
	}{
		"in Go": {func(t *operator.Task) error { return t.Facts.Tell(operator.Fact{Product: "p"}) },
			engine.Command{Kind: engine.Succeed, Facts: []engine.Fact{made}}},
		"by a program": {func(t *operator.Task) error { return write(t, `{"product": "p"}`) },
			engine.Command{Kind: engine.Succeed, Facts: []engine.Fact{made}}},
		"before it fails": {func(t *operator.Task) error { return errors.Join(write(t, `{"product": "p"}`), errors.New("oops")) },
			engine.Command{Kind: engine.Fail, Facts: []engine.Fact{made}, Failure: failure("message", "oops")}},
		"before a panic": {func(t *operator.Task) error {
			if err := write(t, `{"product": "p"}`); err != nil {
				return err
			}
			panic(errors.New("oops"))
		}, engine.Command{Kind: engine.Fail, Facts: []engine.Fact{made}}},
		"with one that must hold": {func(t *operator.Task) error {
			return t.Facts.Tell(operator.Fact{Expectation: "e", Severity: facts.Error})
		}, engine.Command{Kind: engine.Fail, Facts: []engine.Fact{broken},
			Failure: failure("message", "what is expected does not hold: e (expectation)", "expectation", "e")}},
		"with what is none": {func(t *operator.Task) error { return write(t, "{\"product\": \"p\"}\n{}") },
			engine.Command{Kind: engine.Fail, Facts: []engine.Fact{made},
				Failure: failure("message", "line 2 of PAWL_FACTS: a fact needs the key of a product or the name of an expectation (config)")}},
		"and one that waits": {func(t *operator.Task) error { return t.Facts.Tell(operator.Fact{Product: "p"}) }, engine.Command{Kind: engine.WaitFor, Facts: []engine.Fact{made}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(_ context.Context, task *operator.Task) (operator.Result, error) {
				var r operator.Result
				if tc.want.Kind == engine.WaitFor {
					r.Wait = &operator.Wait{Until: task.Now()}
				}
				return r, tc.does(task)
			})})
			b.Scratch = func() (string, error) { return dir, nil }
			got := b.try(params.Map{}, typeOp).Run(t.Context()).(engine.Command)
			if tc.want.Failure == nil {
				got.Failure = nil
			}
			got.Wait = nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestFactsInNoFileFailTheTry(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(_ context.Context, task *operator.Task) error { return os.Mkdir(task.Facts.File(), 0o700) }))
	dir := t.TempDir()
	b.Scratch = func() (string, error) { return dir, nil }
	wantError(t, b.run(t, params.Map{}, typeOp), `{"message":"PAWL_FACTS is to be a file, and is none (config)"}`)
}

// Products of what is not as expected must not count as up to date.
func TestProductsOfABrokenExpectationDontCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(_ context.Context, task *operator.Task) error {
		return write(task, `{"expectation": "e", "ok": false, "severity": "error"}`)
	}))
	dir := t.TempDir()
	b.Scratch = func() (string, error) { return dir, nil }
	ended := &ending{}
	b.Products = ended
	try := b.try(params.Map{}, typeOp)
	try.Node.Products = []workflow.Product{{Type: "file"}}
	if got := try.Run(t.Context()).(engine.Command); got.Kind != engine.Fail || ended.err == nil {
		t.Errorf("the keeper was told %v, and the try ended with %+v", ended.err, got)
	}
}

// ending notes how what makes products has ended.
type ending struct{ err error }

func (e *ending) Make(_ context.Context, _ *operator.Task, run func(engine.Verdict) (operator.Result, error)) (r operator.Result, v *engine.Verdict, err error) {
	r, e.err = run(engine.Verdict{})
	return r, nil, e.err
}

func TestSecretsInFactsAreHidden(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
		secret, err := task.Secrets.Secret(ctx, "other")
		return errors.Join(err, task.Facts.Tell(operator.Fact{Product: "p", Metadata: params.Of("x", secret), Tags: model.Tags{"t": secret}}))
	}))
	got := b.try(params.Map{}, typeOp).Run(t.Context()).(engine.Command)
	want := `{"product":"p","metadata":{"x":{"type":"text","value":"***"}},"tags":{"t":"***"}}`
	if len(got.Facts) != 1 || string(params.AppendJSON(nil, got.Facts[0].Data)) != want {
		t.Errorf("got %+v", got.Facts)
	}
}

func TestProgramsSayWhyTheyFail(t *testing.T) {
	t.Parallel()
	ended := &operator.Error{Message: "Command failed with code 1", Kind: "runtime"}
	for name, tc := range map[string]struct {
		text string
		err  error
		want engine.Failure
	}{
		"a label": {`{"failure": {"label": "gone", "description": "no more", "metadata": {"sku": 17}}}`, ended, engine.Failure{
			Error: params.Of("message", "gone: no more (Command failed with code 1) (runtime)", "label", "gone", "description", "no more",
				"metadata", params.Of("sku", int64(17)), "fault", "deliberate")}},
		"any error": {`{"failure": {"label": "gone"}}`, errors.New("oops"), engine.Failure{
			Error: params.Of("message", "gone (oops)", "label", "gone", "fault", "deliberate")}},
		"a retry": {`{"failure": {"message": "busy", "retry": {"after": 90, "most": 3}}}`, ended, engine.Failure{
			Error: params.Of("message", "busy (Command failed with code 1) (runtime)", "fault", "retry"), Retry: workflow.Retry{Limit: 3, Interval: 90 * time.Second}}},
		"no retry": {`{"failure": {"message": "wrong", "retry": false}}`, ended, engine.Failure{
			Error: params.Of("message", "wrong (Command failed with code 1) (runtime)", "fault", "retry")}},
		"the last": {"{\"failure\": {\"label\": \"a\"}}\n{\"failure\": {\"label\": \"b\"}}", ended, engine.Failure{
			Error: params.Of("message", "b (Command failed with code 1) (runtime)", "label", "b", "fault", "deliberate")}},
		"one taken back": {"{\"failure\": {\"label\": \"a\"}}\n{\"failure\": null}", ended, engine.Failure{
			Error: params.Of("message", "Command failed with code 1 (runtime)")}},
		"no failure": {`{"failure": {"zzzzzz": "a"}}`, nil, engine.Failure{
			Error: params.Of("message", `line 1 of PAWL_FACTS: a failure has no "zzzzzz" (config)`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(_ context.Context, task *operator.Task) (operator.Result, error) {
				if err := write(task, tc.text); err != nil {
					t.Error(err)
				}
				return operator.Result{}, tc.err
			})})
			b.Scratch = func() (string, error) { return dir, nil }
			got := b.try(params.Map{}, typeOp).Run(t.Context()).(engine.Command)
			if got.Kind != engine.Fail {
				t.Fatalf("it ended with %v", got.Kind)
			}
			if diff := cmp.Diff(tc.want, *got.Failure); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATaskThatSucceedsHasNotFailedWhateverItSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, operator.Spec{Name: "op", Operator: operator.Func(func(_ context.Context, task *operator.Task) (operator.Result, error) {
		return operator.Result{}, write(task, `{"failure": {"label": "gone"}}`)
	})})
	b.Scratch = func() (string, error) { return dir, nil }
	if got := b.try(params.Map{}, typeOp).Run(t.Context()).(engine.Command); got.Kind != engine.Succeed {
		t.Errorf("it ended with %v", got.Kind)
	}
}
