package files_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Wherever a run of a task with several products is cut off, the task is
// outdated, even where everything but its records is as it was when it was last
// up to date.
func TestATaskIsOutdatedWhereverItsRunIsCutOff(t *testing.T) {
	t.Parallel()
	const products = 3
	for begun := range products + 1 {
		for committed := range products + 1 {
			if begun < products && committed > 0 {
				continue // a commit comes after all of Begin
			}
			t.Run(fmt.Sprintf("%d begun, %d committed", begun, committed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				var paths []string
				var records []product.Record
				for i := range products {
					paths = append(paths, filepath.Join(dir, fmt.Sprint(i), "x"))
					records = append(records, product.NewRecord(1, "code", params.Map{}))
				}
				build(t, records[0], paths...)
				if v := verdict(t, paths); v.Action != product.Skip {
					t.Fatalf("%v (%s) after a build", v.Action, v.Reason)
				}
				if err := files.Begin(paths[:begun]...); err != nil {
					t.Fatal(err)
				}
				if err := files.Commit(paths[:committed], records[:committed]); err != nil {
					t.Fatal(err)
				}
				want := product.Run
				if begun == 0 || committed == products {
					want = product.Skip
				}
				if v := verdict(t, paths); v.Action != want {
					t.Errorf("got %v (%s), want %v", v.Action, v.Reason, want)
				}
			})
		}
	}
}

// verdict decides about a task whose code does not count, which leaves little
// that could outdate it.
func verdict(t *testing.T, paths []string) product.Verdict {
	t.Helper()
	tasks := []product.Task{{Name: "t", Code: "code", Products: make([]product.Product, len(paths))}}
	path := func(_, k int) string { return paths[k] }
	if err := (&files.Memo{}).Look(tasks, time.Now(), path); err != nil {
		t.Fatal(err)
	}
	plan, err := product.NewPlan(tasks, product.Options{IgnoreCode: true, Load: func(task, k int, _ bool) (product.Record, error) {
		return files.Read(path(task, k))
	}})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Decide()[0]
}
