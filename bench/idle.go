package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// startServer measures a server on SQLite: from its start to the first answer,
// and what it uses while it has nothing to do.
func startServer(h *harness) error {
	return h.measure(testCase{"start-server", "ms", h.startServer})
}

func (h *harness) startServer() (float64, error) {
	pawl, err := filepath.Abs(h.pawl)
	if err != nil {
		return 0, err
	}
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(pawl, "server", "-o", filepath.Join(h.dir, "server"), "-n", strconv.Itoa(port))
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	err = answers(fmt.Sprintf("http://127.0.0.1:%d/api/version", port))
	took := time.Since(began)
	if err == nil {
		err = h.noteIdle(cmd.Process.Pid)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	return inMilliseconds(took), nil
}

// answers returns once a server answers.
func answers(url string) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for late := time.After(10 * time.Second); ; {
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

// noteIdle notes the memory and the share of a processor that a process uses
// while it is left alone.
func (h *harness) noteIdle(pid int) error {
	settle, look := 2*time.Second, 10*time.Second
	if h.quick {
		settle, look = 0, 100*time.Millisecond
	}
	<-time.After(settle)
	before, err := processorTicks(pid)
	if err != nil {
		return err
	}
	<-time.After(look)
	after, err := processorTicks(pid)
	if err != nil {
		return err
	}
	h.note("idle-cpu", "% of a processor", 100*float64(after-before)/ticksPerSecond/look.Seconds())
	resident, err := residentMemory(pid)
	h.note("idle-memory", "MiB", resident)
	return err
}

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

// freePort returns a port that nobody listened on a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
