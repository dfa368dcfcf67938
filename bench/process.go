package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/workflow"
)

// project writes the files of a project and returns its folder.
func (h *harness) project(files map[string]string) (string, error) {
	dir, err := os.MkdirTemp(h.dir, "project-")
	if err != nil {
		return "", err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// runHere runs the one workflow of a project in this process, in memory, as
// often as said, and returns how long the last attempt took.
func (h *harness) runHere(dir string, slots, times int) (time.Duration, error) {
	p, err := dig.LoadProject(os.DirFS(dir), dir)
	if err != nil {
		return 0, err
	}
	in, err := instance.Open(context.Background(), instance.Config{
		Project: dir, Workflows: p.Workflows, Logs: filepath.Join(dir, "logs"), Slots: slots,
		Env: os.Environ(), Clock: clock.System{}, Log: quietly(),
	})
	if err != nil {
		return 0, err
	}
	var took time.Duration
	for i := range times {
		began := time.Now()
		if err := attempt(in, p.Workflows[0], time.Unix(int64(i), 0)); err != nil {
			return 0, errors.Join(err, in.Close())
		}
		took = time.Since(began)
	}
	return took, in.Close()
}

// attempt runs a workflow and fails unless it succeeds.
func attempt(in *instance.Instance, w *workflow.Workflow, session time.Time) error {
	ctx := context.Background()
	calendar, err := instance.CalendarOf(w)
	if err != nil {
		return err
	}
	b, err := in.Begin(ctx, instance.Request{Workflow: w, Calendar: calendar, Session: session})
	if err != nil {
		return err
	}
	row, err := in.Wait(ctx, b.Attempt.ID)
	if err == nil && row.State != engine.AttemptSuccess {
		err = fmt.Errorf("attempt is %v", row.State)
	}
	return err
}

// parallelTasks is a workflow of n independent tasks.
func parallelTasks(n int, body string) string {
	var b strings.Builder
	b.WriteString("_parallel: true\n")
	for i := range n {
		fmt.Fprintf(&b, "+t%d:\n  %s\n", i, body)
	}
	return b.String()
}

func shTrue(h *harness) error {
	return h.shells("sh-true", "sh>: 'true'", "true", []string{"/bin/sh", "-c", "true"})
}

func shDirect(h *harness) error {
	return h.shells("sh-direct", "sh>: /bin/true", "/bin/true", []string{"/bin/true"})
}

// shells measures independent shell tasks beside ninja, which runs the same
// command, and the machine's limits, of which floor is the task's own.
func (h *harness) shells(name, body, command string, floor []string) error {
	edges, forks := h.size(2_000, 20), h.size(1_000, 20)
	dir, err := h.project(map[string]string{"bench.dig": parallelTasks(edges, body)})
	if err != nil {
		return err
	}
	for _, slots := range []int{1, 2} {
		suffix := fmt.Sprintf("-j%d", slots)
		err := h.measure(
			testCase{name + suffix, "tasks/s", func() (float64, error) {
				took, err := h.runHere(dir, slots, 1)
				return float64(edges) / took.Seconds(), err
			}},
			h.ninja(edges, slots, command, "ninja"+suffix),
			h.ninja(edges, slots, "printf '%s' '"+command+"' > $out.sh && sh $out.sh", "ninja-script-file"+suffix),
			testCase{"fork-exec-sh" + suffix, "tasks/s", func() (float64, error) {
				return forkExec([]string{"/bin/sh", "-c", command}, forks, slots)
			}},
			testCase{"fork-exec-true" + suffix, "tasks/s", func() (float64, error) {
				return forkExec([]string{"/bin/true"}, forks, slots)
			}},
		)
		if err != nil {
			return err
		}
		err = h.measure(
			processorTime(name+"-cpu"+suffix, edges, func() error { _, err := h.runHere(dir, slots, 1); return err }),
			processorTime("fork-exec-cpu"+suffix, forks, func() error { _, err := forkExec(floor, forks, slots); return err }),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// processorTime measures how much of the processors' time n tasks take, in
// this process and in the programs that it starts.
func processorTime(name string, n int, run func() error) testCase {
	return testCase{name, "µs/task", func() (float64, error) {
		began := used()
		err := run()
		return float64((used() - began).Nanoseconds()) / 1000 / float64(n), err
	}}
}

// ninja runs n edges that are out of date, all with the same command.
func (h *harness) ninja(n, jobs int, command, name string) testCase {
	return testCase{name, "tasks/s", func() (float64, error) {
		took, err := h.ninjaTime(n, jobs, command)
		return float64(n) / took.Seconds(), err
	}}
}

// ninjaEdges is the time that ninja takes for one edge.
func (h *harness) ninjaEdges(n int, command, name, unit string) testCase {
	return testCase{name, unit, func() (float64, error) {
		took, err := h.ninjaTime(n, 2, command)
		return float64(took.Microseconds()) / float64(n), err
	}}
}

func (h *harness) ninjaTime(n, jobs int, command string) (time.Duration, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "rule r\n  command = %s\n", command)
	for i := range n {
		fmt.Fprintf(&b, "build t%d: r\n", i)
	}
	dir, err := h.project(map[string]string{"build.ninja": b.String()})
	if err != nil {
		return 0, err
	}
	cmd := exec.Command("ninja", "-C", dir, fmt.Sprintf("-j%d", jobs), "--quiet")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	return time.Since(began), nil
}

// program measures a whole command line.
func program(name, dir string, argv ...string) testCase {
	return testCase{name, "ms", func() (float64, error) {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = dir
		began := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, out)
		}
		return float64(time.Since(began).Microseconds()) / 1000, nil
	}}
}

// sh40 is 40 tasks in a row from a cold start, with their state on disk.
func sh40(h *harness) error {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "+t%d:\n  sh>: 'true'\n", i)
	}
	dir, err := h.project(map[string]string{
		"bench.dig": b.String(), "loop.sh": "i=0; while [ $i -lt 40 ]; do sh -c true; i=$((i+1)); done",
	})
	if err != nil {
		return err
	}
	return h.measure(
		program("sh-40", dir, h.pawl, "run", "--rerun"),
		program("shell-loop-40", dir, "sh", "loop.sh"),
	)
}

// start measures the program as it starts, and its size.
func start(h *harness) error {
	dir, err := h.project(map[string]string{"bench.dig": "+a:\n  echo>: hello\n"})
	if err != nil {
		return err
	}
	if err := h.measure(
		program("start-version", dir, h.pawl, "version"),
		program("start-run", dir, h.pawl, "run", "--rerun"),
		program("start-ninja", dir, "ninja", "--version"),
		program("start-python", dir, "/usr/bin/python3", "-c", "pass"),
	); err != nil {
		return err
	}
	info, err := os.Stat(h.pawl)
	if err != nil {
		return err
	}
	h.note("binary-size", "MB", float64(info.Size())/1e6)
	h.report.printFigure("binary-size")
	return nil
}
