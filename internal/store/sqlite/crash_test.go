package sqlite

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// A test that needs another process runs this program again with the name of
// a role in this variable, and the path of a database in the other one.
const (
	roleVariable = "PAWL_TEST_ROLE"
	pathVariable = "PAWL_TEST_PATH"
)

var roles = map[string]func(path string) error{
	"committer": commitForever,
	"owner":     ownForever,
	"feeder":    feedForever,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(os.Getenv(pathVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is another process that plays a role.
type process struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

func startProcess(t *testing.T, role, path string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, bufio.NewReader(out)}
	t.Cleanup(func() { p.kill(t) })
	return p
}

// line returns the next line that the process wrote, or io.EOF when it is
// dead and all were read.
func (p *process) line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", io.EOF // what it was writing when it died is no line
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// kill ends the process without giving it a chance.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && err != os.ErrProcessDone {
		t.Fatal(err)
	}
}

// wait returns when the process is dead.
func (p *process) wait() { _ = p.cmd.Wait() } // it was killed

const committers = 4

// commitForever drives a few attempts and writes a line for each commit that
// was acknowledged: the attempt and the number of the step.
func commitForever(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	epoch, err := s.Lease(ctx, "worker", 0, time.Hour)
	if err != nil {
		return err
	}
	var group errgroup.Group
	for i := range committers {
		group.Go(func() error {
			start := startOf(fmt.Sprintf("%d/%d", epoch, i))
			start.Owner, start.Epoch = "worker", epoch
			a, _, err := s.StartAttempt(ctx, start)
			for n := int64(1); err == nil; n++ {
				b := step(a.ID, n)
				b.Owner, b.Epoch = "worker", epoch
				b.Attempts = []engine.AttemptRow{{ID: a.ID, Tasks: int32(n)}}
				if err = s.Commit(ctx, b); err == nil {
					_, err = fmt.Printf("%d %d\n", a.ID, n)
				}
			}
			return err
		})
	}
	return group.Wait()
}

func TestAcknowledgedCommitsSurviveAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	acknowledged := make(map[model.AttemptID]int64)
	for round := range 20 {
		p := startProcess(t, "committer", path)
		for lines := 0; ; lines++ {
			if lines == 1+3*round {
				p.kill(t)
			}
			line, err := p.line()
			if err != nil {
				break
			}
			var id model.AttemptID
			var n int64
			if _, err := fmt.Sscan(line, &id, &n); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			acknowledged[id] = n
		}
		p.wait()
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	if len(acknowledged) < 20 {
		t.Fatalf("only %d attempts got anywhere", len(acknowledged))
	}
	for id, n := range acknowledged {
		checkWhole(t, s, id, n)
	}
}

// checkWhole checks that all steps of an attempt up to one are there, and that
// the last one is there as a whole.
func checkWhole(t *testing.T, s *Store, id model.AttemptID, acknowledged int64) {
	t.Helper()
	got, err := s.Load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(ctx, id, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	steps := int64(len(got.Tasks))
	if steps < acknowledged || got.Seq != steps || int64(len(events)) != steps || int64(got.Attempt.Tasks) != steps {
		t.Errorf("attempt %d has %d tasks, %d events up to %d and counts %d, and %d were acknowledged",
			id, steps, len(events), got.Seq, got.Attempt.Tasks, acknowledged)
	}
}

// ownForever takes the lease of "dying" and an attempt, says so, and waits to
// be killed.
func ownForever(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	epoch, err := s.Lease(ctx, "dying", 0, time.Hour)
	if err != nil {
		return err
	}
	start := startOf("k")
	start.Owner, start.Epoch = "dying", epoch
	if _, _, err := s.StartAttempt(ctx, start); err != nil {
		return err
	}
	fmt.Println(epoch)
	killed := make(chan os.Signal, 1)
	signal.Notify(killed, syscall.SIGTERM) // what is to come can't be caught
	<-killed
	return s.Close()
}

func TestTheAttemptsOfADeadProcessAreGivenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	p := startProcess(t, "owner", path)
	dying, err := p.line()
	if err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	epoch := newLease(t, s, "heir")
	wantClaim(t, s, "heir", epoch)
	if _, err := s.Lease(ctx, "dying", 0, time.Hour); model.CodeOf(err) != model.Conflict {
		t.Errorf("a second lease of the living owner: error %v, want a conflict", err)
	}

	p.kill(t)
	p.wait()
	wantClaim(t, s, "heir", epoch, 1)
	if _, err := os.Stat(filepath.Join(path+".owners", dying+".lock")); !os.IsNotExist(err) {
		t.Errorf("the lock of the dead owner is still there: %v", err)
	}
	if again := newLease(t, s, "dying"); again <= epoch {
		t.Errorf("the next epoch is %d after %d", again, epoch)
	}
}

func wantClaim(t *testing.T, s *Store, owner string, epoch int64, want ...model.AttemptID) {
	t.Helper()
	got, err := s.Claim(ctx, owner, epoch, now, 9)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s claimed %v, error %v, want %v", owner, got, err, want)
	}
}

// Two conductors of one process, or of two, share a database in the same way.
func TestAStoreThatIsClosedGivesItsAttemptsAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	first, second := openAt(t, path), openAt(t, path)
	defer closeStore(t, second)
	start := startOf("k")
	start.Owner, start.Epoch = "a", newLease(t, first, "a")
	if _, _, err := first.StartAttempt(ctx, start); err != nil {
		t.Fatal(err)
	}
	epoch := newLease(t, second, "b")
	wantClaim(t, second, "b", epoch)
	closeStore(t, first)
	// A program that another test is just starting holds the lock for a moment.
	deadline := time.After(10 * time.Second)
	for tick := time.Tick(time.Millisecond); ; {
		got, err := second.Claim(ctx, "b", epoch, now, 9)
		if err != nil || len(got) > 0 {
			if err != nil || fmt.Sprint(got) != "[1]" {
				t.Errorf("b claimed %v, error %v", got, err)
			}
			return
		}
		select {
		case <-tick:
		case <-deadline:
			t.Fatal("nobody could claim the attempt of a store that was closed")
		}
	}
}

func TestEndedLeasesLeaveNoLocks(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	newLease(t, s, "runs out")
	if err := s.EndLease(ctx, "ended", newLease(t, s, "ended")); err != nil {
		t.Fatal(err)
	}
	epoch := newLease(t, s, "replaced")
	pass(t, s, time.Hour)
	if _, err := s.Lease(ctx, "replaced", epoch, time.Hour); err != nil {
		t.Fatal(err)
	}
	claimer, err := s.Lease(ctx, "claimer", 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(ctx, "claimer", claimer, now, 1); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(s.path + ".owners")
	if err != nil || len(files) != 2 {
		t.Errorf("locks %v, error %v, want those of the two leases that stand", files, err)
	}
}

func TestAnAttemptOfAMissingLockIsGiven(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	first, second := openAt(t, path), openAt(t, path)
	defer closeStore(t, first)
	defer closeStore(t, second)
	start := startOf("k")
	start.Owner, start.Epoch = "a", newLease(t, first, "a")
	if _, _, err := first.StartAttempt(ctx, start); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path + ".owners"); err != nil {
		t.Fatal(err)
	}
	wantClaim(t, second, "b", newLease(t, second, "b"), 1)
	b := step(1, 1)
	b.Owner, b.Epoch = start.Owner, start.Epoch
	if err := first.Commit(ctx, b); model.CodeOf(err) != model.Conflict {
		t.Errorf("the owner that lost its lock committed: error %v", err)
	}
}
