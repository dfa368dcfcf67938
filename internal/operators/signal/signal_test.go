package signal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/signal"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var now = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

// task returns a task with the given parameters of its own.
func task(name string, kv ...any) *operator.Task {
	return &operator.Task{
		Type: name, Local: params.Of(kv...), Now: func() time.Time { return now },
		Services: operator.Services{Messages: true},
	}
}

func lookup(t *testing.T, name string) operator.Spec {
	t.Helper()
	var r operator.Registry
	r.Register(signal.Specs()...)
	spec, ok := r.Lookup(name)
	if !ok {
		t.Fatalf("there is no operator %s", name)
	}
	return spec
}

func run(t *testing.T, task *operator.Task) (operator.Result, error) {
	t.Helper()
	return lookup(t, task.Type).Operator.Run(t.Context(), task)
}

// done runs a task that is to end well.
func done(t *testing.T, task *operator.Task) operator.Result {
	t.Helper()
	r, err := run(t, task)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b params.Map) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWaitListensToItsKeys(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key  any
		more []any
		want []operator.Key
	}{
		"a text":          {params.Of("id", "a"), nil, []operator.Key{{Topic: "orders", Param: "id", Value: `"a"`}}},
		"a number":        {params.Of("id", 17), nil, []operator.Key{{Topic: "orders", Param: "id", Value: `"17"`}}},
		"typed":           {params.Of("id", "17"), []any{"json_key", true}, []operator.Key{{Topic: "orders", Param: "id", Value: `17`}}},
		"typed, a text":   {params.Of("id", "{}"), []any{"json_key", true}, []operator.Key{{Topic: "orders", Param: "id", Value: `"{}"`}}},
		"a list":          {params.Of("id", []any{"a", true}), nil, []operator.Key{{Topic: "orders", Param: "id", Value: `"a"`}, {Topic: "orders", Param: "id", Value: `"true"`}}},
		"several, as one": {params.Of("a", 1, "b", 2), []any{"one", true}, []operator.Key{{Topic: "orders", Param: "a", Value: `"1"`, One: true}, {Topic: "orders", Param: "b", Value: `"2"`, One: true}}},
		"from now on":     {params.Of("id", []any{"a", "b"}), []any{"early", "drop"}, []operator.Key{{Topic: "orders", Param: "id", Value: `"a"`, Fresh: true}, {Topic: "orders", Param: "id", Value: `"b"`, Fresh: true}}},
		"from before on":  {params.Of("id", "a"), []any{"early", "keep"}, []operator.Key{{Topic: "orders", Param: "id", Value: `"a"`}}},
		"of JSON text":    {`{"id":"a"}`, nil, []operator.Key{{Topic: "orders", Param: "id", Value: `"a"`}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := done(t, task("wait_signal", append([]any{"_command", "orders", "key", tt.key}, tt.more...)...))
			if r.Wait == nil {
				t.Fatal("it does not wait")
			}
			same(t, tt.want, r.Wait.Keys)
			if !r.Wait.Until.IsZero() {
				t.Errorf("until %v without a timeout", r.Wait.Until)
			}
		})
	}
}

func TestWaitSaysWhatFor(t *testing.T) {
	t.Parallel()
	r := done(t, task("wait_signal", "_command", "orders", "key", params.Of("a", 1, "b", "x")))
	if want := `for a message on orders with a="1" or b="x"`; r.Wait.Reason != want {
		t.Errorf("got %s, want %s", r.Wait.Reason, want)
	}
}

func TestMessageEndsTheWait(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"signal", "answer"} {
		w := task("wait_signal", "_command", "orders", "key", params.Of("id", "a"), "store", name, "timeout", "1s")
		w.Message = &operator.Message{Topic: "orders", Body: params.Of("ok", true)}
		w.State = params.Of("wait_until_millis", now.Add(-time.Hour).UnixMilli())
		same(t, operator.Result{Store: params.Of(name, params.Of("ok", true))}, done(t, w))
	}
}

func TestWaitKeepsItsTime(t *testing.T) {
	t.Parallel()
	w := task("wait_signal", "_command", "orders", "key", params.Of("id", "a"), "timeout", "1h")
	first := done(t, w).Wait
	if want := now.Add(time.Hour); !first.Until.Equal(want) {
		t.Fatalf("until %v, want %v", first.Until, want)
	}
	w.State, w.Now = first.State, func() time.Time { return now.Add(20 * time.Minute) }
	if again := done(t, w).Wait; !again.Until.Equal(first.Until) || len(again.Keys) != 1 {
		t.Errorf("run again: until %v with %v", again.Until, again.Keys)
	}
	short := done(t, task("wait_signal", "_command", "orders", "key", params.Of("id", "a"), "timeout", "0s")).Wait
	if want := now.Add(time.Second); !short.Until.Equal(want) {
		t.Errorf("without time: until %v, want %v", short.Until, want)
	}
}

func TestWaitIsLate(t *testing.T) {
	t.Parallel()
	const message = "no message came on orders within 1h0m0s"
	late := func(kv ...any) *operator.Task {
		w := task("wait_signal", append([]any{"_command", "orders", "key", params.Of("id", "a"), "timeout", "1h"}, kv...)...)
		w.State = params.Of("wait_until_millis", now.UnixMilli())
		return w
	}
	_, err := run(t, late())
	var failure *operator.Error
	if !errors.As(err, &failure) || failure.Message != message || failure.State.Len() > 0 {
		t.Errorf("got %v, want %q without state", err, message)
	}
	same(t, operator.Result{Skip: message}, done(t, late("on_timeout", "skip")))
	same(t, operator.Result{Store: params.Of("signal", nil)}, done(t, late("on_timeout", "continue")))
}

func TestSendSendsARecord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		own  []any
		want operator.Record
	}{
		{[]any{"value", "x"}, operator.Record{Value: "x"}},
		{[]any{"value", nil}, operator.Record{}},
		{[]any{"key", 7, "value", params.Of("a", 1)}, operator.Record{Key: "7", Value: params.Of("a", 1)}},
		{[]any{"value", `{"a":[1]}`}, operator.Record{Value: params.Of("a", []any{int64(1)})}},
		{[]any{"value", "[1"}, operator.Record{Value: "[1"}},
		{[]any{"value", "17"}, operator.Record{Value: "17"}},
		{[]any{"value", 1, "headers", params.Of("n", 7, "list", []any{"a", true})},
			operator.Record{Value: int64(1), Headers: params.Of("n", "7", "list", []any{"a", "true"})}},
	} {
		tt.want.Topic = "out"
		for _, name := range []string{"send", "kafka"} {
			r := done(t, task(name, append([]any{"_command", "out"}, tt.own...)...))
			same(t, operator.Result{Records: []operator.Record{tt.want}}, r)
		}
	}
}

func TestThereIsNobodyToTalkToWithoutAServer(t *testing.T) {
	t.Parallel()
	for _, w := range []*operator.Task{
		task("wait_signal", "_command", "orders", "key", params.Of("id", "a")), task("send", "_command", "out", "value", 1),
	} {
		w.Services = operator.Services{}
		if _, err := run(t, w); !errors.Is(err, operator.ErrNotServed) {
			t.Errorf("%s: %v", w.Type, err)
		}
		if !lookup(t, w.Type).Served {
			t.Errorf("%s does not say that it needs a server", w.Type)
		}
	}
}

// What is wrong is found by a look at the task, as by its run.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	key := params.Of("id", "a")
	for _, tt := range []struct {
		operator string
		own      params.Map
		want     string
	}{
		{"wait_signal", params.Of("key", key), "_command: Parameter '_command' is required but not set"},
		{"wait_signal", params.Of("_command", "", "key", key), "_command: a topic needs a name"},
		{"wait_signal", params.Of("_command", "t"), "key: Parameter 'key' is required but not set"},
		{"wait_signal", params.Of("_command", "t", "key", "17"), "key: Expected object type for key 'key'"},
		{"wait_signal", params.Of("_command", "t", "key", params.Of()), "key: key names nothing to wait for"},
		{"wait_signal", params.Of("_command", "t", "key", params.Of("id", nil)), `key: key "id" must be a text, a number or a boolean, or a list of them, not null`},
		{"wait_signal", params.Of("_command", "t", "key", params.Of("id", []any{[]any{1}})), `key: key "id" must be a text, a number or a boolean, or a list of them, not [1]`},
		{"wait_signal", params.Of("_command", "t", "key", key, "one", "perhaps"), "key: Expected 'true' or 'false' for key 'one'"},
		{"wait_signal", params.Of("_command", "t", "key", key, "json_key", "x"), "key: Expected 'true' or 'false' for key 'json_key'"},
		{"wait_signal", params.Of("_command", "t", "key", key, "early", "jump"), `early: early is "jump"`},
		{"wait_signal", params.Of("_command", "t", "key", key, "timeout", 10), `timeout: invalid duration "10"`},
		{"wait_signal", params.Of("_command", "t", "key", key, "timeout", "1h", "on_timeout", "stop"), `timeout: on_timeout is "stop"`},
		{"wait_signal", params.Of("_command", "t", "key", key, "on_timeout", "skip"), "timeout: on_timeout needs a timeout"},
		{"wait_signal", params.Of("_command", "t", "key", key, "store", ""), "store: store needs a name"},
		{"send", params.Of("value", 1), "_command: Parameter '_command' is required but not set"},
		{"send", params.Of("_command", "t"), "value: value is missing"},
		{"send", params.Of("_command", "t", "value", 1, "key", key), "key: Expected string type for key 'key'"},
		{"send", params.Of("_command", "t", "value", 1, "headers", 3), "headers: Expected object type for key 'headers'"},
		{"send", params.Of("_command", "t", "value", 1, "headers", params.Of("h", key)), `headers: header "h" must be a text`},
	} {
		place, message, _ := strings.Cut(tt.want, ": ")
		d := operator.Draft{Type: tt.operator, Local: tt.own}
		lookup(t, tt.operator).Check(&d)
		if len(d.Problems) != 1 || d.Problems[0].Key != place || !strings.Contains(d.Problems[0].Err.Error(), message) {
			t.Errorf("%s %v: found %v, want %s", tt.operator, tt.own, d.Problems, tt.want)
		}
		w := task(tt.operator)
		w.Local = tt.own
		if _, err := run(t, w); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s %v: got %v, want %s", tt.operator, tt.own, err, message)
		}
	}
}

func TestExpressionsAreNoMistakes(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]params.Map{
		"wait_signal": params.Of("_command", "${t}", "key", params.Of("id", "${id}"), "one", "${x}", "timeout", "${d}", "on_timeout", "skip", "store", "${s}"),
		"send":        params.Of("_command", "${t}", "key", "${k}", "value", params.Of("a", "${v}"), "headers", "${h}"),
	} {
		d := operator.Draft{Type: name, Local: own}
		if lookup(t, name).Check(&d); len(d.Problems) > 0 {
			t.Errorf("%s: found %v", name, d.Problems)
		}
	}
}
