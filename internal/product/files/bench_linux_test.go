package files_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// BenchmarkNothingToDo finds out that nothing is to be done in a pipeline of
// which each task has a file, and beside it, in turn, how long it takes to look
// at all those files and at nothing else.
func BenchmarkNothingToDo(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			tasks, paths := project(b, dir, n)
			memo := filepath.Join(dir, "memo")
			var all []string
			for _, path := range paths {
				all = append(all, path, files.MetadataPath(path))
			}
			if err := plan(tasks, paths, memo); err != nil {
				b.Fatal(err)
			}
			var bare, full, cpu, printed []float64
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				start, began := time.Now(), processorTime()
				lookOnly(all)
				middle, used := time.Now(), processorTime()
				if err := plan(tasks, paths, memo); err != nil {
					b.Fatal(err)
				}
				bare = append(bare, float64(middle.Sub(start)))
				full = append(full, float64(time.Since(middle)))
				planned := processorTime()
				cpu = append(cpu, float64(planned-used)/float64(used-began))
				if err := decide(tasks, paths, memo); err != nil { // prints are known now
					b.Fatal(err)
				}
				printed = append(printed, float64(processorTime()-planned)/float64(used-began))
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(slices.Min(full)/slices.Min(bare), "ratio")
			b.ReportMetric(median(cpu), "cpu-ratio")             // the same on a machine that is not idle
			b.ReportMetric(median(printed), "printed-cpu-ratio") // the digests of sources were known
			b.ReportMetric(slices.Min(bare)/float64(n), "bare-ns/task")
			b.ReportMetric(slices.Min(full)/float64(n), "ns/task")
			// What looking alone allocates, copies of paths, counts here too.
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(len(bare))/float64(n), "B/task") // of both decisions
		})
	}
}

// project makes a pipeline that is built: grids of ten tasks, a thousand products
// in a folder.
func project(b *testing.B, dir string, n int) ([]product.Task, []string) {
	b.Helper()
	tasks := make([]product.Task, n)
	paths := make([]string, n)
	for i := range tasks {
		code := fmt.Sprintf("def task%d(product, upstream):\n", i) + strings.Repeat("    frame = frame.join(other)\n", 12)
		p := params.Of("n", i, "rate", 0.25, "name", "some text")
		paths[i] = filepath.Join(dir, "out", fmt.Sprint(i/1000), fmt.Sprintf("table-%d.parquet", i))
		tasks[i] = product.Task{Name: fmt.Sprint("task", i), Code: code, Language: "py", Params: p, Products: []product.Product{{Name: paths[i]}}}
		if i >= 10 {
			tasks[i].Upstream = []int{i - 10}
		}
		if i%1000 == 0 {
			if err := os.MkdirAll(filepath.Dir(paths[i]), 0o777); err != nil {
				b.Fatal(err)
			}
		}
		record := product.AppendRecord(nil, product.NewRecord(float64(i), code, p))
		for path, content := range map[string][]byte{paths[i]: nil, files.MetadataPath(paths[i]): record} {
			if err := os.WriteFile(path, content, 0o666); err != nil {
				b.Fatal(err)
			}
		}
	}
	return tasks, paths
}

// plan decides about all tasks, from their sources and the memo's file on.
func plan(tasks []product.Task, paths []string, file string) error {
	for i := range tasks {
		tasks[i].Print = product.Print{}
	}
	return decide(tasks, paths, file)
}

func decide(tasks []product.Task, paths []string, file string) error {
	memo, err := files.OpenMemo(file)
	if err != nil {
		return err
	}
	if err = memo.Look(tasks, muchLater(), func(task, _ int) string { return paths[task] }); err != nil {
		return err
	}
	p, err := product.NewPlan(tasks, product.Options{Load: func(task, _ int, _ bool) (product.Record, error) {
		return files.Read(paths[task])
	}})
	if err != nil {
		return err
	}
	for i, v := range p.Decide() {
		if v.Action != product.Skip {
			return fmt.Errorf("task %d: %v (%s)", i, v.Action, v.Reason)
		}
	}
	return nil
}

// lookOnly looks at files with as many workers as there are processors.
func lookOnly(paths []string) {
	var workers sync.WaitGroup
	var next atomic.Int64
	const chunk = 512
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var st syscall.Stat_t
			for {
				end := int(next.Add(chunk))
				if end-chunk >= len(paths) {
					return
				}
				for _, path := range paths[end-chunk : min(end, len(paths))] {
					if err := syscall.Lstat(path, &st); err != nil {
						panic(err)
					}
				}
			}
		})
	}
	workers.Wait()
}

// processorTime returns what the process has used until now.
func processorTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkCommit runs tasks that do nothing but write their file, to show what
// it costs that records survive a loss of power.
func BenchmarkCommit(b *testing.B) {
	dir := b.TempDir()
	record := product.NewRecord(1, "code", params.Of("n", 1))
	path := filepath.Join(dir, "x")
	for b.Loop() {
		if err := files.Begin(path); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			b.Fatal(err)
		}
		if err := files.Commit([]string{path}, []product.Record{record}); err != nil {
			b.Fatal(err)
		}
	}
}
