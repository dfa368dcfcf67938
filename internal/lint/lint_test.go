package lint_test

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// registry has an operator that reads nothing, one that may read anything, one
// that repeats its body, and one that finds what it is told to find.
func registry() *operator.Registry {
	var r operator.Registry
	nothing := operator.Func(nil)
	r.Register(
		operator.Spec{Name: "nop", Operator: nothing, Keys: []string{}},
		operator.Spec{Name: "notify", Operator: nothing, Keys: []string{}},
		operator.Spec{Name: "sh", Operator: nothing},
		operator.Spec{Name: "loop", Operator: nothing, Keys: []string{"_do"}},
		operator.Spec{Name: "if", Operator: nothing, Keys: []string{"_do"}},
		operator.Spec{Name: "call", Operator: nothing, Keys: []string{}, Check: func(d *operator.Draft) {
			file, _ := d.Text("_command")
			d.Calls = append(d.Calls, path.Join(d.Workdir, file))
		}},
		operator.Spec{Name: "find", Operator: nothing, Check: func(d *operator.Draft) {
			d.Read(func(m params.Map) error { _, err := m.Int("_command"); return err }, "_command")
			d.Read(func(m params.Map) error { _, err := m.MapAt("map"); return err }, "map")
			if d.Local.Has("fails") {
				d.Fail("fails", &operator.Error{Message: "bad", Kind: "config"})
			}
			d.Warn("odd", errors.New("odd in "+d.Workdir+" of "+strings.Join(d.Workflows, " ")))
		}},
	)
	r.Expect("pg")
	return &r
}

func TestMistakesAreFoundWhereTheyStand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text                             string
		faults, remote, unknown, slips, doubts string
	}{
		{name: "nothing", text: "+a: {nop>: }\n+b: {sh>: \"${x.y} ${secret:z} ${1+1}\", anything: 1}"},
		{name: "a text of a task", text: "+a:\n  sh>: x ${1 2}", faults: "w.dig:2:10: the expression ${1 2} is wrong: SyntaxError: Unexpected number"},
		{name: "a text deep in an export", text: "_export:\n  a:\n    b: [1, \"${)}\"]\n+a: {nop>: }",
			faults: "w.dig:3:13: the expression ${)} is wrong: SyntaxError: Unexpected token )"},
		{name: "a text of a hook", text: "+a:\n  nop>:\n  _error: {sh>: \"${)}\"}\n  _check: {sh>: \"${(}\"}",
			remote: "w.dig:3:18: the expression ${)} is wrong: SyntaxError: Unexpected token )",
			faults: "w.dig:4:18: the expression ${(} is wrong: SyntaxError: it ends too early"},
		{name: "a hook of the whole", text: "_error:\n  sh>: ${)}", remote: "w.dig:2:8: the expression ${)} is wrong: SyntaxError: Unexpected token )"},
		{name: "a long expression", text: "+a:\n  sh>: ${" + strings.Repeat("a ", 50) + "}",
			faults: "w.dig:2:8: the expression ${" + strings.Repeat("a ", 38) + "a... is wrong: SyntaxError: Unexpected identifier"},
		{name: "an expression that is open", text: "+a:\n  sh>: a ${b", doubts: "w.dig:2:10: no brace closes the expression: it is taken as text"},
		{name: "a body in a body", text: "+a:\n  loop>: 1\n  _do:\n    loop>: 2\n    _do:\n      +b:\n        ech>:\n        x: ${)}",
			unknown: "w.dig:7:9: unknown operator \"ech\"",
			faults:  "w.dig:8:12: the expression ${)} is wrong: SyntaxError: Unexpected token )"},
		{name: "a choice", text: "+a:\n  if>: true\n  _do: {sh>: \"${)}\"}\n+b:\n  loop>: ${n}\n  _do: {sh>: \"${)}\"}",
			remote: "w.dig:3:15: the expression ${)} is wrong: SyntaxError: Unexpected token )\n" +
				"w.dig:6:15: the expression ${)} is wrong: SyntaxError: Unexpected token )"},
		{name: "misspelt directives of an operator that may read any key", text: "+a:\n  sh>: x\n  _eror: {nop>: }\n  _chek: {nop>: }\n  _retri: 3",
			slips: "w.dig:3:3: sh> does not read \"_eror\"\nw.dig:4:3: sh> does not read \"_chek\"\nw.dig:5:3: sh> does not read \"_retri\""},
		{name: "side by side, where there is one thing only", text: "+a:\n  sh>: x\n  _parallel: true\n+b:\n  nop>:\n  _parallel: {limit: 2}\n+c:\n  nop>:\n  _parallel: false\n+d:\n  find>: 1\n  map: {}\n  _parallel: true",
			slips: "w.dig:3:3: _parallel has no effect on sh>\nw.dig:6:3: _parallel has no effect on nop>", doubts: "w.dig:11:3: odd in . of w"},
		{name: "secrets that are no mapping", text: "+a:\n  sh>: x\n  _secrets: 3\n+b:\n  sh>: x\n  _secrets: ${x}",
			faults: "w.dig:3:13: _secrets must be a mapping, not 3"},
		{name: "an operator that is expected", text: "+a:\n  pg>: x", unknown: `w.dig:2:3: pawl does not have the operator "pg" yet`},
		{name: "an operator by its type", text: "+a:\n  _type: pg", unknown: `w.dig:2:3: pawl does not have the operator "pg" yet`},
		{name: "an operator that the run decides", text: "+a:\n  _type: ${x}"},
		{name: "an option that nobody reads", text: "+a:\n  nop>:\n  _retyr: 1\n  x: 1",
			slips: "w.dig:3:3: nop> does not read \"_retyr\"", doubts: "w.dig:4:3: nop> does not read \"x\""},
		{name: "an option that an expression reads", text: "+a:\n  x: 1\n  y: [\"${x.b}\"]\n  nop>: ${y}\n  z: 1\n  w: $z",
			doubts: "w.dig:5:3: nop> does not read \"z\"\nw.dig:6:3: nop> does not read \"w\""},
		{name: "what looks like a directive", text: "+a:\n  sh>: x\n  _retyr: 1\n  _of_mine: 1", slips: `w.dig:3:3: sh> does not read "_retyr"`},
		{name: "what the operator finds", text: "+a:\n  find>: x\n  map: 1\n  odd: 1",
			faults: "w.dig:2:10: find> must be an integer, not \"x\"\nw.dig:3:8: map must be a mapping, not 1",
			doubts: "w.dig:4:8: odd in . of w"},
		{name: "what the operator fails with", text: "+a:\n  find>: 1\n  map: {}\n  fails: 1",
			faults: "w.dig:4:10: bad", doubts: "w.dig:2:3: odd in . of w"},
		{name: "what the operator misses", text: "+a:\n  find>:\n",
			faults: "w.dig:2:3: find> needs a command\nw.dig:2:3: find> needs map", doubts: "w.dig:2:3: odd in . of w"},
		{name: "a working directory", text: "_export: {_workdir: a/b}\n+a:\n  find>: 1\n  map: {}", doubts: "w.dig:3:3: odd in a/b of w"},
		{name: "a working directory of its own", text: "_export: {_workdir: a/b}\n+a:\n  find>: 1\n  map: {}\n  _workdir: ./c", doubts: "w.dig:3:3: odd in c of w"},
		{name: "a working directory that the run decides", text: "+a:\n  find>: 1\n  map: {}\n  _workdir: ${x}", doubts: "w.dig:2:3: odd in  of w"},
		{name: "a called file", text: "+a:\n  call>: sub/c.dig\n+b:\n  call>: sub/c.dig",
			remote: "sub/c.dig:2:8: the expression ${)} is wrong: SyntaxError: Unexpected token )",
			doubts: "sub/c.dig:4:3: odd in sub of w"},
		{name: "a called file that is broken", text: "+a:\n  call>: sub/broken.dig", remote: "sub/broken.dig:1:1: a task must be a mapping, not the number 1"},
		{name: "a file that calls itself", text: "+a:\n  call>: w.dig", faults: "w.dig:2:10: w.dig calls itself without end: w.dig calls w.dig"},
		{name: "a file that calls itself below a choice", text: "+a:\n  if>: ${n > 1}\n  _do:\n    call>: w.dig\n_error:\n  call>: w.dig"},
		{name: "a file that calls itself in a loop", text: "+a:\n  loop>: 2\n  _do:\n    call>: w.dig",
			doubts: "w.dig:4:12: w.dig calls itself, and only a loop without a turn ends that: w.dig calls w.dig"},
		{name: "a file that calls itself as often as the run decides", text: "+a:\n  loop>: ${n}\n  _do:\n    call>: w.dig"},
		{name: "files that call each other", text: "+a:\n  call>: sub/back.dig\n+b:\n  _disable: true\n  call>: w.dig",
			faults: "w.dig:2:10: w.dig calls itself without end: w.dig calls sub/back.dig calls w.dig",
			remote: "sub/back.dig:3:12: sub/back.dig calls itself without end: sub/back.dig calls w.dig calls sub/back.dig"},
		{name: "a time zone", text: "timezone: Mars/X\n+a: {nop>: }", faults: "w.dig:1:11: unknown time zone \"Mars/X\""},
		{name: "a schedule", text: "schedule:\n  daily>: noon\n+a: {nop>: }", faults: "w.dig:2:11: daily>: scheduler requires HH:MM:SS format: noon"},
		{name: "an option of a schedule", text: "schedule:\n  daily>: 07:00:00\n  catch_up: [1]\n+a: {nop>: }", faults: "w.dig:3:13: catch_up must be none, latest, all or a number from 1 to 1000"},
		{name: "a time of the next day", text: "schedule:\n  daily>: 25:00:00\n+a: {nop>: }",
			doubts: "w.dig:2:3: 25:00:00 is no time on a clock: it runs 25h0m0s after the session time"},
		{name: "a schedule of no day", text: "schedule:\n  cron>: 0 0 31 2 *\n+a: {nop>: }",
			doubts: "w.dig:2:3: the schedule never starts anything: no day is as it says"},
		{name: "an alarm of no day", text: "sla:\n  time: 99:00\n+a: {nop>: }", doubts: "w.dig:2:9: time must be a time of day from 00:00 to 24:00, not 99:00"},
		{name: "an alarm", text: "sla:\n  time: 99\n+a: {nop>: }", doubts: "w.dig:2:9: time must be HH:MM or HH:MM:SS, not 99"},
		{name: "an alarm without a time", text: "sla:\n  alert: true\n+a: {nop>: }", doubts: "w.dig:2:3: an sla needs a time or a duration"},
		{name: "a task that is off", text: "+a:\n  _disable: true\n  ech>: ${)}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := check(t, tt.text)
			for _, list := range []struct {
				name, want string
				got        document.Errors
			}{
				{"faults", tt.faults, got.Faults}, {"remote", tt.remote, got.Remote}, {"unknown", tt.unknown, got.Unknown},
				{"slips", tt.slips, got.Slips}, {"doubts", tt.doubts, got.Doubts},
			} {
				text := strings.ReplaceAll(list.got.Error(), "root/", "")
				if diff := cmp.Diff(list.want, text); diff != "" {
					t.Errorf("%s (-want +got):\n%s", list.name, diff)
				}
			}
		})
	}
}

func check(t *testing.T, text string) lint.Report {
	t.Helper()
	project := fstest.MapFS{
		"w.dig":          {Data: []byte(text)},
		"sub/c.dig":      {Data: []byte("+a:\n  sh>: ${)}\n+b:\n  find>: 1\n  map: {}\n")},
		"sub/broken.dig": {Data: []byte("+a: 1\n")},
		"sub/back.dig":   {Data: []byte("+a:\n  +b:\n    call>: ../w.dig\n")},
	}
	p, err := dig.LoadProject(project, "root")
	if err != nil {
		t.Fatal(err)
	}
	l := lint.Linter{Project: project, Root: "root", Workflows: p.Workflows, Operators: registry()}
	return l.Check(p.Workflows...)
}

func TestWhatNeedsAServerIsNoFaultWithOne(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{"w.dig": {Data: []byte("+a:\n  listen>: x\n")}}
	p, err := dig.LoadProject(project, "")
	if err != nil {
		t.Fatal(err)
	}
	r := registry()
	r.Register(operator.Spec{Name: "listen", Operator: operator.Func(nil), Served: true})
	for _, local := range []bool{false, true} {
		l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: r, Local: local}
		faults := l.Check(p.Workflows...).Faults
		if local && (len(faults) != 1 || faults[0].Line != 2 || faults[0].Message != operator.ErrNotServed.Error()) || !local && len(faults) > 0 {
			t.Errorf("local is %v: %v", local, faults)
		}
	}
}

func TestWhatIsNotToRunIsNoFault(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{"w.dig": {Data: []byte(
		"+a:\n  sh>: ${)}\n+g:\n  _export: {x: \"${(}\"}\n  +b:\n    sh>: ${)}\n+c:\n  sh>: ${)}\n  _check: {sh>: \"${)}\"}\n")}}
	p, err := dig.LoadProject(project, "")
	if err != nil {
		t.Fatal(err)
	}
	l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: registry(), Runs: func(task string) bool { return task == "+w+c" }}
	got := l.Check(p.Workflows...)
	lines := func(list document.Errors) (at []int) {
		for _, e := range list {
			at = append(at, e.Line)
		}
		return at
	}
	if diff := cmp.Diff([][]int{{8, 9}, {2, 4, 6}}, [][]int{lines(got.Faults), lines(got.Remote)}); diff != "" {
		t.Errorf("lines of faults, and of those that don't matter now (-want +got):\n%s", diff)
	}
}

func TestWorkflowsThatWaitForEachOtherAreFound(t *testing.T) {
	t.Parallel()
	require := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("+g:\n  +a:\n    require>: " + name + "\n")}
	}
	project := fstest.MapFS{
		"u.dig": require("v"), "v.dig": require("w"), "w.dig": require("v\n    session_time: ${session_time}"),
		"x.dig": require("y"), "y.dig": require("x\n    session_time: ${last_session_time}"),
		"self.dig": require("self"), "away.dig": require("away\n    project_name: other"),
	}
	p, err := dig.LoadProject(project, "")
	if err != nil {
		t.Fatal(err)
	}
	operators := registry()
	operators.Register(operator.Spec{Name: "require", Operator: operator.Func(nil)})
	l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: operators}
	const want = "self.dig:3:15: workflows wait for each other in the same session: self requires self\n" +
		"v.dig:3:15: workflows wait for each other in the same session: v requires w requires v\n" +
		"w.dig:3:15: workflows wait for each other in the same session: w requires v requires w"
	if diff := cmp.Diff(want, l.Check(p.Workflows...).Slips.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkflowsThatStartEachOtherAreFound(t *testing.T) {
	t.Parallel()
	start := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("+g:\n  +a:\n    start>: " + name + "\n")}
	}
	project := fstest.MapFS{
		"v.dig": start("w"), "w.dig": start("v\n    wait: false"), "keyed.dig": start("keyed\n    key: once"),
		"away.dig": start("away\n    project_name: other"), "some.dig": start("${some}"),
		"chosen.dig": {Data: []byte("+a:\n  if>: ${n}\n  _do:\n    start>: chosen\n")},
	}
	p, err := dig.LoadProject(project, "")
	if err != nil {
		t.Fatal(err)
	}
	operators := registry()
	operators.Register(operator.Spec{Name: "start", Operator: operator.Func(nil)})
	l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: operators}
	const want = "v.dig:3:13: workflows start each other without end: v starts w starts v\n" +
		"w.dig:3:13: workflows start each other without end: w starts v starts w"
	if diff := cmp.Diff(want, l.Check(p.Workflows...).Slips.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHintsComeAlong(t *testing.T) {
	t.Parallel()
	got := check(t, "+a:\n  looop>: 1\n  _do: {nop>: }\n+b:\n  loop>: 1\n  _doo: {nop>: }\n")
	want := []string{`did you mean "loop"?`, `did you mean "_do"?`}
	if diff := cmp.Diff(want, append(got.Unknown[0].Hints, got.Doubts[0].Hints...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if file := got.Doubts[0].File; file != "root/w.dig" {
		t.Errorf("the file is %s for people", file)
	}
}

// What people write is never a reason to give up.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"+a: {nop>: }", "+a:\n  - sh>: ${a\n  - sh>: }", "_export: &x {a: \"${b +}\"}\n+a: {<<: *x, find>: 1}"} {
		f.Add(seed)
	}
	operators := registry()
	f.Fuzz(func(t *testing.T, text string) {
		project := fstest.MapFS{"w.dig": {Data: []byte(text)}}
		p, err := dig.LoadProject(project, "")
		if err != nil {
			t.Skip()
		}
		l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: operators}
		r := l.Check(p.Workflows...)
		for _, e := range slices.Concat(r.Faults, r.Remote, r.Unknown, r.Slips, r.Doubts) {
			if e.Line == 0 {
				t.Errorf("it stands nowhere: %v", e)
			}
		}
	})
}

func ExampleLinter() {
	project := fstest.MapFS{"daily.dig": {Data: []byte("+load:\n  nop>: ${1 +}\n")}}
	p, _ := dig.LoadProject(project, "")
	l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: registry()}
	fmt.Println(l.Check(p.Workflows...).Faults)
	// Output: daily.dig:2:9: the expression ${1 +} is wrong: SyntaxError: it ends too early
}
