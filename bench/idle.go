package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/parts"
)

// startServer measures a server on SQLite: from its start to the first answer,
// and what it uses while it has nothing to do.
func startServer(h *harness) error {
	return h.measure(testCase{"start-server", "ms", func() (float64, error) {
		took, err := h.serve(filepath.Join(h.dir, "server"), func(pid int) error {
			memory, share, err := h.idle(pid)
			h.note("idle-cpu", "% of a processor", share)
			h.note("idle-memory", "MiB", memory)
			return err
		})
		return inMilliseconds(took), err
	}})
}

// serve starts a server on a folder, calls look once it answers, and ends it. It
// returns how long the first answer took.
func (h *harness) serve(dir string, look func(pid int) error) (took time.Duration, err error) {
	port, err := parts.Port()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(h.pawl, "server", "-o", dir, "-n", strconv.Itoa(port))
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	err = answers(fmt.Sprintf("http://127.0.0.1:%d/api/version", port))
	took = time.Since(began)
	if err == nil {
		err = look(cmd.Process.Pid)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	return took, nil
}

// answers returns once a server answers.
func answers(url string) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for late := time.After(time.Minute); ; {
		res, err := client.Get(url)
		if err == nil {
			return res.Body.Close()
		}
		select {
		case <-late:
			return err
		case <-time.After(time.Millisecond / 2):
		}
	}
}

// idle returns the memory in MiB and the share of a processor in percent that a
// process uses while it is left alone.
func (h *harness) idle(pid int) (memory, share float64, err error) {
	settle, look := 2*time.Second, 10*time.Second
	if h.quick {
		settle, look = 0, 100*time.Millisecond
	}
	<-time.After(settle)
	before, err := processorTicks(pid)
	if err != nil {
		return 0, 0, err
	}
	<-time.After(look)
	after, err := processorTicks(pid)
	if err != nil {
		return 0, 0, err
	}
	memory, err = residentMemory(pid)
	return memory, 100 * float64(after-before) / ticksPerSecond / look.Seconds(), err
}

// residentMemory returns that of a process in MiB.
// ticksPerSecond is the unit of times in /proc.
const ticksPerSecond = 100

func processorTicks(pid int) (n int64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before may have spaces
	fields := bytes.Fields(rest)
	const user, system = 11, 12
	for _, i := range []int{user, system} {
		ticks, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return 0, err
		}
		n += ticks
	}
	return n, nil
}

// residentMemory returns that of a process in MiB.
func residentMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(status, []byte("VmRSS:"))
	if !found {
		return 0, errors.New("/proc has no VmRSS")
	}
	var kib float64
	_, err = fmt.Sscan(string(rest), &kib)
	return kib / 1024, err
}
