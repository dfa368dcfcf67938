//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kind is what processes of one kind are started with.
type kind struct {
	name  string
	count int
	// settings are those of the configuration of one of them, beside those
	// that all have.
	settings func(dir string) []string
}

// member is one process that is started again whenever it ends, as by systemd.
type member struct {
	name, dir string
	command   func() *exec.Cmd
	proxy     *proxy

	mu      sync.Mutex
	running *exec.Cmd // nil while it is down
	ended   chan struct{}
	// killed counts how often it was killed, and left how often it ended because
	// it could not work on.
	killed, left int
}

// keeper starts a process group that ends with this process, in whatever way
// that does, and returns its number.
func keeper(t *testing.T) int {
	t.Helper()
	k := exec.Command("/bin/sh", "-c", "read -r line; kill -KILL 0")
	k.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := k.StdinPipe()
	if err == nil {
		err = k.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pipe.Close() // it kills itself by it
		_ = k.Wait()
	})
	return k.Process.Pid
}

// newMember prepares a process with a folder and a configuration of its own.
func newMember(t *testing.T, c *cluster, k kind, n int) *member {
	t.Helper()
	m := &member{name: fmt.Sprintf("%s%d", k.name, n), proxy: startProxy(t, c.databaseAt())}
	m.dir = filepath.Join(c.dir, m.name)
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lines := append(c.settings(m), k.settings(m.dir)...)
	config := filepath.Join(m.dir, "config")
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m.command = func() *exec.Cmd {
		p := exec.Command(c.program, k.name, "-c", config, "-L", filepath.Join(m.dir, "log"))
		p.Dir = m.dir
		p.Env = append(os.Environ(), "PAWL_CHAOS_LEDGER="+c.ledger, "TMPDIR="+c.temp, "XDG_CONFIG_HOME="+m.dir)
		p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: c.keeper}
		return p
	}
	return m
}

// keep runs the process until ctx is done, and then ends it gently. What it
// says when it can't go on is in the file "output" of its folder.
func (m *member) keep(ctx context.Context, pause func() time.Duration) error {
	out, err := os.Create(filepath.Join(m.dir, "output"))
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		p := m.command()
		p.Stdout, p.Stderr = out, out
		if err := p.Start(); err != nil {
			return err
		}
		ended := make(chan struct{})
		m.set(p, ended)
		go func() { // received below
			_ = p.Wait()
			close(ended)
		}()
		select {
		case <-ended:
			m.died(p)
		case <-ctx.Done():
			return m.stop(p, ended)
		}
		select {
		case <-time.After(pause()):
		case <-ctx.Done():
			return nil
		}
	}
}

func (m *member) set(p *exec.Cmd, ended chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running, m.ended = p, ended
}

func (m *member) died(p *exec.Cmd) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = nil
	if status, ok := p.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		m.killed++
	} else {
		m.left++
	}
}

// stopWithin is how long the tasks that run may take to end. None takes a
// second.
const stopWithin = time.Minute

// stop ends the process as an operator does, and fails if it does not obey.
// What it exits with is its own affair: it may have just found out that its
// lease is lost.
func (m *member) stop(p *exec.Cmd, ended chan struct{}) error {
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // it has just ended
	}
	select {
	case <-ended:
		return nil
	case <-time.After(stopWithin):
		_ = p.Process.Kill()
		<-ended
		return fmt.Errorf("%s did not end within %v", m.name, stopWithin)
	}
}

// kill kills the process and returns once it is dead, or false if it is down.
func (m *member) kill() bool {
	m.mu.Lock()
	p, ended := m.running, m.ended
	m.mu.Unlock()
	if p == nil || p.Process.Kill() != nil {
		return false
	}
	<-ended
	return true
}

// endpoint returns where the process answers requests, or "" while nobody
// knows.
func (m *member) endpoint() string {
	text, err := os.ReadFile(filepath.Join(m.dir, "addresses"))
	if err != nil {
		return ""
	}
	var at struct {
		Local []struct {
			Host string `json:"host"`
			Port int    `json:"port"`
		} `json:"local_addresses"`
	}
	if json.Unmarshal(text, &at) != nil || len(at.Local) == 0 {
		return ""
	}
	return fmt.Sprintf("http://%s:%d", at.Local[0].Host, at.Local[0].Port)
}
