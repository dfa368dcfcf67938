package dig_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

func TestDefinitionsHaveWhatTheirFilesSay(t *testing.T) {
	t.Parallel()
	files := project(`
-- b.dig --
timezone: Asia/Tokyo
+x:
  !include : inc/x.dig
-- inc/x.dig --
echo>: x
-- a.dig --
+y:
  sla: {}
  +z: {echo>: z}
-- ignored.dig --
not: a workflow
-- .digdagignore --
ignored.*
`)
	names, err := dig.Files(files, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.dig", "b.dig"}, names); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	list, err := dig.LoadDefinitions(files, []string{"b.dig", "a.dig"})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d definitions, error %v", len(list), err)
	}
	b, a := list[0], list[1]
	if b.Workflow.Name != "b" || b.Workflow.Zone != "Asia/Tokyo" || len(b.Warnings) != 0 {
		t.Errorf("b: %+v", b)
	}
	want := params.Of("timezone", "Asia/Tokyo", "+x", params.Of("echo>", "x"))
	if got := b.Document.Map(); !got.Equal(want) {
		t.Errorf("b says %v, want %v", got, want)
	}
	if a.Workflow.Name != "a" || len(a.Warnings) != 1 {
		t.Errorf("a: %+v", a)
	}
}

func TestFaultyDefinitionsLeaveTheOthers(t *testing.T) {
	t.Parallel()
	files := project(`
-- a.dig --
bad: 1
-- b.dig --
+x: {echo>: x}
-- c.dig --
+x: {echo>: x, sh>: x}
`)
	list, err := dig.LoadDefinitions(files, []string{"a.dig", "b.dig", "c.dig", "d.dig"})
	var faults document.Errors
	if !errors.As(err, &faults) || len(faults) != 3 || model.CodeOf(err) != model.Invalid {
		t.Errorf("error %v", err)
	}
	if len(list) != 1 || list[0].Workflow.Name != "b" {
		t.Errorf("definitions %v", list)
	}
	if _, err := dig.Files(files, ""); err != nil {
		t.Error(err)
	}
}
