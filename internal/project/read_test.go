package project_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
)

func TestWorkflowsAreTheFilesOnTop(t *testing.T) {
	t.Parallel()
	const text = "+x: {echo>: x}\n"
	dir := tree{
		"b.dig": text, "a.dig": text, "ü.dig": text, "sub/c.dig": text, ".hidden.dig": "bad", "note.txt": "bad",
		"old.dig": "bad", "folder.dig/x": "bad", ".digdagignore": "old.*", "link.dig": "->sub/c.dig", "gone.dig": "->nowhere",
	}.write(t)
	contents, err := project.Read(t.Context(), dir, time.Time{})
	must(t, err)
	var got []string
	for _, w := range contents.Workflows {
		got = append(got, w.Name)
		if w.Definition == nil || w.Definition.Name != w.Name || w.Schedule != nil || w.Zone != "UTC" {
			t.Errorf("%+v", w)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "link", "ü"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConfigIsInTheFormOfDigdag(t *testing.T) {
	t.Parallel()
	dir := tree{
		"a.dig": `
+second:
  +inner: {sh>: x, n: 1.5}
_retry: 3
timezone: Asia/Tokyo
sla: {time: "02:00", +alert: {echo>: late}}
schedule:
  daily>: 07:00:00
_export:
  !include : 'inc/values.dig'
  own: 1
+first:
  - echo>: ${x}
`,
		"inc/values.dig": "z: [1, two]\na: true\n",
		"b.dig":          "_export: {}\n+x: {echo>: x}\ntimezone: '+9'\n",
	}.write(t)
	contents, err := project.Read(t.Context(), dir, time.Time{})
	must(t, err)
	for i, want := range []string{
		`{"_export":{"z":[1,"two"],"a":true,"own":1},"schedule":{"daily>":"07:00:00"},` +
			`"sla":{"time":"02:00","+alert":{"echo>":"late"}},"_retry":3,` +
			`"+second":{"+inner":{"sh>":"x","n":1.5}},"+first":[{"echo>":"${x}"}]}`,
		`{"+x":{"echo>":"x"}}`,
	} {
		got := string(params.AppendJSON(nil, contents.Workflows[i].Config))
		if got != want {
			t.Errorf("config %s\nwant   %s", got, want)
		}
	}
	if a, b := contents.Workflows[0], contents.Workflows[1]; a.Zone != "Asia/Tokyo" || b.Zone != "+09:00" || a.Schedule == nil || b.Schedule != nil {
		t.Errorf("zones %s and %s, schedules %v and %v", a.Zone, b.Zone, a.Schedule, b.Schedule)
	}
}

func TestFaultsOfAllFilesAreReported(t *testing.T) {
	t.Parallel()
	dir := tree{
		"1.dig":         "+x: {echo>: x}\n",
		"b.dig.dig":     "+x: {echo>: x}\n",
		"operators.dig": "+x: {echo>: x, sh>: y}\n+y: {echo>: x, +z: {echo>: x}}\n",
		"twice.dig":     "+x: {echo>: x}\n+x: {echo>: x}\n",
		"top.dig":       "shedule: {daily>: 07:00:00}\n+x: {echo>: x}\n",
		"kind.dig":      "+x: {echo>: x}\nschedule: {dayly>: 07:00:00}\n",
		"at.dig":        "+x: {echo>: x}\nschedule: {daily>: 7h}\n",
		"key.dig":       "+x: {echo>: x}\nschedule: {daily>: 07:00:00, skip_on_overtim: true}\n",
		"zone.dig":      "+x: {echo>: x}\ntimezone: Asia/Tokio\n",
		"include.dig":   "+x:\n  !include : ../../etc/passwd\n",
		"good.dig":      "+x: {echo>: x}\n",
	}.write(t)
	_, err := project.Read(t.Context(), dir, time.Time{})
	wantCode(t, "read", err, model.Invalid)
	var faults document.Errors
	if !errors.As(err, &faults) {
		t.Fatalf("error %T", err)
	}
	text := faults.Excerpt()
	for _, want := range []string{
		"1.dig: Validating workflow failed\nname can't start with a digit: \"1\"",
		"b.dig.dig: Validating workflow failed\nname can't end in .dig: \"b.dig\"",
		"operators.dig:1:16: a task can't have more than one operator",
		"operators.dig:2:16: a task with an operator can't have subtasks",
		"twice.dig:2:1: ",
		"top.dig:1:1: unknown key \"shedule\"",
		`kind.dig:2:1: unknown type of schedule "dayly"`,
		"at.dig:2:1: daily>: scheduler requires HH:MM:SS format: 7h",
		`key.dig:2:1: a daily schedule has no key "skip_on_overtim"`,
		"zone.dig:2:1: unknown time zone \"Asia/Tokio\"",
		"did you mean Asia/Tokyo?",
		"include.dig:2:14: an included file must be in or below the folder",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "good.dig") {
		t.Errorf("a fault in a good file:\n%s", text)
	}
}

func TestWarningsAreKept(t *testing.T) {
	t.Parallel()
	dir := tree{"a.dig": "+x:\n  +y: {echo>: x}\n  sla: {time: 02:00}\n"}.write(t)
	contents, err := project.Read(t.Context(), dir, time.Time{})
	must(t, err)
	if len(contents.Warnings) != 1 || contents.Warnings[0].File != "a.dig" {
		t.Errorf("warnings %v", contents.Warnings)
	}
}

func TestReadDoesNotFollowLinksOutOfTheFolder(t *testing.T) {
	t.Parallel()
	outside := tree{"x.dig": "+x: {echo>: x}\n"}.write(t)
	dir := tree{"a.dig": "->" + outside + "/x.dig", "b.dig": "+x:\n  !include : inner/x.dig\n", "inner": "->" + outside}.write(t)
	contents, err := project.Read(t.Context(), dir, time.Time{})
	if err == nil || !strings.Contains(err.Error(), "b.dig:2:14") || strings.Contains(err.Error(), "a.dig") {
		t.Errorf("contents %+v, error %v", contents, err)
	}
}

func TestFolderWithoutWorkflowsIsEmpty(t *testing.T) {
	t.Parallel()
	contents, err := project.Read(t.Context(), t.TempDir(), time.Time{})
	if err != nil || len(contents.Workflows) != 0 {
		t.Errorf("contents %+v, error %v", contents, err)
	}
	_, err = project.Read(t.Context(), filepath.Join(t.TempDir(), "nowhere"), time.Time{})
	wantCode(t, "no folder", err, model.NotFound)
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, nil, 0o644))
	if _, err := project.Read(t.Context(), name, time.Time{}); err == nil {
		t.Error("a file is no project")
	}
}

func TestThePipelineOfAPackageIsInItsSources(t *testing.T) {
	t.Parallel()
	dir := tree{
		"setup.py": "", "src/shop/pipeline.yaml": "[{source: src/shop/a.sh, product: /x}]", "src/shop/a.sh": "echo > {{product}}\n",
		"src/shop.egg-info/pipeline.yaml": "bad", "sub/pipeline.yaml": "bad",
	}.write(t)
	for name, read := range map[string]func() (*project.Contents, error){
		"in place":      func() (*project.Contents, error) { return project.Read(t.Context(), dir, time.Time{}) },
		"for elsewhere": func() (*project.Contents, error) { return readPacked(t, dir) },
	} {
		contents, err := read()
		must(t, err)
		if len(contents.Workflows) != 1 || contents.Workflows[0].Name != "pipeline" {
			t.Errorf("%s: %+v", name, contents.Workflows)
		}
	}
}

func TestFilesThatGetLostOnAServerAreToldOf(t *testing.T) {
	t.Parallel()
	dir := tree{
		"pipeline.yaml": "- {source: a.sh, product: out/a}\n- {source: b.sh, product: out/b}\n- {source: c.sh, product: /shared/c}\n- {source: d.sh, product: out/d}\n",
		"a.sh":          "{{product}}", "b.sh": "{{product}} {{upstream.a}}", "c.sh": "{{product}}", "d.sh": "{{product}} {{upstream.c}}",
	}.write(t)
	contents, err := readPacked(t, dir)
	must(t, err)
	if got, want := contents.Warnings.Error(), "pipeline.yaml:1:3: b needs out/a, which is gone on a server once a has ended"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// readPacked reads the pipelines of a folder as others do that get it.
func readPacked(t *testing.T, dir string) (*project.Contents, error) {
	t.Helper()
	var archive bytes.Buffer
	must(t, project.Pack(dir, &archive, project.PackOptions{}))
	return project.ReadPipelines(t.Context(), &archive, project.ReadOptions{Dir: t.TempDir(), Limits: project.AnySize})
}
