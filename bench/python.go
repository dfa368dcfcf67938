package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

const (
	fibo    = "def fibo(n):\n    return n if n < 2 else fibo(n - 1) + fibo(n - 2)\n\n\ndef task():\n    assert fibo(10) == 55\n"
	pyTasks = 40
)

// pyLight is 40 small Python tasks in a row, in interpreters of their own and
// in children of one that has started before.
func pyLight(h *harness) error {
	dir, err := h.pythonProject("cold")
	if err != nil {
		return err
	}
	if err := h.measure(h.python("py-light-cold", dir, 1), program("python-loop-40", dir, "sh", "loop.sh")); err != nil {
		return err
	}
	if dir, err = h.pythonProject("forked"); err != nil {
		return err
	}
	return h.measure(
		h.python("py-light-forked", dir, 2),
		testCase{"python-forker-40", "ms", func() (float64, error) { return forker(dir) }},
		h.python("py-light-forked-with-start", dir, 1),
	)
}

func (h *harness) pythonProject(mode string) (dir string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "_export:\n  py:\n    python: /usr/bin/python3\n  python_mode: %s\n", mode)
	for i := range pyTasks {
		fmt.Fprintf(&b, "+t%d:\n  py>: tasks.task\n", i)
	}
	return h.project(map[string]string{
		"bench.dig": b.String(), "tasks.py": fibo, "forker.py": forkerSource,
		"loop.sh": "i=0; while [ $i -lt 40 ]; do /usr/bin/python3 -c 'import tasks; tasks.task()'; i=$((i+1)); done",
	})
}

// python measures the last of several runs of a project.
func (h *harness) python(name, dir string, times int) testCase {
	return testCase{name, "ms", func() (float64, error) {
		took, err := h.runHere(dir, 1, times)
		return float64(took.Microseconds()) / 1000, err
	}}
}

// forkerSource forks a child for each line that it reads.
const forkerSource = `
import os
import sys

print("ready", flush=True)
for line in sys.stdin:
    if os.fork() == 0:
        import tasks

        tasks.task()
        os._exit(0)
    print(os.wait()[1], flush=True)
`

// forker is the limit for tasks in children of an interpreter that has
// started: it does nothing else.
func forker(dir string) (ms float64, err error) {
	cmd := exec.Command("/usr/bin/python3", "forker.py")
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close(), cmd.Wait()) }()
	said := bufio.NewScanner(out)
	said.Scan()
	began := time.Now()
	for range pyTasks {
		if _, err := io.WriteString(in, "\n"); err != nil {
			return 0, err
		}
		if !said.Scan() || said.Text() != "0" {
			return 0, fmt.Errorf("a child ended with %q", said.Text())
		}
	}
	return float64(time.Since(began).Microseconds()) / 1000, nil
}
