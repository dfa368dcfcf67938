package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// noopBuild builds a pipeline in which nothing is to be done, beside ninja with
// the same graph and a program that looks at all those files and ends.
func noopBuild(h *harness) error {
	look, err := h.lookProgram()
	if err != nil {
		return err
	}
	for _, n := range h.sizes(1_000, 10_000, 100_000) {
		if err := h.noopBuildOf(n, look); err != nil {
			return err
		}
	}
	return nil
}

func (h *harness) noopBuildOf(n int, look string) error {
	b, err := h.built(functions(n))
	if err != nil {
		return err
	}
	list := filepath.Join(b.dir, "files.txt")
	if err := errors.Join(putLines(list, b.files), ninjaProject(b.dir, n)); err != nil {
		return err
	}
	h.settle()
	// The first build looks at everything and remembers it.
	if err := errors.Join(h.nothingToDo(n, b.dir), says(b.dir, "ninja: no work to do.", "ninja")); err != nil {
		return err
	}
	ours, theirs := fmt.Sprintf("noop-build-%d", n), fmt.Sprintf("ninja-%d", n)
	if err := h.measure(
		h.command(ours, b.dir, h.pawl, "build"),
		h.command(theirs, b.dir, "ninja"),
		h.command(fmt.Sprintf("look-%d", n), b.dir, look, list),
	); err != nil {
		return err
	}
	for name, argv := range map[string][]string{ours: {h.pawl, "build"}, theirs: {"ninja"}} {
		peak, err := peakOf(b.dir, argv)
		if err != nil {
			return err
		}
		h.note(name+"-memory", "B/task", float64(peak)/float64(n))
		h.report.printFigure(name + "-memory")
	}
	return h.nothingToDo(n, b.dir)
}

// nothingToDo fails unless a build finds all tasks up to date.
func (h *harness) nothingToDo(n int, dir string) error {
	out, err := output(dir, h.pawl, "build")
	if err != nil {
		return err
	}
	if got := bytes.Count(out, []byte(" False ")); got != n {
		return fmt.Errorf("%d of %d tasks are up to date", got, n)
	}
	if _, err := os.Stat(filepath.Join(dir, ".pawl", "cache", "outline-default")); err != nil && !h.quick {
		return fmt.Errorf("nothing was remembered: %w", err)
	}
	return nil
}

// says fails unless a command says something.
func says(dir, what string, argv ...string) error {
	out, err := output(dir, argv...)
	if err == nil && !strings.Contains(string(out), what) {
		err = fmt.Errorf("%s says %q", argv[0], out)
	}
	return err
}

func output(dir string, argv ...string) ([]byte, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	return out, nil
}

// command measures a command line whose output nobody reads, and notes the
// processors' time that it takes.
func (h *harness) command(name, dir string, argv ...string) testCase {
	return testCase{name, "ms", func() (float64, error) {
		var complaint strings.Builder
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Stderr = dir, &complaint
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("%w: %s", err, complaint.String())
		}
		took := time.Since(began)
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		h.note(name+"-cpu", "ms", float64(cpu.Microseconds())/1000)
		return float64(took.Microseconds()) / 1000, nil
	}}
}

// lookProgram builds the program that only looks.
func (h *harness) lookProgram() (string, error) {
	path := filepath.Join(h.dir, "look")
	out, err := exec.Command("go", "build", "-o", path, "github.com/pawlhq/pawl/bench/look").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build look: %w: %s", err, out)
	}
	return path, nil
}

// peakOf returns how much memory a command takes at its peak, in bytes.
func peakOf(dir string, argv []string) (int64, error) {
	gauge, err := stage(part{Role: "gauge", Path: dir, Command: argv})
	if err != nil {
		return 0, err
	}
	line, err := gauge.line()
	if err = errors.Join(err, gauge.leave()); err != nil {
		return 0, err
	}
	return strconv.ParseInt(line, 10, 64)
}

// playGauge runs a command and says how much memory it took. It is a process of
// its own, because a program begins with the peak of the one that started it.
func playGauge(p part) error {
	if err := os.Unsetenv(partVariable); err != nil { // the command may be this program, too
		return err
	}
	cmd := exec.Command(p.Command[0], p.Command[1:]...)
	cmd.Dir, cmd.Stderr = p.Path, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	fmt.Println(peak(cmd.ProcessState))
	return nil
}
