package service_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const oneScript = "tasks:\n- {source: load.sh, product: /shared/raw.txt, params: {from: '{{here}}/in.txt'}}\n"

func TestPipelinesOfAPushAreWorkflows(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	p := f.pushed("1",
		"daily.dig", plain,
		"pipeline.yaml", "timezone: Asia/Tokyo\nschedule: {daily>: 10:00:00}\n"+oneScript,
		"pipeline.serve.yaml", "- {source: load.sh, product: out/raw.txt, params: {from: '{{where}}'}}\n", "env.serve.yaml", "where: there\n",
		"load.sh", "echo {{from}} > {{product}}\n", "other.yaml", "x: 1\n",
	)
	list, _, err := f.store.ListWorkflows(t.Context(), store.WorkflowFilter{Revision: p.Latest.ID}, store.Page{})
	must(t, err)
	var got []string
	for _, w := range list {
		got = append(got, w.Name+" "+w.Zone+" "+string(params.AppendJSON(nil, w.Config)))
	}
	want := []string{
		`daily UTC {"+a":{"echo>":1}}`,
		`pipeline Asia/Tokyo {"schedule":{"daily>":"10:00:00"},"+load":{"shell>":"load.sh","product":"/shared/raw.txt","params":{"from":"in.txt"}}}`,
		`pipeline.serve UTC {"+load":{"shell>":"load.sh","product":"out/raw.txt","params":{"from":"there"}}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := f.schedule(); s.WorkflowName != "pipeline" || !s.NextRun.Time().Equal(at(t, "2026-03-09T10:00:00+09:00")) {
		t.Errorf("it runs at %v", s.NextRun.Time())
	}
	w := f.workflow(list[1].ID).Definition
	if w.Name != "pipeline" || w.Root.Name != "+pipeline" || w.Dialect != pipeline.Dialect {
		t.Errorf("it is %s %s %s", w.Name, w.Root.Name, w.Dialect)
	}
	task := w.Root.Children[0]
	if code, _ := pipeline.At(task.Config, "/project").Get("code"); code != "echo /project/in.txt > /shared/raw.txt" {
		t.Errorf("the code is %q", code)
	}
	if task.Pos.File != "pipeline.yaml" || task.Pos.Line != 4 {
		t.Errorf("the task is at %+v", task.Pos)
	}
}

func TestWhatIsStoredOfAPipelineDoesNotSayWhereItWasRead(t *testing.T) {
	t.Parallel()
	stored := func(temp string) string {
		f := open(t, func(c *service.Config) { c.TempDir = temp })
		p := f.pushed("1", "load.sh", "echo {{all}} > {{product}}\n",
			"pipeline.yaml", "[{source: load.sh, product: x, params: {all: '{{x}}{{here}}'}}]", "env.yaml", "x: '{{cwd}}:{{root}}'\n")
		w, err := f.store.WorkflowNamed(t.Context(), p.Latest.ID, "pipeline")
		must(t, err)
		return string(w.Definition.AppendBinary(nil))
	}
	a, b := stored(t.TempDir()), stored(t.TempDir())
	if a != b {
		t.Errorf("%q\n%q", a, b)
	}
}

func TestAPipelineThatNoServerCanRunIsRefused(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.sh")
	must(t, os.WriteFile(secret, []byte("echo {{product}}\n"), 0o600))
	f := open(t, nil)
	made := filepath.Join(t.TempDir(), "made")
	for name, test := range map[string]struct{ yaml, env, want string }{
		"a name that is taken":    {"[{source: a.sh, product: x}]", "", "pipeline.yaml: there is another workflow \"pipeline\""},
		"a wrong key":             {"tasks: [{source: a.sh, product: x}]\nmetta: {}", "", "pipeline.yaml:2:1: unknown key \"metta\""},
		"a wrong schedule":        {"schedule: {dayly>: 1}\ntasks: [{source: a.sh, product: x}]", "", "pipeline.yaml:1:1: schedule: "},
		"a wrong time zone":       {"timezone: Mars\ntasks: [{source: a.sh, product: x}]", "", "pipeline.yaml:1:11: "},
		"a param that is called":  {"[{source: a.sh, product: x, params: {p: 'steps::f'}}]", "", "pipeline.yaml:1:41: \"steps::f\" must be called to know the value, which takes Python; a server reads definitions without it"},
		"a function to be made":   {"[{source: steps.g, product: x}]", "", "is not found by reading modules"},
		"a factory":               {"location: steps.f", "", "which takes Python; a server"},
		"no character of a hook":  {"on_failure: {dotted_path: steps.f, at: \"\uFDD0\"}\ntasks: [{source: a.sh, product: x}]", "", "the task on_failure has the code point U+FDD0"},
		"an environment variable": {"[{source: a.sh, product: '{{env.HOME}}/x'}]", "", "HOME"},
		"a file of the server":    {"[{source: " + secret + ", name: a, product: x}]", "", "there is no file"},
		"a folder to be made":     {"[{source: a.sh, product: '{{path.out}}/x'}]", "path: {out: " + made + "/}\n", ""},
		"a way out":               {"[{source: a.sh, product: ../x}]", "", "pipeline.yaml:1:2: the task a refers to files outside of the project"},
		"no character":            {"[{source: a.sh, product: \"x\uFDD0\"}]", "", "the task a has the code point U+FDD0"},
	} {
		files := []string{"pipeline.yaml", test.yaml, "a.sh", "echo > {{product}}\n", "steps.py", "def f(): pass\ng = eval('f')\n"}
		if test.env != "" {
			files = append(files, "env.yaml", test.env)
		}
		if name == "a name that is taken" {
			files = append(files, "pipeline.dig", plain)
		}
		_, err := f.push(name, nil, files...)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v\nwant %s", name, err, test.want)
		}
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("a push has made a folder")
	}
}

func TestAProjectFollowsTheSourcesOfAPipeline(t *testing.T) {
	t.Parallel()
	f, dir := open(t, nil), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	follow := func(want string) {
		t.Helper()
		if got, err := f.Follow(t.Context(), "p", dir); err != nil || got != want {
			t.Errorf("the new revision is %q, error %v, want %q", got, err, want)
		}
	}
	write("z.dig", plain)
	write("pipeline.yaml", "[{source: a.sh, product: x, params: {at: '{{now}}'}}]")
	write("a.sh", "echo {{at}} > {{product}}\n")
	follow("1")
	f.clock.now = noon.AddDate(0, 0, 1)
	follow("")
	write("a.sh", "echo {{at}} again > {{product}}\n")
	follow("2")
	follow("")
}
