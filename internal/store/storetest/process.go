package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	ossignal "os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// A test that needs another process runs its own program again with the name of
// a role in this variable.
const roleVariable = "PAWL_TEST_ROLE"

// PlayRole plays the role that this process was started for, which goes on until
// the process is killed, and reports whether there is any: TestMain calls it.
func PlayRole(roles map[string]func() error) (played bool, err error) {
	role, played := roles[os.Getenv(roleVariable)]
	if played {
		err = role()
	}
	return played, err
}

// Process is another process that plays a role.
type Process struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

// StartProcess starts the program of the test in a role, with more variables in
// its environment. It is killed when the test ends.
func StartProcess(t *testing.T, role string, env ...string) *Process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), roleVariable+"="+role), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{cmd, bufio.NewReader(out)}
	t.Cleanup(func() { p.kill(t) })
	return p
}

// Line returns the next line that the process wrote, or io.EOF when it is dead
// and all were read.
func (p *Process) Line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", io.EOF // what it was writing when it died is no line
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// End ends the process without giving it a chance and returns when it is dead.
func (p *Process) End(t *testing.T) {
	t.Helper()
	p.kill(t)
	_ = p.cmd.Wait() // it was killed
}

func (p *Process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// ReadAndKill takes the lines that the process writes, and kills it after some of
// them, which may be followed by what it wrote meanwhile.
func (p *Process) ReadAndKill(t *testing.T, after int, take func(line string) error) {
	t.Helper()
	for lines := 0; ; lines++ {
		if lines == after {
			p.kill(t)
		}
		line, err := p.Line()
		if err != nil {
			break
		}
		if err := take(line); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
	}
	p.End(t)
}

// CommitForever is a role: it commits steps of four attempts under a lease, and
// writes the attempt and the number of each that was acknowledged.
func CommitForever(s store.Store, owner string) error {
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		return err
	}
	var group errgroup.Group
	for i := range 4 {
		group.Go(func() error {
			start := StartOf(fmt.Sprintf("%d/%d", epoch, i))
			start.Owner, start.Epoch = owner, epoch
			a, _, err := s.StartAttempt(ctx, start)
			for n := int64(1); err == nil; n++ {
				b := Step(a.ID, n)
				b.Owner, b.Epoch = owner, epoch
				b.Attempts = []engine.AttemptRow{{ID: a.ID, Tasks: int32(n)}}
				if err = s.Commit(ctx, b); err == nil {
					_, err = fmt.Fprintf(os.Stdout, "%d %d\n", a.ID, n)
				}
			}
			return err
		})
	}
	return group.Wait()
}

// Acknowledged takes the lines of processes that commit forever: the last step
// of each attempt.
type Acknowledged map[model.AttemptID]int64

// Take reads a line.
func (a Acknowledged) Take(line string) error {
	var id model.AttemptID
	var n int64
	if _, err := fmt.Sscan(line, &id, &n); err != nil {
		return err
	}
	a[id] = n
	return nil
}

// Check checks each attempt.
func (a Acknowledged) Check(t *testing.T, s store.Store) {
	t.Helper()
	for id, n := range a {
		CheckWhole(t, s, id, n)
	}
}

// CheckWhole checks that all steps of an attempt up to one that was acknowledged
// are there, and that the last one is there as a whole.
func CheckWhole(t *testing.T, s store.Store, id model.AttemptID, acknowledged int64) {
	t.Helper()
	load := func() *store.Snapshot {
		got, err := s.Load(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	var events []engine.Event
	got := load()
	// A server can still be at the last commit of a process that is dead.
	for before := int64(-1); before != got.Seq; {
		before = got.Seq
		var err error
		if events, err = s.Events(ctx, id, 0, 1_000_000); err != nil {
			t.Fatal(err)
		}
		got = load()
	}
	steps := int64(len(got.Tasks))
	if steps < acknowledged || got.Seq != steps || int64(len(events)) != steps || int64(got.Attempt.Tasks) != steps {
		t.Errorf("attempt %d has %d tasks, %d events up to %d and counts %d, and %d were acknowledged",
			id, steps, len(events), got.Seq, got.Attempt.Tasks, acknowledged)
	}
}

// OwnForever is a role: it takes a lease and an attempt, writes the epoch, and
// waits to be killed.
func OwnForever(s store.Store, owner string) error {
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		return err
	}
	start := StartOf("k")
	start.Owner, start.Epoch = owner, epoch
	if _, _, err := s.StartAttempt(ctx, start); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, epoch); err != nil {
		return err
	}
	killed := make(chan os.Signal, 1)
	ossignal.Notify(killed, syscall.SIGTERM) // what is to come can't be caught
	<-killed
	return s.Close()
}
