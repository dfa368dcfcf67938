package postgres

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// The URL and the schema of a process that plays a role are in these variables.
const (
	urlVariable    = "PAWL_TEST_URL"
	schemaVariable = "PAWL_TEST_SCHEMA"
)

func TestMain(m *testing.M) {
	played, err := storetest.PlayRole(map[string]func() error{
		"committer": inRole(func(s *Store) error { return storetest.CommitForever(s, fmt.Sprint("worker ", os.Getpid())) }),
		"owner":     inRole(func(s *Store) error { return storetest.OwnForever(s, "dying") }),
	})
	if !played {
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inRole opens the store of a process that plays a role.
func inRole(play func(*Store) error) func() error {
	return func() error {
		s, err := Open(ctx, Config{URL: os.Getenv(urlVariable), Schema: os.Getenv(schemaVariable)})
		if err != nil {
			return err
		}
		return play(s)
	}
}

func startProcess(t *testing.T, role string, cfg Config) *storetest.Process {
	t.Helper()
	return storetest.StartProcess(t, role, urlVariable+"="+cfg.URL, schemaVariable+"="+cfg.Schema)
}

func TestAcknowledgedCommitsSurviveAKill(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	acknowledged := make(storetest.Acknowledged)
	const rounds = 4
	for round := range rounds {
		startProcess(t, "committer", cfg).ReadAndKill(t, 1+30*round, acknowledged.Take)
	}
	s := openAndClose(t, cfg)
	if len(acknowledged) < rounds {
		t.Fatalf("only %d attempts got anywhere", len(acknowledged))
	}
	acknowledged.Check(t, s)
}

func TestTheAttemptsOfADeadProcessAreGivenAtOnce(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	p := startProcess(t, "owner", cfg)
	if _, err := p.Line(); err != nil {
		t.Fatal(err)
	}
	s := openAndClose(t, cfg)
	epoch := newLease(t, s, "heir")
	wantClaim(t, s, "heir", epoch)
	if _, err := s.Lease(ctx, "dying", 0, time.Hour); model.CodeOf(err) != model.Conflict {
		t.Errorf("a second lease of the living owner: error %v, want a conflict", err)
	}

	p.End(t)
	within(t, "the attempt is given", func() bool {
		got, err := s.Claim(ctx, 0, "heir", epoch, now, 9)
		if err != nil {
			t.Fatal(err)
		}
		return len(got) == 1
	})
	if again := newLease(t, s, "dying"); again <= epoch {
		t.Errorf("the next epoch is %d after %d", again, epoch)
	}
}

// within waits for what the server notices on its own, such as a connection
// that is gone.
func within(t *testing.T, what string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatalf("2 min passed before %s", what)
		}
	}
}

func TestAStoreThatIsClosedGivesItsAttemptsAway(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	first, second := openAt(t, cfg), openAndClose(t, cfg)
	start := startOf("k")
	start.Owner, start.Epoch = "a", newLease(t, first, "a")
	if _, _, err := first.StartAttempt(ctx, start); err != nil {
		t.Fatal(err)
	}
	epoch := newLease(t, second, "b")
	wantClaim(t, second, "b", epoch)
	closeStore(t, first)
	wantClaim(t, second, "b", epoch, 1)
}
