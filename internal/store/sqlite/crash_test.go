package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// pathVariable has the path of the database of a process that plays a role.
const pathVariable = "PAWL_TEST_PATH"

func TestMain(m *testing.M) {
	played, err := storetest.PlayRole(map[string]func() error{
		"committer": inRole(func(s *Store) error { return storetest.CommitForever(s, "worker") }),
		"owner":     inRole(func(s *Store) error { return storetest.OwnForever(s, "dying") }),
		"feeder":    inRole(feedForever),
	})
	if !played {
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inRole opens the database of a process that plays a role.
func inRole(play func(*Store) error) func() error {
	return func() error {
		s, err := Open(os.Getenv(pathVariable))
		if err != nil {
			return err
		}
		return play(s)
	}
}

func startProcess(t *testing.T, role, path string) *storetest.Process {
	t.Helper()
	return storetest.StartProcess(t, role, pathVariable+"="+path)
}

func TestAcknowledgedCommitsSurviveAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	acknowledged := make(storetest.Acknowledged)
	for round := range 20 {
		startProcess(t, "committer", path).ReadAndKill(t, 1+3*round, acknowledged.Take)
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	if len(acknowledged) < 20 {
		t.Fatalf("only %d attempts got anywhere", len(acknowledged))
	}
	acknowledged.Check(t, s)
}

func TestTheAttemptsOfADeadProcessAreGivenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	p := startProcess(t, "owner", path)
	dying, err := p.Line()
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

	p.End(t)
	wantClaim(t, s, "heir", epoch, 1)
	if _, err := os.Stat(filepath.Join(path+".owners", dying+".lock")); !os.IsNotExist(err) {
		t.Errorf("the lock of the dead owner is still there: %v", err)
	}
	if again := newLease(t, s, "dying"); again <= epoch {
		t.Errorf("the next epoch is %d after %d", again, epoch)
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
	deadline := time.After(2 * time.Minute)
	for tick := time.Tick(time.Millisecond); ; {
		got, err := second.Claim(ctx, 0, "b", epoch, now, 9)
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
	if _, err := s.Claim(ctx, 0, "claimer", claimer, now, 1); err != nil {
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
