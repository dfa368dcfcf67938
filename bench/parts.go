package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/store/postgres"
)

// A benchmark that needs another process runs this program again with a part
// in this variable.
const partVariable = "PAWL_BENCH_PART"

// part says what such a process does, and where.
type part struct {
	Role string
	// Config is the PostgreSQL store, and Path the SQLite one, or the folder of a
	// command.
	Config  postgres.Config
	Path    string
	Command []string
	// Workflows is how many of them are in flight.
	Workflows int
}

var roles = map[string]func(part) error{
	"worker":  playWorker,
	"queue":   playQueue,
	"printer": playPrinter,
	"driver":  playDriver,
	"ticker":  playTicker,
	"gauge":   playGauge,
}

// playPart plays the part that this process was given, if any.
func playPart() (played bool, err error) {
	text := os.Getenv(partVariable)
	if text == "" {
		return false, nil
	}
	var p part
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return true, err
	}
	return true, roles[p.Role](p)
}

// actor is a process that plays a part.
type actor struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func stage(p part) (*actor, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), partVariable+"="+string(text))
	return startActor(cmd)
}

// startActor starts a program that is told things and says things, line by
// line.
func startActor(cmd *exec.Cmd) (*actor, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &actor{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

func (a *actor) say(line string) error {
	_, err := io.WriteString(a.in, line+"\n")
	return err
}

// line returns the next line that the process says, or io.EOF when it has ended
// and all were read.
func (a *actor) line() (string, error) {
	line, err := a.out.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}

func (a *actor) expect(want string) error {
	got, err := a.line()
	if err == nil && got != want {
		err = fmt.Errorf("the other process says %q, not %q", got, want)
	}
	return err
}

// count adds the numbers that the process says to a sum, and tells done when
// that reaches n, or why it never will.
func (a *actor) count(sum *atomic.Int64, n int, done chan<- error) {
	for {
		var more int64
		line, err := a.line()
		if err == nil {
			_, err = fmt.Sscan(line, &more)
		}
		if total := sum.Add(more); err != nil && total < int64(n) || total >= int64(n) && total-more < int64(n) {
			done <- err
		}
		if err != nil {
			return
		}
	}
}

// leave tells the process to end, and waits.
func (a *actor) leave() error { return errors.Join(a.in.Close(), a.cmd.Wait()) }

// kill ends the process without giving it a chance.
func (a *actor) kill() error {
	if err := a.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// bury waits for a process that was killed.
func (a *actor) bury() { _ = a.cmd.Wait() } // it says that it was killed
