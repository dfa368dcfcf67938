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
	got, err := folder.Load("+daily")
	if err != nil || len(got.Damaged) > 0 {
		t.Fatal(err, got.Damaged)
	}
	if len(got.Finished) != len(want) {
		t.Errorf("loaded %d results, want %d", len(got.Finished), len(want))
	}
	for name, r := range want {
		if fmt.Sprint(got.Finished[name]) != fmt.Sprint(r) {
			t.Errorf("%s: got %v, want %v", name, got.Finished[name], r)
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
	got, err := folder.Load("+wf")
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := got.Finished["+wf+step1"].Store.Int("rows"); rows != 12 {
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

func TestAFileThatCannotBeReadIsNotFinished(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "state: success\n", "[", "fullName: +a\nstate: success\nresult: 3\n"} {
		folder := resume.Status{Path: t.TempDir()}.Session(session)
		for _, task := range []string{"+w+a", "+w+b"} {
			if err := folder.Save(task, resume.Result{}); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(folder.Path, "+w+a.yml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := folder.Load("+w")
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := got.Finished["+w+b"]; !ok || len(got.Finished) != 1 {
			t.Errorf("%q: finished is %v, want +w+b", text, got.Finished)
		}
		if err := got.Damaged["+w+a"]; err == nil || len(got.Damaged) != 1 || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v does not name the file", text, err)
		}
	}
}

func TestOnlyTheFilesOfTheWorkflowAreRead(t *testing.T) {
	t.Parallel()
	folder := resume.Status{Path: t.TempDir()}.Session(session)
	long := "+" + strings.Repeat("x", 300)
	for _, task := range []string{"+w+a", "+w", "+w^sub+b", long, long + "+c"} {
		if err := folder.Save(task, resume.Result{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"+wide+a.yml", "+v+a.yml", "w+a.yml", "+w+a.yml.part", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(folder.Path, name), []byte("["), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for root, want := range map[string]int{"+w": 3, long: 2} {
		got, err := folder.Load(root)
		if err != nil || len(got.Finished) != want || len(got.Damaged) > 0 {
			t.Errorf("%.5s: %d finished, %v, %v; want %d", root, len(got.Finished), got.Damaged, err, want)
		}
	}
}
