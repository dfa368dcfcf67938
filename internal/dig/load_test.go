package dig_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// project makes a folder of files that follow each other, each after a line
// with its name: "-- name --".
func project(archive string) fstest.MapFS {
	files := fstest.MapFS{}
	var file *fstest.MapFile
	for line := range strings.Lines(archive) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok {
			file = &fstest.MapFile{}
			files[strings.TrimSuffix(name, " --")] = file
		} else if file != nil {
			file.Data = append(file.Data, line...)
		}
	}
	return files
}

func names(p *dig.Project) []string {
	var list []string
	for _, w := range p.Workflows {
		list = append(list, w.Name)
	}
	return list
}

func TestWorkflowsOfAProject(t *testing.T) {
	t.Parallel()
	files := project(`
-- b.dig --
+x: {echo>: x}
-- a.dig --
+x: {echo>: x}
-- ignored.dig --
not: a workflow
-- kept.dig --
+x: {echo>: x}
-- .hidden.dig --
not: a workflow
-- .dig --
not: a workflow
-- folder/below.dig --
not: a workflow
-- folder.dig/file --
text
-- notes.txt --
text
-- .digdagignore --
# comment
*.dig
!a.dig
!b.dig
!kept.dig
`)
	p, err := dig.LoadProject(files, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "kept"}, names(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ignore, err := dig.ReadIgnore(files)
	if err != nil || !ignore.Match("ignored.dig", false) || ignore.Match("a.dig", false) {
		t.Errorf("the patterns are read as %v (%v)", ignore, err)
	}
}

func TestAProjectWithoutWorkflowsIsEmpty(t *testing.T) {
	t.Parallel()
	p, err := dig.LoadProject(fstest.MapFS{}, ".")
	if err != nil || len(p.Workflows) > 0 {
		t.Errorf("got %v and %v", p, err)
	}
}

func TestAMissingFolderIsNotFound(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, err := dig.LoadProject(os.DirFS(dir), dir)
	_, cached := dig.LoadProjectCached(dir, dir, t.TempDir())
	if model.CodeOf(err) != model.NotFound || model.CodeOf(cached) != model.NotFound {
		t.Errorf("got %v and %v", err, cached)
	}
}

func TestAllFaultsOfAProjectAreReported(t *testing.T) {
	t.Parallel()
	_, err := dig.LoadProject(project(`
-- b.dig --
+x: {ech: x}
-- a.dig --
+x: {sh>: x, _retry: often}
_export:
  !include : common.yml
-- common.yml --
a: 1
a: 2
-- good.dig --
+x: {echo>: x}
-- c.dig --
_export:
  !include : common.yml
-- 1st.dig --
+x: {echo>: x}
`), "my/project")
	want := strings.TrimSpace(`
my/project/1st.dig: the name of a workflow can't start with a digit: "1st"
my/project/a.dig:1:22: _retry must be an integer, not the text "often"
my/project/b.dig:1:6: a group can't have the key "ech"
my/project/common.yml:2:1: duplicate key "a", first set in line 1
`)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if model.CodeOf(err) != model.Invalid {
		t.Errorf("code %v, want invalid", model.CodeOf(err))
	}
}

func TestWarningsOfAProject(t *testing.T) {
	t.Parallel()
	p, err := dig.LoadProject(project(`
-- b.dig --
_check: {echo>: x}
-- a.dig --
+x: {timezone: UTC}
`), "root")
	if err != nil {
		t.Fatal(err)
	}
	want := "root/a.dig:1:6: timezone has no effect on a group\nroot/b.dig:1:1: _check has no effect on a group"
	if got := p.Warnings.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := p.Workflows[0].Root.Children[0].Pos.File; got != "a.dig" {
		t.Errorf("a task is said to be in %q", got)
	}
}

func TestNamesOfWorkflows(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"a.dig", "with blank.dig", "ä.dig", "a+b.dig", "_.dig", "sub/1.dig", strings.Repeat("x", 255) + ".dig"} {
		w, _, err := dig.LoadFile(fstest.MapFS{file: {Data: []byte("+x: {echo>: x}")}}, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if want := strings.TrimSuffix(file, ".dig"); w.Name != want || w.Root.Name != "+"+want {
			t.Errorf("%s: got the names %q and %q", file, w.Name, w.Root.Name)
		}
	}
	for file, want := range map[string]string{
		"1.dig":                           `the name of a workflow can't start with a digit: "1"`,
		"+a.dig":                          `the name of a workflow can't start with '+': "+a"`,
		"^a.dig":                          `the name of a workflow can't start with '^': "^a"`,
		"@a.dig":                          `the name of a workflow can't start with '@': "@a"`,
		`"a.dig`:                          `the name of a workflow can't start with '"': "\"a"`,
		"a.dig.dig":                       "the name of a workflow can't end in .dig",
		"a.yml":                           "the name of a workflow file must end in .dig",
		".dig":                            "a workflow needs a name",
		strings.Repeat("x", 256) + ".dig": "the name of a workflow can't be longer than 255 bytes",
	} {
		_, _, err := dig.LoadFile(fstest.MapFS{file: {Data: []byte("+x: {echo>: x}")}}, file)
		if err == nil || err.Error() != file+": "+want {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

func TestAMissingFileIsNotFound(t *testing.T) {
	t.Parallel()
	_, _, err := dig.LoadFile(project("-- daily.dig --\n+a: {}"), "dailly.dig")
	if model.CodeOf(err) != model.NotFound || model.HintsOf(err) != `did you mean "daily.dig"?` {
		t.Errorf("got %v (%v) with the hint %q", err, model.CodeOf(err), model.HintsOf(err))
	}
}

func TestLargeFilesAreRefused(t *testing.T) {
	t.Parallel()
	_, err := dig.LoadProject(fstest.MapFS{"a.dig": {Data: make([]byte, 10<<20+1)}}, "p")
	if want := "p/a.dig: read a.dig: it has 10485761 bytes, the limit is 10485760"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAFileBelowTheRootWorksInItsFolder(t *testing.T) {
	t.Parallel()
	files := project(`
-- sub/plain.dig --
+x: {echo>: x}
-- sub/deeper/own.dig --
timezone: Asia/Tokyo
schedule: {daily>: 07:00:00}
sla: {time: 08:00}
_export:
  _workdir: scripts
  !include : common.yml
_retry: 1
+x: {echo>: x}
-- sub/deeper/common.yml --
y: 1
`)
	for file, want := range map[string]string{
		"sub/plain.dig":      `{"+x":{"echo>":"x"},"_export":{"_workdir":"sub"}}`,
		"sub/deeper/own.dig": `{"_export":{"_workdir":"sub/deeper/scripts","y":1},"_retry":1,"+x":{"echo>":"x"}}`,
	} {
		config, err := dig.ReadConfig(files, file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if got := string(params.AppendJSON(nil, config)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
		w, _, err := dig.LoadFile(files, file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if export, _ := config.Get("_export"); !params.Equal(export, w.Root.Export) {
			t.Errorf("%s: the workflow exports %v, its configuration %v", file, w.Root.Export, export)
		}
	}
}

func TestReadConfigChecksTheFile(t *testing.T) {
	t.Parallel()
	_, err := dig.ReadConfig(project("-- a.dig --\nsh>: x\n"), "a.dig")
	if want := `a.dig:1:1: the top level of a file can't have the operator "sh>"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSubtasks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config params.Map
		want   string
	}{
		{"a group", params.Of("_parallel", true, "_export", params.Of("i", 0), "+a", params.Of("echo>", "x"), "+b", params.Of("sh>", nil, "_retry", 1)), `
^sub
    export i: 0
    +a echo
        config {"_type":"echo","_command":"x"}
    +b sh
        config {"_type":"sh","_retry":1}
        retry {Limit:1 Interval:0s Exponential:false Max:0s}
`},
		{"a single operator", params.Of("_export", params.Of("i", 0), "echo>", "x", "_do", params.Of("nonsense", 1)), `
^sub echo
    config {"_type":"echo","_command":"x","_do":{"nonsense":1}}
    export i: 0
`},
		{"a handler", params.Of("echo>", "x", "_error", params.Of("+a", []any{params.Of("sh>", "x")})), `
^sub echo
    config {"_type":"echo","_command":"x"}
    ^error
        +a sh
            config {"_type":"sh","_command":"x"}
`},
		{"a task that is off", params.Of("echo>", "x", "_disable", true), `
^sub
`},
		{"names that operators make", params.Of("+loop-0", params.Of(), "+for-0=a=1=%20&1=b=0=x", params.Of()), `
^sub
    +loop-0
    +for-0=a=1=%20&1=b=0=x after 0
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := dig.CompileSubtasks("^sub", tt.config)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			b.WriteString("\n")
			dumpNode(&b, "", n)
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsOfSubtasksNameTheTask(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]params.Map{
		`task ^sub: a task can't have more than one operator: "sh>" and "py>"`: params.Of("sh>", "x", "py>", "y"),
		`task ^sub+a+b: a group can't have the key "sh"`:                       params.Of("+a", params.Of("+b", params.Of("sh", "x"))),
		`task ^sub+a: a task must be a mapping, not the text "x"`:              params.Of("+a", "x"),
		`task ^sub+a b: the name of a task can't contain ' ': "+a b"`:          params.Of("+a b", params.Of()),
		`task ^sub+a^error: _retry needs a limit`:                              params.Of("+a", params.Of("sh>", "x", "_error", params.Of("_retry", params.Of()))),
	} {
		_, err := dig.CompileSubtasks("^sub", config)
		if err == nil || err.Error() != want || model.CodeOf(err) != model.Invalid {
			t.Errorf("got %v (%v), want %s", err, model.CodeOf(err), want)
		}
	}
}

// What is loaded is finished: the engine finds what comes after a task.
func TestLoadedWorkflowsAreFinished(t *testing.T) {
	t.Parallel()
	w, _, err := dig.LoadFile(project("-- a.dig --\n+a: {}\n+b: {}\n"), "a.dig")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]workflow.Link{{To: 1}}, w.Root.Next(0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHostileProjectsEndSoonInAnError(t *testing.T) {
	const soon = 10 * time.Second // far more than any of these takes with limits, far less than without
	chain := fstest.MapFS{}
	for i := range 2000 {
		chain[fmt.Sprintf("%d.yml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "!include : %d.yml", i+1)}
	}
	chain["a.dig"] = &fstest.MapFile{Data: []byte("!include : 0.yml")}
	var chunks strings.Builder
	chunks.WriteString("_parallel: {limit: 4000}\n")
	for i := range 8000 {
		fmt.Fprintf(&chunks, "+t%d: {}\n", i)
	}
	fan := fstest.MapFS{"0.yml": {Data: []byte("x: 1")}}
	for i := range 20 {
		fan[fmt.Sprintf("%d.yml", i+1)] = &fstest.MapFile{Data: fmt.Appendf(nil, "a: {!include : %d.yml}\nb: {!include : %d.yml}\nc: {!include : %d.yml}", i, i, i)}
	}
	fan["a.dig"] = &fstest.MapFile{Data: []byte("_export: {!include : 20.yml}")}
	for name, tt := range map[string]struct {
		project fstest.MapFS
		want    string
	}{
		"files that include each other in a long row":   {chain, "included files nest more than 100 deep"},
		"files that include the next one several times": {fan, "the document has more than 1000000 parts"},
		"chunks whose tasks depend on each other":       {fstest.MapFS{"a.dig": {Data: []byte(chunks.String())}}, "8000 tasks in chunks of 4000 depend on each other too often"},
		"tasks that nest too deep":                      {fstest.MapFS{"a.dig": {Data: []byte(strings.Repeat("{+a: ", 1000))}}, "lists and mappings nest more than 100 deep"},
		"many tasks with the same fault":                {fstest.MapFS{"a.dig": {Data: []byte("x: &x {_parallel: 3}\n" + strings.Repeat("+a: *x\n", 1000))}}, `duplicate key "+a"`},
		"many names that do not exist in a large group": {fstest.MapFS{"a.dig": {Data: []byte("_parallel: true\n" + tasks(5000, "{_after: [+nowhere]}"))}}, "is no earlier task of the group"},
		"one long key that resembles no other":          {fstest.MapFS{"a.dig": {Data: []byte(`? "` + strings.Repeat("x", 1<<20) + "\"\n: 1\n")}}, "unknown key"},
		"a bad line after many others":                  {fstest.MapFS{"a.dig": {Data: []byte(strings.Repeat("#\n", 500_000) + "x: 1\n")}}, "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := dig.LoadProject(tt.project, ".")
			if took := time.Since(start); took > soon {
				t.Errorf("took %v", took)
			}
			var list document.Errors
			if !errors.As(err, &list) || !strings.Contains(list[0].Message, tt.want) {
				t.Errorf("got %.300v, want %q", err, tt.want)
			}
		})
	}
}

// tasks returns n tasks with the same body.
func tasks(n int, body string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "+t%d: %s\n", i, body)
	}
	return b.String()
}

func FuzzLoad(f *testing.F) {
	f.Add("+a: {sh>: x, _retry: {limit: 1}, _error: {+b: {echo>: x}}}\n!include : inc.yml\n", "x: {y: 1}")
	f.Add("_parallel: {limit: 2}\n+a: &a {}\n+b: {<<: *a, _after: [+a]}\n", "")
	f.Add("+a: {loop>: 3, _do: {+x: {_background: true}}}\n+b: [{_type: x}, {_disable: true}]\n", "!include : a.dig")
	f.Fuzz(func(t *testing.T, src, included string) {
		watchdog := time.AfterFunc(5*time.Second, func() { panic(fmt.Sprintf("hangs: %q %q", src, included)) })
		defer watchdog.Stop()
		files := fstest.MapFS{"a.dig": {Data: []byte(src)}, "inc.yml": {Data: []byte(included)}}
		p, err := dig.LoadProject(files, ".")
		var list document.Errors
		if err != nil {
			if !errors.As(err, &list) {
				t.Fatalf("error of another type: %v", err)
			}
			list.Excerpt()
			return
		}
		p.Warnings.Excerpt()
		again, err := workflow.Decode(p.Workflows[0].AppendBinary(nil))
		if err != nil {
			t.Fatalf("what was compiled cannot be encoded: %v", err)
		}
		if dump(again) != dump(p.Workflows[0]) {
			t.Fatalf("encoding changed the workflow\n%s\nto\n%s", dump(p.Workflows[0]), dump(again))
		}
		config, err := dig.ReadConfig(files, "a.dig")
		if err != nil {
			t.Fatalf("the file compiles, but has no configuration: %v", err)
		}
		if _, err := dig.CompileSubtasks("^sub", config); err != nil {
			t.Fatalf("the file compiles, but its configuration does not: %v", err)
		}
	})
}

func TestAllIndependentFaultsAreTold(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{
		"a.dig":    {Data: []byte("_exprt: {}\n+a:\n  echo>: a: b\n+b: 3\n+c:\n  sh>: x: y\n+d:\n  echo>: d\n  _needs: {cpu: lots, memry: 1}\n  _memo: {fil: x}\n  _retry: {limt: 1}\n")},
		"b.dig":    {Data: []byte("+a:\n  !include : gone.dig\n  foo: bar\n+b: 3\n")},
		"c.dig":    {Data: []byte("!include : part.yml\n+b: 3\n")},
		"part.yml": {Data: []byte("_export:\n  a: b: c\n")},
	}
	p, err := dig.LoadProject(folder, "")
	const want = `a.dig:1:1: unknown key "_exprt"
a.dig:3:11: mapping values are not allowed in this context
a.dig:4:1: a task must be a mapping, not the number 3
a.dig:6:9: mapping values are not allowed in this context
a.dig:9:12: _needs: cpu: "lots" is not an amount of processors
a.dig:9:23: _needs: memry: there is no such key
a.dig:10:11: _memo: fil: there is no such key
a.dig:11:11: _retry needs a limit
b.dig:2:14: file "gone.dig" does not exist
b.dig:4:1: a task must be a mapping, not the number 3
c.dig:2:1: a task must be a mapping, not the number 3
part.yml:2:7: mapping values are not allowed in this context`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if len(p.Broken) != 3 || len(p.Workflows) != 0 || p.Broken[0].Root.Children[3].Operator != "echo" {
		t.Errorf("broken: %v, whole: %v", p.Broken, p.Workflows)
	}
	if len(p.Warnings) != 1 || p.Warnings[0].Line != 11 {
		t.Errorf("warnings: %v", p.Warnings)
	}
}
