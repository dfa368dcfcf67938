//go:build unix

package process_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/pawlhq/pawl/internal/process"
)

// BenchmarkRun starts and reaps programs, one and two at a time.
func BenchmarkRun(b *testing.B) {
	for name, c := range map[string]*process.Command{
		"true": {Path: "/bin/true", Args: []string{"true"}, Env: os.Environ()},
		"sh":   {Path: "/bin/sh", Args: []string{"sh", "-c", "true"}, Env: os.Environ()},
	} {
		for _, parallel := range []int{1, 2} {
			b.Run(name+"/"+strconv.Itoa(parallel), func(b *testing.B) {
				b.ReportAllocs()
				next := make(chan struct{})
				done := make(chan error)
				for range parallel {
					go func() {
						var err error
						for range next {
							if _, rerr := c.Run(context.Background()); rerr != nil {
								err = rerr
							}
						}
						done <- err
					}()
				}
				for b.Loop() {
					next <- struct{}{}
				}
				close(next)
				for range parallel {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "starts/s")
			})
		}
	}
}

func BenchmarkLook(b *testing.B) {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for b.Loop() {
		if _, err := process.Look("cat", "/", env); err != nil {
			b.Fatal(err)
		}
	}
}
