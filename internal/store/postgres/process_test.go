package postgres

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// A test that needs another process runs this program again with the name of
// a role in this variable, and the URL and the schema in the other ones.
const (
	roleVariable   = "PAWL_TEST_ROLE"
	urlVariable    = "PAWL_TEST_URL"
	schemaVariable = "PAWL_TEST_SCHEMA"
)

var roles = map[string]func(Config) error{
	"committer": commitForever,
	"owner":     ownForever,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(Config{URL: os.Getenv(urlVariable), Schema: os.Getenv(schemaVariable)}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is another process that plays a role.
type process struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

func startProcess(t *testing.T, role string, cfg Config) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, urlVariable+"="+cfg.URL, schemaVariable+"="+cfg.Schema)
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

// commitForever drives a few attempts and writes a line for each commit that
// was acknowledged: the attempt and the number of the step.
func commitForever(cfg Config) error {
	s, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	owner := fmt.Sprint("worker ", os.Getpid())
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		return err
	}
	var group errgroup.Group
	for i := range 4 {
		group.Go(func() error {
			start := startOf(fmt.Sprintf("%d/%d", epoch, i))
			start.Owner, start.Epoch = owner, epoch
			a, _, err := s.StartAttempt(ctx, start)
			for n := int64(1); err == nil; n++ {
				b := step(a.ID, n)
				b.Owner, b.Epoch = owner, epoch
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
	cfg := tempConfig(t)
	acknowledged := make(map[model.AttemptID]int64)
	const rounds = 4
	for round := range rounds {
		p := startProcess(t, "committer", cfg)
		for lines := 0; ; lines++ {
			if lines == 1+30*round {
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
	s := openAndClose(t, cfg)
	if len(acknowledged) < rounds {
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
	var events []engine.Event
	got := load(t, s, id)
	// The server can still be at the last commit of a process that is dead.
	for before := int64(-1); before != got.Seq; {
		before = got.Seq
		var err error
		if events, err = s.Events(ctx, id, 0, 1_000_000); err != nil {
			t.Fatal(err)
		}
		got = load(t, s, id)
	}
	steps := int64(len(got.Tasks))
	if steps < acknowledged || got.Seq != steps || int64(len(events)) != steps || int64(got.Attempt.Tasks) != steps {
		t.Errorf("attempt %d has %d tasks, %d events up to %d and counts %d, and %d were acknowledged",
			id, steps, len(events), got.Seq, got.Attempt.Tasks, acknowledged)
	}
}

func load(t *testing.T, s *Store, id model.AttemptID) *store.Snapshot {
	t.Helper()
	got, err := s.Load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// ownForever takes the lease of "dying" and an attempt, says so, and waits to
// be killed.
func ownForever(cfg Config) error {
	s, err := Open(ctx, cfg)
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
	cfg := tempConfig(t)
	p := startProcess(t, "owner", cfg)
	if _, err := p.line(); err != nil {
		t.Fatal(err)
	}
	s := openAndClose(t, cfg)
	epoch := newLease(t, s, "heir")
	wantClaim(t, s, "heir", epoch)
	if _, err := s.Lease(ctx, "dying", 0, time.Hour); model.CodeOf(err) != model.Conflict {
		t.Errorf("a second lease of the living owner: error %v, want a conflict", err)
	}

	p.kill(t)
	p.wait()
	within(t, "the attempt is given", func() bool {
		got, err := s.Claim(ctx, "heir", epoch, now, 9)
		if err != nil {
			t.Fatal(err)
		}
		return len(got) == 1
	})
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

// within waits for what the server notices on its own, such as a connection
// that is gone.
func within(t *testing.T, what string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatalf("5 s passed before %s", what)
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
