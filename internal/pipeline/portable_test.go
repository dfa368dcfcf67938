package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

func TestAPortableWorkflowIsThatOfAnyFolder(t *testing.T) {
	t.Parallel()
	p := one(t, `
config: {outdated_by_code: false}
tasks:
  - {source: a.sh, product: x.txt, params: {list: [1, '{{here}}/y', {in: '{{here}}'}]}}
`, "a.sh", "{{product}} {{list}}")
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := w.Root.Children[0]
	want := n.Config
	if pipeline.IsPortable(want) || !pipeline.At(want, "/else").Equal(want) {
		t.Error("it is portable before it was made so")
	}
	if err := pipeline.Portable(w, p.Root, filepath.Dir(p.Root)); err != nil {
		t.Fatal(err)
	}
	text := string(params.AppendJSON(nil, n.Config)) + string(params.AppendJSON(nil, n.Products[0].Config))
	if !pipeline.IsPortable(n.Config) || strings.Contains(text, p.Root) || n.Pos.File != "pipeline.yaml" {
		t.Errorf("it is still in its folder: %s %s", text, n.Pos.File)
	}
	want = want.Set(pipeline.Moved, true)
	if diff := cmp.Diff(params.Literal(want), params.Literal(pipeline.At(n.Config, p.Root+"/"))); diff != "" {
		t.Errorf("back in its folder (-want +got):\n%s", diff)
	}
	if code, err := n.Config.String("code"); err != nil || pipeline.Relative(code) != "x.txt [1, 'y', {'in': '.'}]" {
		t.Errorf("relative to its folder, the code is %q, error %v", pipeline.Relative(code), err)
	}
}

func TestWithinAFolderNothingElseCounts(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"in/pipeline.yaml": "[{source: a.sh, product: /link/x, params: {f: '{{path.f}}'}}]",
		"in/a.sh":          "{{product}} {{f}}", "in/env.yaml": "path: {f: ../made/}\n",
		"b.sh": "{{product}}", "env.yaml": "path: {f: other}\n", "steps.py": "def f(product): pass\n",
	})
	in := filepath.Join(dir, "in")
	p := must(t, pipeline.Options{Dir: in, Within: in})
	if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
		t.Error("a folder was made")
	}
	if got := p.Tasks[0].Params; !got.Equal(params.Of("f", "../made")) {
		t.Errorf("params are %v", got)
	}
	for _, source := range []string{"../b.sh, name: b", "steps.f", filepath.Join(dir, "b.sh") + ", name: b"} {
		write(t, filepath.Join(in, "pipeline.yaml"), "[{source: "+source+", product: x}]")
		lookup := func(name string) (string, bool) { return dir, name == "PYTHONPATH" }
		if _, err := load(t, pipeline.Options{Dir: in, Within: in, Lookup: lookup}); err == nil || !strings.Contains(err.Error(), "there is no") {
			t.Errorf("%s: %v", source, err)
		}
		if _, err := load(t, pipeline.Options{Dir: in, Lookup: lookup}); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestTheScheduleIsThatOfServers(t *testing.T) {
	t.Parallel()
	p := one(t, "timezone: Asia/Tokyo\nschedule:\n  daily>: 10:00:00\n  skip_on_overtime: true\ntasks: [{source: a.sh, product: x}]\n")
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := params.Of("daily>", "10:00:00", "skip_on_overtime", true)
	if w.Zone != "Asia/Tokyo" || !w.Schedule.Equal(want) {
		t.Errorf("the zone is %q, the schedule %v", w.Zone, w.Schedule)
	}
	p = one(t, "timezone: '{{zone}}'\nschedule: {cron>: '{{minute}} 4 * * *'}\ntasks: [{source: a.sh, product: x}]\n", "env.yaml", "zone: Europe/Berlin\nminute: '7'\n")
	if p.Zone != "Europe/Berlin" || !p.Schedule.Equal(params.Of("cron>", "7 4 * * *")) {
		t.Errorf("the zone is %q, the schedule %v", p.Zone, p.Schedule)
	}
}
