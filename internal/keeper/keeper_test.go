package keeper_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// project is a folder with tasks of a .dig file.
type project struct {
	t   *testing.T
	dir string
	now time.Time
}

func newProject(t *testing.T) *project {
	return &project{t: t, dir: t.TempDir(), now: time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)}
}

func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// task is one with that configuration.
func (p *project) task(kind, command string, own params.Map) *operator.Task {
	local := params.Of("_type", kind, "_command", command).Merge(own)
	return &operator.Task{
		Name: "+w+a", Type: kind, Workdir: p.dir, Project: p.dir, Local: local, Params: params.Of("limit", 3).Merge(local),
		Now: func() time.Time { return p.now },
	}
}

// make runs a task that writes its products, and returns the reason why it ran;
// "" if it did not.
func (p *project) make(task *operator.Task, writes ...string) string {
	p.t.Helper()
	p.now = p.now.Add(time.Second)
	k := keeper.Keeper{}
	ran := false
	_, verdict, err := k.Make(p.t.Context(), task, func(engine.Verdict) (operator.Result, error) {
		ran = true
		for _, name := range writes {
			p.write(name, p.now.String())
		}
		return operator.Result{}, nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if ran == verdict.Skip {
		p.t.Fatalf("ran is %v, the verdict is %+v", ran, verdict)
	}
	if !ran {
		return ""
	}
	return verdict.Reason
}

func (p *project) want(got, want string) {
	p.t.Helper()
	if !strings.Contains(got, want) || want == "" && got != "" {
		p.t.Errorf("ran because %q, want %q", got, want)
	}
}

func TestATaskRunsOnlyWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	out := params.Of("_product", "out.txt")
	p.want(p.make(p.task("sh", "echo a", out), "out.txt"), "never built")
	p.want(p.make(p.task("sh", "echo a", out)), "")
	p.want(p.make(p.task("sh", "echo b", out), "out.txt"), "source changed")
	p.want(p.make(p.task("sh", "echo b", out.Set("shell", "bash")), "out.txt"), "parameter shell")
	p.want(p.make(p.task("sh", "echo b", out.Set("shell", "bash"))), "")
	if err := os.Remove(filepath.Join(p.dir, "out.txt")); err != nil {
		t.Fatal(err)
	}
	p.want(p.make(p.task("sh", "echo b", out.Set("shell", "bash")), "out.txt"), "product missing")
}

func TestTheFunctionIsTheSourceOfAPythonTask(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.write("tasks.py", "def f(limit):\n    return limit\n\ndef g():\n    pass\n")
	task := func() *operator.Task { return p.task("py", "tasks.f", params.Of("_product", "out.txt")) }
	p.make(task(), "out.txt")
	p.write("tasks.py", "def f(limit):\n    return limit  # as it is\n\ndef g():\n    return 1\n")
	p.want(p.make(task()), "")
	p.write("tasks.py", "def f(limit):\n    return limit + 1\n")
	p.want(p.make(task(), "out.txt"), "source changed: line 2")
	other := task()
	other.Params = other.Params.Set("limit", int64(4))
	p.want(p.make(other, "out.txt"), "parameter limit: 3 -> 4")
}

func TestWhatATaskIsMadeOfCounts(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.write("schema.json", "{}")
	first := func() *operator.Task { return p.task("sh", "one", params.Of("_product", []any{"a", "b"})) }
	second := func() *operator.Task {
		return p.task("sh", "two", params.Of(
			"_product", params.Of("c", "c"), "_resources", "schema.json",
			"_upstream", params.Of("+one", []any{"a", "b"}, "shared.csv", "shared.csv"),
		))
	}
	p.write("shared.csv", "")
	past := p.now.Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(p.dir, "shared.csv"), past, past); err != nil {
		t.Fatal(err)
	}
	p.make(first(), "a", "b")
	p.make(second(), "c")
	p.want(p.make(second()), "")
	later := first()
	later.Local = later.Local.Set("x", int64(1))
	p.make(later, "a", "b")
	p.want(p.make(second(), "c"), "+one is newer")
	p.write("schema.json", "[]")
	p.want(p.make(second(), "c"), "resource schema.json changed")
	if err := os.Remove(filepath.Join(p.dir, "c")); err != nil {
		t.Fatal(err)
	}
	p.want(p.make(second(), "c"), "product missing: c")
	future := p.now.Add(time.Hour)
	if err := os.Chtimes(filepath.Join(p.dir, "shared.csv"), future, future); err != nil {
		t.Fatal(err)
	}
	p.want(p.make(second(), "c"), "shared.csv is newer")
}

func TestARunThatDoesNotEndWellLeavesTheTaskOutdated(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		result operator.Result
		err    error
		want   string
	}{
		"that fails":          {err: errors.New("oops"), want: "oops"},
		"that waits":          {result: operator.Result{Wait: &operator.Wait{}}},
		"that stops":          {result: operator.Result{Stop: true}},
		"that makes tasks":    {result: operator.Result{Subtasks: params.Of("+a", "x")}, want: "makes no products itself"},
		"that makes too few":  {want: "did not make"},
		"that makes nothing?": {want: "did not make"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			task := func(code string) *operator.Task {
				return p.task("sh", code, params.Of("_product", []any{"a", "b"}))
			}
			p.make(task("one"), "a", "b")
			k := keeper.Keeper{}
			_, _, err := k.Make(t.Context(), task("two"), func(engine.Verdict) (operator.Result, error) {
				if err := os.Remove(filepath.Join(p.dir, "b")); err != nil {
					t.Fatal(err)
				}
				return tc.result, tc.err
			})
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			p.write("b", "half")
			if why := p.make(task("one"), "a", "b"); why == "" {
				t.Error("with the old source again, the task counts as up to date")
			}
		})
	}
}

func TestRecordsCanBeReadByOthers(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.make(p.task("sh", "echo é", params.Of("_product", "out.txt", "n", 1.5)), "out.txt")
	text, err := os.ReadFile(files.MetadataPath(filepath.Join(p.dir, "out.txt")))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"timestamp": 1769774401.0, "stored_source_code": "echo \u00e9", "params": {"operator": "sh", "n": 1.5}, "made_of": {}}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestOfTwoAtATimeTheSecondFindsWhatTheFirstHasMade(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	task := func() *operator.Task { return p.task("sh", "echo a", params.Of("_product", []any{"a.txt", "b.txt"})) }
	begun, goOn := make(chan struct{}), make(chan struct{})
	var runs atomic.Int32
	attempt := func() (skipped bool) {
		_, verdict, err := (&keeper.Keeper{}).Make(t.Context(), task(), func(engine.Verdict) (operator.Result, error) {
			if runs.Add(1) == 1 {
				close(begun)
				<-goOn
			}
			p.write("a.txt", "")
			p.write("b.txt", "")
			return operator.Result{}, nil
		})
		if err != nil {
			t.Error(err)
			return false
		}
		return verdict.Skip
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if attempt() {
			t.Error("the first did not run")
		}
	})
	<-begun
	time.AfterFunc(50*time.Millisecond, func() { close(goOn) }) // the second comes before
	if !attempt() {
		t.Error("the second ran as well")
	}
	wg.Wait()
}

func TestOthersMayBeginWhileRecordsAreWritten(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	task := p.task("sh", "echo a", params.Of("_product", "out.txt"))
	ran, yielded := false, false
	ctx := runner.WithYield(t.Context(), func() {
		yielded = ran
		if r, err := files.Read(filepath.Join(p.dir, "out.txt")); err != nil || !r.Unfinished {
			t.Errorf("the record is %+v, %v: it is written already", r, err)
		}
	})
	_, _, err := (&keeper.Keeper{}).Make(ctx, task, func(engine.Verdict) (operator.Result, error) {
		ran = true
		p.write("out.txt", "a")
		return operator.Result{}, nil
	})
	if err != nil || !yielded {
		t.Errorf("others could begin once the task had run: %v, %v", yielded, err)
	}
}
