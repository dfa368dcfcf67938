package executor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

func TestOperatorGetsTheTask(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s})
	try := b.try(params.Map{}, params.Of("_type", "see", "_command", "x"))
	try.State, try.Retries = params.Of("n", 1), 2
	try.Message = &engine.Message{Topic: "t", Source: "s", Body: "b"}
	if c := try.Run(t.Context()).(engine.Command); c.Kind != engine.Succeed || c.Result != nil {
		t.Fatalf("got %+v", c)
	}
	got := fmt.Sprintln(s.ID, s.Name, s.Type, s.State, s.Retries, *s.Message, s.Zone, s.Project, s.Workdir, s.Env, s.Now())
	want := fmt.Sprintln("7/12/1", "+main+a", "see", `{"n":1}`, 2, operator.Message{Topic: "t", Source: "s", Body: "b"},
		"-08:00", "/project", "/project", "[HOME=/home]", now)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// values returns the parameters with those names.
func values(m params.Map, keys ...string) string {
	var out params.Map
	for _, k := range keys {
		if v, ok := m.Get(k); ok {
			out = out.Set(k, v)
		}
	}
	return fmt.Sprint(out)
}

func TestParametersOverrideEachOther(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s})
	b.run(t, params.Of("a", "scope", "b", "scope", "session_id", "scope", "task_name", "scope", "m", params.Of("x", 1, "y", 2)),
		params.Of("_type", "see", "b", "own", "session_time", "own", "m", params.Of("y", "own")))
	want := `{"a":"scope","b":"own","m":{"x":1,"y":"own"},"session_id":5,"session_time":"own","task_name":"+main+a"}`
	if got := values(s.Params, "a", "b", "m", "session_id", "session_time", "task_name"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := fmt.Sprint(s.Local), `{"_type":"see","b":"own","session_time":"own","m":{"x":1,"y":"own"}}`; got != want {
		t.Errorf("local: got  %s\nwant %s", got, want)
	}
}

func TestBuiltins(t *testing.T) {
	t.Parallel()
	const forms = `"last_executed_session_time":"","last_executed_session_date":"","last_executed_session_date_compact":"",` +
		`"last_executed_session_local_time":"","last_executed_session_tz_offset":"-0800","last_executed_session_unixtime":""`
	const session = `"session_time":"2016-01-30T00:00:00-08:00","session_date":"2016-01-30","session_date_compact":"20160130",` +
		`"session_local_time":"2016-01-30 00:00:00","session_tz_offset":"-0800","session_unixtime":1454140800,`
	const ids = `{"timezone":"-08:00","project_id":3,"session_id":5,"attempt_id":7,"session_uuid":"u-u","task_name":"+main+a",`
	for name, tt := range map[string]struct {
		change func(*executor.AttemptInfo)
		want   string
	}{
		"of a first attempt":        {func(*executor.AttemptInfo) {}, session + forms},
		"of a named attempt":        {func(i *executor.AttemptInfo) { i.Name = "again" }, session + `"retry_attempt_name":"again",` + forms},
		"of a session without time": {func(i *executor.AttemptInfo) { i.SessionTime = time.Time{} }, forms},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s seen
			b := newBench(t, operator.Spec{Name: "see", Operator: &s})
			tt.change(&b.info)
			b.run(t, params.Map{}, params.Of("_type", "see"))
			if got, want := fmt.Sprint(s.Params), ids+tt.want+`,"_type":"see"}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestSessionTimesAroundAreDerived(t *testing.T) {
	t.Parallel()
	given := params.Of(
		"last_session_time", "2016-01-29T00:00:00-08:00", "next_session_time", "never",
		"last_executed_session_time", "2016-01-28T00:00:00-08:00",
	)
	keys := []string{
		"last_session_time", "last_session_date", "last_session_unixtime", "next_session_time", "next_session_date",
		"last_executed_session_time", "last_executed_session_date",
	}
	for name, tt := range map[string]struct {
		attempt, scope params.Map
		want           string
	}{
		"from the attempt's parameters": {given, given, `{"last_session_time":"2016-01-29T00:00:00-08:00",` +
			`"last_session_date":"2016-01-29","last_session_unixtime":1454054400,"next_session_time":"never",` +
			`"last_executed_session_time":"2016-01-28T00:00:00-08:00","last_executed_session_date":"2016-01-28"}`},
		"from an export": {params.Map{}, given.Set("next_session_time", "2016-02-01T00:00:00Z"),
			`{"last_session_time":"2016-01-29T00:00:00-08:00","last_session_date":"2016-01-29",` +
				`"last_session_unixtime":1454054400,"next_session_time":"2016-02-01T00:00:00Z","next_session_date":"2016-01-31",` +
				`"last_executed_session_time":"2016-01-28T00:00:00-08:00","last_executed_session_date":"2016-01-28"}`},
		"from nothing": {params.Map{}, params.Map{},
			`{"last_executed_session_time":"","last_executed_session_date":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s seen
			b := newBench(t, operator.Spec{Name: "see", Operator: &s})
			b.info.Params = tt.attempt
			b.run(t, tt.scope, params.Of("_type", "see"))
			if got := values(s.Params, keys...); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Tries of one attempt have different scopes, and what was laid out for one
// must not reach another.
func TestScopesDoNotMix(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s})
	a := b.Open(b.info)
	var large params.Map
	for i := range 100 {
		large = large.Set(fmt.Sprint("k", i), int64(i))
	}
	for _, scope := range []params.Map{
		params.Of("a", 1), params.Of("a", 1), params.Of("a", 2, "last_session_time", "2016-01-29T00:00:00Z"), {}, large.Set("session_id", "x"),
	} {
		for range 2 {
			a.Job(&engine.Effect{Task: 12, Try: 1, Name: "+t", Scope: scope, Node: &workflow.Node{Operator: "see"}}).Work.Run(t.Context())
			all := s.Params
			want, _ := scope.Get("a")
			got, _ := all.Get("a")
			id, _ := all.Get("session_id")
			if got != want || id != int64(5) || all.Has("last_session_date") != scope.Has("last_session_time") || all.Has("k99") != scope.Has("k99") {
				t.Errorf("scope %.30v: got %v", scope, all)
			}
		}
	}
}

func TestExpressionsSeeEverything(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s})
	b.run(t, params.Of("x", "${session_date}", "_error", "${undefined}"),
		params.Of("_type", "see", "_command", "${x}", "who", "${task_name}", "_do", "${undefined}", "_check", "${undefined}"))
	want := `{"_command":"${session_date}","who":"+main+a","x":"2016-01-30","_do":"${undefined}"}`
	if got := values(s.Params, "_command", "who", "x", "_do", "_error", "_check"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := fmt.Sprint(s.Local), `{"_type":"see","_command":"${session_date}","who":"+main+a","_do":"${undefined}"}`; got != want {
		t.Errorf("local: got  %s\nwant %s", got, want)
	}
}

func TestFailedEvaluationFailsTheTryForGood(t *testing.T) {
	t.Parallel()
	b := newBench(t, operator.Spec{Name: "see", Operator: &seen{}, Keys: []string{}})
	for _, scope := range []params.Map{{}, params.Of("unrelated", "${undefined}")} {
		c := b.run(t, scope, params.Of("_type", "see", "_command", "${undefined}", "_retry", 3))
		wantError(t, c, `{"message":"Failed to evaluate a variable ${undefined} (config)"}`)
		if c.Failure.Retry != (workflow.Retry{}) {
			t.Errorf("it is to be tried again: %v", c.Failure.Retry)
		}
	}
}

func TestOperatorIsTheTypeInTheConfiguration(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("a", operator.Result{Store: params.Of("was", "a")}, nil), returns("b", operator.Result{Store: params.Of("was", "b")}, nil))
	for want, local := range map[string]params.Map{
		"a": params.Of("_type", "${which}"),
		"b": params.Of("x", 1),
	} {
		try := b.try(params.Of("which", "a", "_type", "elsewhere"), local)
		try.Node = &workflow.Node{Operator: "b", Config: local}
		c := try.Run(t.Context()).(engine.Command)
		if got := fmt.Sprint(c.Result.Store); got != `{"was":"`+want+`"}` {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestUnknownOperatorNamesTheNearest(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("echo", operator.Result{}, nil), returns("sh", operator.Result{}, nil))
	wantError(t, b.run(t, params.Map{}, params.Of("_type", "ehco")), `{"message":"unknown operator \"ehco\"; did you mean \"echo\"? (config)"}`)
	wantError(t, b.run(t, params.Map{}, params.Of("_type", "zzzzzz")), `{"message":"unknown operator \"zzzzzz\" (config)"}`)
}

func TestCollectionRunsItsSource(t *testing.T) {
	t.Parallel()
	b := newBench(t, returns("list", operator.Result{Items: []any{int64(1), int64(2)}}, nil))
	try := b.try(params.Map{}, params.Map{})
	try.Node = &workflow.Node{Each: &workflow.Each{Source: "list", Config: params.Of("x", 1)}}
	if c := try.Run(t.Context()).(engine.Command); c.Kind != engine.Succeed || len(c.Result.Items) != 2 {
		t.Errorf("got %+v", c)
	}
}

func TestNestedDefaults(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s, Defaults: "aws.s3"})
	scope := params.Of("aws", params.Of("s3", params.Of("host", "default", "port", 1, "tls", params.Of("a", 1, "b", 2), "own", "default")), "port", 2)
	b.run(t, scope, params.Of("_type", "see", "own", nil, "tls", params.Of("b", 3)))
	if got, want := values(s.Params, "host", "port", "tls", "own"), `{"host":"default","port":2,"tls":{"b":3,"a":1},"own":null}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s.Local.Has("host") {
		t.Error("defaults are among the task's own parameters")
	}
	b.run(t, params.Of("aws", "text"), params.Of("_type", "see"))
	if s.Params.Has("host") {
		t.Error("defaults come from nowhere")
	}
}

// An operator that says what it reads may get no more than that, but never
// less.
func TestOperatorFindsTheKeysThatItReads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keys         []string
		scope, local params.Map
		want         string
	}{
		"its command":             {[]string{}, params.Of("x", 1), params.Of("_command", "c"), `{"_command":"c"}`},
		"its own":                 {[]string{"k"}, params.Of("k", "scope"), params.Of("k", "own"), `{"k":"own"}`},
		"an exported one":         {[]string{"k"}, params.Of("k", "scope"), params.Map{}, `{"k":"scope"}`},
		"a built-in one":          {[]string{"session_id"}, params.Map{}, params.Map{}, `{"session_id":5}`},
		"the task's name":         {[]string{"task_name"}, params.Map{}, params.Map{}, `{"task_name":"+main+a"}`},
		"one that refers to more": {[]string{"k"}, params.Of("x", "y"), params.Of("k", "${x}"), `{"k":"y"}`},
		"one that nobody set":     {[]string{"k"}, params.Map{}, params.Map{}, `{}`},
		"any if it does not say":  {nil, params.Of("k", 1), params.Map{}, `{"k":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s seen
			b := newBench(t, operator.Spec{Name: "see", Operator: &s, Keys: tt.keys})
			b.run(t, tt.scope, tt.local.Set("_type", "see"))
			read := append([]string{"_command"}, tt.keys...)
			if tt.keys == nil {
				read = []string{"k"}
			}
			if got := values(s.Params, read...); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnusedParametersAreReported(t *testing.T) {
	t.Parallel()
	b := newBench(t, operator.Spec{Name: "see", Operator: &seen{}, Keys: []string{"timeout", "method"}}, operator.Spec{Name: "any", Operator: &seen{}})
	local := params.Of("_type", "see", "_command", "x", "method", 1, "timeuot", 2, "zzzzzzzz", 3, "_retyr", 4, "_retry", 0, "_env", params.Of())
	b.run(t, params.Of("exported", 1), local)
	const want = "WARN  pawl: Parameter 'timeuot' is not used at task +main+a.\n  |   > Did you mean 'timeout'?\n" +
		"WARN  pawl: Parameter 'zzzzzzzz' is not used at task +main+a.\n" +
		"WARN  pawl: Parameter '_retyr' is not used at task +main+a.\n  |   > Did you mean '_retry'?"
	if got := b.printed(t); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	again := b.try(params.Map{}, local)
	again.ID.Try = 2
	again.Run(t.Context())
	other := newBench(t, operator.Spec{Name: "any", Operator: &seen{}})
	other.run(t, params.Map{}, params.Of("_type", "any", "x", 1))
	lines, err := b.logs.Tail(again.ID, again.Name, 10)
	if len(lines) != 0 || err != nil || other.printed(t) != "" {
		t.Errorf("a second try prints %q, %v; an operator that may read any key %q", lines, err, other.printed(t))
	}
}

func TestWorkdir(t *testing.T) {
	t.Parallel()
	var s seen
	b := newBench(t, operator.Spec{Name: "see", Operator: &s, Keys: []string{}})
	b.info.Workdir = "/project/default"
	for in, want := range map[string]string{
		"": "/project/default", "a/b": "/project/a/b", ".": "/project", "a/../b": "/project/b", "/project/a/": "/project/a",
	} {
		if c := b.run(t, params.Of("_workdir", in), params.Of("_type", "see")); c.Kind != engine.Succeed || s.Workdir != want {
			t.Errorf("%q: got %s, want %s", in, s.Workdir, want)
		}
	}
	for _, in := range []string{"..", "a/../../b", "/other", "/project2", "/"} {
		wantError(t, b.run(t, params.Map{}, params.Of("_type", "see", "_workdir", in)),
			fmt.Sprintf(`{"message":"_workdir \"%s\" must not be outside of project path (config)"}`, in))
	}
}

func TestWithoutAnEvaluatorParametersStandAsTheyAre(t *testing.T) {
	t.Parallel()
	op := &seen{}
	b := newBench(t, operator.Spec{Name: "op", Operator: op})
	b.info.Evaluator = nil
	own := typeOp.Set("text", "echo ${HOME}").Set("map", params.Of("a", 1))
	b.run(t, params.Of("given", "${x}", "map", params.Of("b", 2)), own)
	for key, want := range map[string]string{"given": "${x}", "text": "echo ${HOME}"} {
		if got, err := op.Params.String(key); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", key, got, err, want)
		}
	}
	if !op.Local.Equal(own) {
		t.Errorf("its own are %v, want %v", op.Local, own)
	}
}
