package pawl_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func TestManagersOfOutputs(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		pawltest.IOManager(t, func(*testing.T) pawl.IOManager { return pawl.MemoryIO() })
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		pawltest.IOManager(t, func(t *testing.T) pawl.IOManager { return fileIO(t, t.TempDir()) })
	})
}

func fileIO(t *testing.T, folder string) pawl.IOManager {
	t.Helper()
	m, err := pawl.FileIO(folder)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sums are the parameters of a process that hands rows from step to step.
type sums struct {
	Rows  pawl.Value[[]int]
	Bytes pawl.Value[[]byte]
	Sum   int
}

// summing returns a process that keeps rows, and adds them up unless fail says why
// not. It notes how often it has kept any.
func summing(kept *int, fail *error) *pawl.Process[sums] {
	return pawl.Must(pawl.Define("summing", "1",
		pawl.Execute("keep", func(ctx context.Context, s *sums) (err error) {
			*kept++
			if s.Rows, err = pawl.KeepValue(ctx, "rows", []int{1, 2, *kept * 100}); err != nil {
				return err
			}
			s.Bytes, err = pawl.KeepValue(ctx, "raw", []byte("\xff\x00"), pawl.By("other"), pawl.ForItem("eu"))
			return err
		}),
		pawl.Execute("add", func(ctx context.Context, s *sums) error {
			rows, err := s.Rows.Load(ctx)
			if err != nil {
				return err
			}
			for _, n := range rows {
				s.Sum += n
			}
			return *fail
		}),
	))
}

func TestAStepUsesWhatAnotherHasKept(t *testing.T) {
	t.Parallel()
	var kept int
	var fail error
	p := summing(&kept, &fail)
	other := pawl.MemoryIO()
	e := pawltest.NewWith(t, pawl.Config{IO: map[string]pawl.IOManager{"": fileIO(t, t.TempDir()), "other": other}}, p)
	run, err := p.Start(t.Context(), e.Engine, "k", sums{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := run.Params(t.Context())
	if err != nil || got.Sum != 103 {
		t.Fatalf("sum %d, %v", got.Sum, err)
	}
	raw, err := got.Bytes.LoadFrom(t.Context(), e.Engine)
	if err != nil || string(raw) != "\xff\x00" {
		t.Errorf("loaded %q, %v", raw, err)
	}
	o := got.Bytes.Output()
	if o.Run != "k" || o.Process != "summing" || o.Step != "keep" || o.Name != "raw" || o.Item != "eu" || o.Type != "[]uint8" {
		t.Errorf("the output is %+v", o)
	}
	if text, err := json.Marshal(got.Rows); err != nil || len(text) > 250 || strings.Contains(string(text), "100") {
		t.Errorf("among the parameters it is %s, %v", text, err)
	}
	if _, err := got.Rows.Load(t.Context()); err == nil {
		t.Error("Load works outside of steps")
	}
	if err := run.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := got.Rows.LoadFrom(t.Context(), e.Engine); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("the run is deleted, and loading says %v", err)
	}
}

// A run that goes on reads what its parent has kept, which is not kept again.
func TestARunThatGoesOnReadsWhatItsParentHasKept(t *testing.T) {
	t.Parallel()
	var kept int
	fail := errors.New("not now")
	p := summing(&kept, &fail)
	e := pawltest.NewWith(t, pawl.Config{IO: map[string]pawl.IOManager{"": pawl.MemoryIO(), "other": pawl.MemoryIO()}}, p)
	run, err := p.Start(t.Context(), e.Engine, "k", sums{})
	if err != nil {
		t.Fatal(err)
	}
	fail = nil
	if err := run.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := run.Params(t.Context())
	if err != nil || got.Sum != 103 || kept != 1 {
		t.Errorf("sum %d after %d times, %v", got.Sum, kept, err)
	}
}

// What a try that failed has kept stays as it is, and the next try keeps its own.
func TestEachTryKeepsItsOwn(t *testing.T) {
	t.Parallel()
	tries := 0
	p := pawl.Must(pawl.Define("p", "1", pawl.Execute("keep", func(ctx context.Context, s *sums) (err error) {
		tries++
		s.Rows, err = pawl.KeepValue(ctx, "rows", []int{tries})
		if err == nil && tries == 1 {
			return errors.New("later")
		}
		if _, twice := pawl.KeepValue(ctx, "rows", []int{9}); !errors.Is(twice, pawl.ErrConflict) {
			t.Errorf("one name twice: error %v", twice)
		}
		return err
	}).Retry(1, time.Second)))
	e := pawltest.NewWith(t, pawl.Config{IO: map[string]pawl.IOManager{"": pawl.MemoryIO()}}, p)
	run, err := p.Start(t.Context(), e.Engine, "k", sums{})
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(time.Minute)
	got, err := run.Params(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := got.Rows.LoadFrom(t.Context(), e.Engine)
	if err != nil || len(rows) != 1 || rows[0] != 2 {
		t.Errorf("loaded %v, %v", rows, err)
	}
}

func TestAnOutputNeedsAManagerAndAName(t *testing.T) {
	t.Parallel()
	for want, keep := range map[string]func(context.Context) error{
		`no manager keeps outputs: Config.IO has none named ""`: func(ctx context.Context) error { _, err := pawl.KeepValue(ctx, "x", 1); return err },
		`Config.IO has no manager "s3"`:                         func(ctx context.Context) error { _, err := pawl.KeepValue(ctx, "x", 1, pawl.By("s3")); return err },
		"an output needs a name":                                func(ctx context.Context) error { _, err := pawl.KeepValue(ctx, "", 1); return err },
		"the Value stands for nothing: no step has kept it":     func(ctx context.Context) error { _, err := (pawl.Value[int]{}).Load(ctx); return err },
	} {
		var got error
		p := pawl.Must(pawl.Define("p", "1", pawl.Execute("keep", func(ctx context.Context, _ *sums) error { got = keep(ctx); return nil })))
		e := pawltest.New(t, p)
		if _, err := p.Start(t.Context(), e.Engine, "k", sums{}); err != nil {
			t.Fatal(err)
		}
		if got == nil || got.Error() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	if _, err := pawl.KeepValue(t.Context(), "x", 1); err == nil {
		t.Error("an output is kept outside of steps")
	}
}

// Retention deletes what deleted runs have kept, in a real engine.
func TestOutputsGoWithTheirRuns(t *testing.T) {
	t.Parallel()
	var kept int
	var fail error
	p := summing(&kept, &fail)
	folder := t.TempDir()
	cfg := pawl.Config{Project: "p", Database: filepath.Join(t.TempDir(), "db"), IO: map[string]pawl.IOManager{"": fileIO(t, folder), "other": pawl.MemoryIO()}}
	e, err := pawl.Open(t.Context(), cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	run, err := p.Start(t.Context(), e, "k", sums{})
	if err == nil {
		err = run.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := countFiles(t, folder); n != 1 {
		t.Errorf("%d files are kept, want 1", n)
	}
	if err := run.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := countFiles(t, folder); n != 0 {
		t.Errorf("%d files stay", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func countFiles(t *testing.T, folder string) (n int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
