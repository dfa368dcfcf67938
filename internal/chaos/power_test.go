//go:build linux

package chaos

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// A server with the embedded database loses nothing that anybody has seen when
// the power goes: what it did to the disk is recorded, and at random places
// made into what a disk may hold then.
func TestPowerCutsLoseNothingThatWasSeen(t *testing.T) {
	t.Parallel()
	random := dice(t, 3)
	calls, seen, folder := record(t, random)
	d, group := newDisk(folder), keeper(t)
	ends := make(map[int]func())
	var told int // how many of seen are certain at this place
	places := drawPlaces(random, len(calls), *cuts)
	for i := range calls {
		c := &calls[i]
		for told < len(seen) && c.name != resumed && !seen[told].at.After(c.at) {
			told++
		}
		for len(places) > 0 && places[0] == i {
			places = places[1:]
			// The call at this place is under way.
			left := &remains{where: fmt.Sprintf("call %d of %d", i, len(calls)), dir: t.TempDir(), seen: seen[:told]}
			must(t, d.cut(left.dir, random))
			left.check(t)
			if len(places)%30 == 0 {
				left.revive(t, group)
			}
			must(t, os.RemoveAll(left.dir))
		}
		if c.name == resumed {
			ends[c.ends]()
			delete(ends, c.ends)
			continue
		}
		if end := d.apply(c); c.open {
			ends[i] = end
		} else {
			end()
		}
	}
	t.Logf("%d power cuts in %d calls; %d facts were seen", *cuts, len(calls), len(seen))
}

// drawPlaces returns n places of calls, in order.
func drawPlaces(dice *rand.Rand, calls, n int) []int {
	places := make([]int, n)
	for i := range places {
		places[i] = dice.IntN(calls)
	}
	slices.Sort(places)
	return places
}

// fact is something that a client was told, and when it knew.
type fact struct {
	at      time.Time
	attempt model.AttemptID
	// done and success are how the attempt stood.
	done, success bool
}

// powered is how many workflows are started while writes are recorded.
const powered = 24

// record lets servers work, of which the first is killed, and returns what they
// did to the disk, what clients saw, and the folder with the database.
func record(t *testing.T, dice *rand.Rand) (calls []call, seen []fact, folder string) {
	t.Helper()
	dir := t.ArtifactDir()
	folder = filepath.Join(dir, "data")
	group := keeper(t)
	archive := pack(t, "testdata/light")
	for run, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		r := &recording{t: t, dir: dir, folder: folder, trace: filepath.Join(dir, fmt.Sprintf("trace%d", run)), group: group}
		r.start()
		r.ask(archive, run)
		wait(t.Context(), time.Duration(dice.IntN(30))*time.Millisecond)
		r.end(signal)
		f, err := os.Open(r.trace)
		if err != nil {
			t.Fatal(err)
		}
		list, err := readCalls(f)
		_ = f.Close() // it was only read
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if list[i].name == resumed {
				list[i].ends += len(calls)
			}
		}
		calls, seen = append(calls, list...), append(seen, r.seen...)
	}
	slices.SortStableFunc(seen, func(a, b fact) int { return a.at.Compare(b.at) })
	return calls, seen, folder
}

// recording is one server whose writes are recorded.
type recording struct {
	t                  *testing.T
	dir, folder, trace string
	group              int
	strace             *exec.Cmd

	mu   sync.Mutex
	seen []fact
}

func (r *recording) start() {
	config := configure(r.t, r.dir, r.folder)
	r.strace = traced(r.t, r.trace, program(r.t), "server", "-c", config, "-L", filepath.Join(r.dir, "log"))
	r.strace.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: r.group}
	must(r.t, r.strace.Start())
}

// configure writes a configuration for a server with the embedded database and
// returns where it is. What the server says of itself is in dir.
func configure(t *testing.T, dir, folder string) string {
	t.Helper()
	addresses := filepath.Join(dir, "addresses")
	must(t, os.RemoveAll(addresses)) // those of a server that is gone
	lines := fmt.Sprintf("database.path = %s\nserver.port = 0\nserver.runtime-info.path = %s\nlog-server.type = null\n", folder, addresses)
	config := filepath.Join(dir, "config")
	must(t, os.WriteFile(config, []byte(lines), 0o644))
	return config
}

// end ends the server, which is the only child of strace, and waits until all
// is recorded.
func (r *recording) end(signal syscall.Signal) {
	r.t.Helper()
	pid := r.strace.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	must(r.t, err)
	var child int
	_, err = fmt.Sscan(string(text), &child)
	must(r.t, err)
	must(r.t, syscall.Kill(child, signal))
	_ = r.strace.Wait() // it ends as the server does
}

// ask starts workflows from several clients at once and looks at them until
// most are done.
func (r *recording) ask(archive []byte, run int) {
	r.t.Helper()
	m := &member{dir: r.dir}
	l := &load{cluster: &cluster{members: []*member{m}}, archive: archive, dice: rand.New(rand.NewPCG(1, uint64(run)))}
	ctx, cancel := context.WithTimeoutCause(r.t.Context(), settleAfter, errors.New("it takes too long"))
	defer cancel()
	must(r.t, l.push(ctx, fmt.Sprintf("r%d", run), time.Time{}))
	var of client.Workflow
	must(r.t, l.ask(ctx, func(ctx context.Context, c *client.Client) error {
		p, err := c.Project(ctx, projectName)
		if err == nil {
			of, err = c.Workflow(ctx, p.ID, "light", "")
		}
		return err
	}))
	var clients sync.WaitGroup
	errs := make(chan error, powered)
	for i := range powered {
		clients.Go(func() {
			errs <- l.ask(ctx, func(ctx context.Context, c *client.Client) error { return r.follow(ctx, c, of.ID, run*powered+i) })
		})
		if i%4 == 3 {
			clients.Wait()
		}
	}
	clients.Wait()
	close(errs)
	for err := range errs {
		must(r.t, err)
	}
}

// follow starts an attempt and looks at it until it is done; of some, it is
// content with the start.
func (r *recording) follow(ctx context.Context, c *client.Client, of client.ID, n int) error {
	at := client.SessionTime{Time: epoch.Add(time.Duration(n) * time.Hour)}
	a, err := c.Start(ctx, client.Start{Workflow: of, SessionTime: at, Params: params.Map{}})
	for first := true; err == nil; first = false {
		var id int64
		if id, err = strconv.ParseInt(string(a.ID), 10, 64); err != nil {
			return err
		}
		if first || a.Done {
			r.mu.Lock()
			r.seen = append(r.seen, fact{at: time.Now(), attempt: model.AttemptID(id), done: a.Done, success: a.Success})
			r.mu.Unlock()
		}
		if a.Done || n%5 == 0 {
			return nil
		}
		a, err = c.Attempt(ctx, a.ID)
	}
	return err
}

// remains are a folder as a power cut may leave it.
type remains struct {
	where, dir string
	seen       []fact
}

func (r *remains) database() string { return filepath.Join(r.dir, "pawl.db") }

// check fails unless the database is whole and has all that was seen.
func (r *remains) check(t *testing.T) {
	t.Helper()
	s, err := sqlite.Open(r.database())
	if err != nil {
		t.Fatalf("%s: %v", r.where, err)
	}
	for _, f := range r.seen {
		a, err := s.Attempt(t.Context(), f.attempt)
		if err != nil || f.done && (!a.State.Done() || f.success != (a.State == engine.AttemptSuccess)) {
			t.Fatalf("%s: attempt %d was seen, done: %v, success: %v; now it is %v, %v", r.where, f.attempt, f.done, f.success, a.State, err)
		}
	}
	must(t, s.Close())
	must(t, whole(t.Context(), r.database()))
}

// revive lets a server go on with the database until all has ended well.
func (r *remains) revive(t *testing.T, group int) {
	t.Helper()
	p := exec.Command(program(t), "server", "-c", configure(t, r.dir, r.dir), "-L", filepath.Join(r.dir, "log"))
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
	must(t, p.Start())
	s, err := sqlite.Open(r.database())
	must(t, err)
	ctx, cancel := context.WithTimeoutCause(t.Context(), settleAfter, errors.New("it takes too long"))
	defer cancel()
	if err := settled(ctx, s); err != nil {
		t.Errorf("%s: %v", r.where, err)
	}
	readTruth(t, s).checkHistory(t)
	must(t, s.Close())
	for m := (&member{dir: r.dir}); m.endpoint() == ""; {
		must(t, wait(ctx, time.Millisecond))
	}
	must(t, p.Process.Kill())
	_ = p.Wait() // it was killed
}

// whole asks SQLite whether a database is as it should be.
func whole(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return errors.New(said)
	}
	return nil
}

// pack packs a folder as a push does.
func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, project.Pack(dir, &b, project.PackOptions{}))
	return b.Bytes()
}
