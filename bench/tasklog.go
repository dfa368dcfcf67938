package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A line of a task is so long, with its end.
const logLine = 100

// taskLog has one task print much, and many tasks print little, through pawl;
// beside a file of their own, and a program that copies a pipe to a file with the
// time before each line and does nothing else.
func taskLog(h *harness) error {
	lines, tasks := h.size(2_000_000, 2_000), h.size(1_000, 10)
	told := filepath.Join(h.dir, "printed")
	printer, err := printing(lines, told)
	if err != nil {
		return err
	}
	small := []string{"/usr/bin/seq", "-f", "%099.0f", "100"}
	one, err := h.project(map[string]string{"bench.dig": "+print:\n  sh>: |\n    " + strings.Join(quoted(printer), " ") + "\n"})
	if err != nil {
		return err
	}
	many, err := h.project(map[string]string{"bench.dig": parallelTasks(tasks, "sh>: "+strings.Join(small, " "))})
	if err != nil {
		return err
	}
	rate := func(n int, run func() (time.Duration, error)) func() (float64, error) {
		return func() (float64, error) {
			took, err := run()
			return float64(n) / took.Seconds(), err
		}
	}
	return errors.Join(
		h.measure(
			testCase{"task-log", "lines/s", rate(lines, func() (time.Duration, error) { return h.printHere(one, lines) })},
			testCase{"capture-log", "lines/s", rate(lines, func() (time.Duration, error) { return h.capture(printer, 1, lines) })},
		),
		h.measure(
			testCase{"task-log-program", "lines/s", rate(lines, func() (time.Duration, error) {
				_, err := h.printHere(one, lines)
				return itself(told, err)
			})},
			testCase{"file-log-program", "lines/s", rate(lines, func() (time.Duration, error) {
				return itself(told, h.printToFile(printer, lines))
			})},
		),
		h.measure(
			testCase{"task-log-small", "lines/s", rate(100*tasks, func() (time.Duration, error) { return h.printHere(many, 100*tasks) })},
			testCase{"capture-log-small", "lines/s", rate(100*tasks, func() (time.Duration, error) { return h.capture(small, tasks, 100) })},
		),
	)
}

// printing is a command that prints so many lines, and writes to a file how long it
// took.
func printing(lines int, told string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(part{Role: "printer", Workflows: lines, Path: told})
	return []string{"/usr/bin/env", partVariable + "=" + string(text), self}, err
}

func quoted(words []string) (list []string) {
	for _, w := range words {
		list = append(list, "'"+w+"'")
	}
	return list
}

// playPrinter prints as a program in C does: a block of a disk at a time.
func playPrinter(p part) error {
	w := bufio.NewWriterSize(os.Stdout, 4<<10)
	line := strings.Repeat("x", logLine-1) + "\n"
	began := time.Now()
	for range p.Workflows {
		if _, err := w.WriteString(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return os.WriteFile(p.Path, []byte(time.Since(began).String()), 0o600)
}

// printHere runs a project and checks how much it has printed.
func (h *harness) printHere(dir string, lines int) (time.Duration, error) {
	logs := filepath.Join(dir, "logs")
	if err := os.RemoveAll(logs); err != nil {
		return 0, err
	}
	took, err := h.runHere(dir, 2, 1)
	if err != nil {
		return 0, err
	}
	var size int64
	files, err := filepath.Glob(filepath.Join(logs, "*", "*.log"))
	for _, f := range files {
		info, serr := os.Stat(f)
		if serr != nil {
			return 0, serr
		}
		size += info.Size()
	}
	if size != int64(lines)*logLine {
		err = fmt.Errorf("%d bytes were kept of %d lines", size, lines)
	}
	return took, err
}

// itself returns how long the program says that its printing took.
func itself(told string, err error) (time.Duration, error) {
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(told)
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(string(text))
}

func (h *harness) printToFile(command []string, lines int) error {
	f, err := os.CreateTemp(h.dir, "log-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // its folder goes anyway
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout = f
	err = cmd.Run()
	if info, serr := f.Stat(); serr != nil || info.Size() != int64(lines)*logLine {
		err = errors.Join(err, serr, fmt.Errorf("it has printed less than %d lines", lines))
	}
	return errors.Join(err, f.Close())
}

// capture runs a command so many times, two at a time, and puts the time before
// each line that it prints.
func (h *harness) capture(command []string, times, lines int) (time.Duration, error) {
	slots, ended := make(chan struct{}, 2), make(chan error, times)
	began := time.Now()
	for range times {
		slots <- struct{}{}
		go func() {
			ended <- h.captureOne(command, lines)
			<-slots
		}()
	}
	var err error
	for range times {
		err = errors.Join(err, <-ended)
	}
	return time.Since(began), err
}

func (h *harness) captureOne(command []string, lines int) error {
	f, err := os.CreateTemp(h.dir, "log-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // its folder goes anyway
	cmd := exec.Command(command[0], command[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in, to := bufio.NewReaderSize(out, 256<<10), bufio.NewWriterSize(f, 256<<10)
	var stamp []byte
	n := 0
	for ; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		stamp = time.Now().UTC().AppendFormat(stamp[:0], "2006-01-02T15:04:05.000Z ")
		if _, err := to.Write(stamp); err != nil {
			return err
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
	if n != lines {
		err = fmt.Errorf("%d lines came of %d", n, lines)
	}
	return errors.Join(err, to.Flush(), cmd.Wait(), f.Close())
}
