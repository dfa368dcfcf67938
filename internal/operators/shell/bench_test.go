package shell_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/pawlhq/pawl/internal/operators/shell"
)

// BenchmarkSh runs tasks, one and two at a time, each with its output in a
// file: a script, and a plain program, which needs no shell.
func BenchmarkSh(b *testing.B) {
	for name, text := range map[string]string{"script": "true", "program": "/bin/true"} {
		for _, parallel := range []int{1, 2} {
			b.Run(name+"/"+strconv.Itoa(parallel), func(b *testing.B) {
				project := b.TempDir()
				next, done := make(chan struct{}), make(chan error)
				for range parallel {
					go func() {
						var err error
						for range next {
							if rerr := runLogged(b, project, text); rerr != nil {
								err = rerr
							}
						}
						done <- err
					}()
				}
				b.ReportAllocs()
				for b.Loop() {
					next <- struct{}{}
				}
				close(next)
				for range parallel {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
			})
		}
	}
}

// runLogged runs a text with a new file for its output.
func runLogged(b *testing.B, project, text string) error {
	f, err := os.CreateTemp(project, "log")
	if err != nil {
		return err
	}
	tk := task(project, text)
	tk.Env = os.Environ()
	tk.Output = f
	if _, err := shell.Spec().Operator.Run(b.Context(), tk); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Remove(filepath.Clean(f.Name()))
}
