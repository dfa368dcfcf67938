package resume_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
)

var session = time.Date(2026, 1, 30, 9, 30, 0, 0, time.FixedZone("", 9*3600))

func TestSavedResultsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	folder := resume.Status{Path: t.TempDir()}.Session(session)
	long := "+daily+" + strings.Repeat("x", 300)
	want := map[string]resume.Result{
		"+daily+load": {
			Store:    params.Of("n", 1, "half", 0.5, "zero", "0.5", "yes", "true", "text", "a: \"b\" # ${c}\nd"),
			Export:   params.Of("e", map[string]any{"f": []any{1.5, nil, true}}),
			Subtasks: params.Of("+a", map[string]any{"sh>": "true"}),
			Reset:    []string{"x.y"},
		},
		long:                {},
		long + "y":          {},
		"+daily+for-0=k=é&": {},
	}
	for name, r := range want {
		if err := folder.Save(name, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := folder.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("loaded %d results, want %d", len(got), len(want))
	}
	for name, r := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(r) {
			t.Errorf("%s: got %v, want %v", name, got[name], r)
		}
	}
}

func TestFilesOfAPeerAreRead(t *testing.T) {
	t.Parallel()
	folder := resume.Status{Path: t.TempDir()}.Session(session)
	if err := os.MkdirAll(folder.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	text := `fullName: +wf+step1
state: SUCCESS
result:
  subtaskConfig: {}
  exportParams: {}
  resetStoreParams: []
  storeParams:
    rows: 12
  report:
    inputs: []
    outputs: []
`
	if err := os.WriteFile(filepath.Join(folder.Path, "+wf+step1.yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := folder.Load()
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := got["+wf+step1"].Store.Int("rows"); rows != 12 {
		t.Errorf("rows = %v, want 12, in %v", rows, got)
	}
}

func TestLastSessionIsTheNewestWithAResultOfTheWorkflow(t *testing.T) {
	t.Parallel()
	status := resume.Status{Path: t.TempDir()}
	if _, ok, err := status.Last("+daily"); ok || err != nil {
		t.Fatalf("empty folder: %v, %v", ok, err)
	}
	for _, s := range []struct {
		day  int
		task string
	}{{1, "+daily+a"}, {2, "+daily+a"}, {3, "+dailyreport+a"}, {4, "+other"}} {
		if err := status.Session(session.AddDate(0, 0, s.day)).Save(s.task, resume.Result{}); err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := status.Last("+daily")
	if err != nil || !ok || !got.Equal(session.AddDate(0, 0, 2)) {
		t.Errorf("got %v, %v, %v; want the second day", got, ok, err)
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"state: success\n", "[", "fullName: +a\nstate: success\nresult: 3\n"} {
		folder := resume.Status{Path: t.TempDir()}.Session(session)
		if err := folder.Save("+a", resume.Result{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder.Path, "+a.yml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := folder.Load(); err == nil || !strings.Contains(err.Error(), "+a.yml") {
			t.Errorf("%q: error %v does not name the file", text, err)
		}
	}
}
