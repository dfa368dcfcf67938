//go:build unix

package python_test

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// BenchmarkTasks runs 100 small tasks at two slots, as children of a host and,
// in turn, as programs that import the module and call the function.
func BenchmarkTasks(b *testing.B) {
	for name, imports := range map[string]string{"plain": "import json", "pandas": "import pandas"} {
		b.Run(name, func(b *testing.B) {
			dir := project(b, map[string]string{"tasks.py": imports + `
def make(n, product):
    with open(product, "w") as f: json.dump(n, f) if "json" in globals() else f.write(str(n))
`})
			var forked, limit cost
			for b.Loop() {
				forked.add(slots(b, func() (func(int) error, func()) {
					h, _ := host(b, dir, func(c *python.Config) { c.Preload = []string{"tasks"} })
					return func(i int) error {
						_, err := h.Run(b.Context(), python.Task{
							Name: "make", Dotted: "tasks.make", Params: params.Of("n", i),
							Product: file(filepath.Join(dir, fmt.Sprintf("%d.txt", i))),
						}, io.Discard)
						return err
					}, h.Close
				}))
				limit.add(slots(b, func() (func(int) error, func()) {
					path := pythontest.Path(b)
					return func(i int) error {
						c := exec.Command(path, "-c", fmt.Sprintf("import tasks; tasks.make(%d, '%d.txt')", i, i))
						c.Dir = dir
						return c.Run()
					}, func() {}
				}))
			}
			n := float64(b.N)
			b.ReportMetric(float64(forked.wall.Milliseconds())/n, "ms/forked")
			b.ReportMetric(float64(forked.cpu.Milliseconds())/n, "cpu-ms/forked")
			b.ReportMetric(float64(limit.wall.Milliseconds())/n, "ms/programs")
			b.ReportMetric(float64(limit.cpu.Milliseconds())/n, "cpu-ms/programs")
			b.ReportMetric(limit.wall.Seconds()/forked.wall.Seconds(), "times")
		})
	}
}

// cost is the time of a clock, and that of processors in programs.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(o cost) { c.wall += o.wall; c.cpu += o.cpu }

// slots returns what 100 tasks cost of which two run at a time.
func slots(b *testing.B, begin func() (run func(int) error, end func())) cost {
	started, before := time.Now(), programs(b)
	run, end := begin()
	var wg sync.WaitGroup
	for slot := range 2 {
		wg.Go(func() {
			for i := slot; i < 100; i += 2 {
				if err := run(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	end()
	return cost{time.Since(started), programs(b) - before}
}

// programs returns the time that programs which have ended took of processors.
func programs(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
