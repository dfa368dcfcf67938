package daemon_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/worker"
)

// site is a store with a daemon at work on it.
type site struct {
	*testing.T
	store *noted
	*service.Service
	vault *secret.Vault
	logs  *logs.Dir
}

// noted tells when something was committed.
type noted struct {
	store.Store
	commits chan struct{}
}

func (n *noted) Commit(ctx context.Context, b *store.Batch) error {
	err := n.Store.Commit(ctx, b)
	select {
	case n.commits <- struct{}{}:
	default:
	}
	return err
}

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOn(t, memory.New())
}

// newSiteOn makes a site on a store, which stays open.
func newSiteOn(t *testing.T, on store.Store) *site {
	t.Helper()
	s := &site{T: t, store: &noted{on, make(chan struct{}, 1)}, logs: logs.At(t.TempDir())}
	ring, err := secret.ParseRing("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	if err != nil {
		t.Fatal(err)
	}
	s.vault = secret.NewVault(s.store, ring)
	s.Service = service.New(service.Config{Store: s.store, NewUUID: uuid.NewString, TempDir: t.TempDir()})
	return s
}

// work starts a daemon, which is closed when the test ends.
func (s *site) work(change func(*daemon.Config)) *daemon.Daemon {
	s.Helper()
	cfg := daemon.Config{
		Config: worker.Config{
			Store: s.store, Service: s.Service, Vault: s.vault, Logs: s.logs, WorkDir: s.TempDir(),
			Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
		},
		Slots: 2,
	}
	if change != nil {
		change(&cfg)
	}
	d, err := daemon.Start(s.Context(), cfg)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := d.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	})
	return d
}

// push makes a revision of project "p" of some files.
func (s *site) push(revision string, files map[string]string) {
	s.Helper()
	if err := s.tryPush(revision, files); err != nil {
		s.Fatal(err)
	}
}

func (s *site) tryPush(revision string, files map[string]string) error {
	s.Helper()
	dir := s.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	var archive bytes.Buffer
	if err := project.Pack(dir, &archive, project.PackOptions{}); err != nil {
		s.Fatal(err)
	}
	_, err := s.Push(s.Context(), service.Push{
		Project: "p", Revision: revision, Archive: &archive, Length: int64(archive.Len()),
	})
	return err
}

func (s *site) workflow(name string) *store.Workflow {
	s.Helper()
	p, err := s.store.ProjectNamed(s.Context(), "p")
	if err != nil {
		s.Fatal(err)
	}
	w, err := s.store.WorkflowNamed(s.Context(), p.Latest.ID, name)
	if err != nil {
		s.Fatal(err)
	}
	return &w
}

// start starts an attempt of a session.
func (s *site) start(r service.Start) store.Attempt {
	s.Helper()
	if r.Session.IsZero() {
		r.Session = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	a, err := s.Start(s.Context(), r)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

// until waits for an attempt that a test is content with.
func (s *site) until(id model.AttemptID, content func(*store.Snapshot) bool) *store.Snapshot {
	s.Helper()
	for late := time.After(30 * time.Second); ; {
		snap, err := s.store.Load(s.Context(), id)
		if err != nil {
			s.Fatal(err)
		}
		if content(snap) {
			return snap
		}
		select {
		case <-s.store.commits:
		case <-late:
			s.Fatalf("attempt %d is %s, and has %+v", id, snap.Attempt.State, snap.Tasks)
		}
	}
}

func (s *site) ended(id model.AttemptID) engine.AttemptState {
	s.Helper()
	return s.until(id, func(snap *store.Snapshot) bool { return snap.Attempt.State.Done() }).Attempt.State
}

// output returns what the first try of a task printed.
func (s *site) output(id model.AttemptID, name string) string {
	s.Helper()
	snap, err := s.store.Load(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	for i := range snap.Tasks {
		if r := &snap.Tasks[i]; r.Name == name {
			lines, err := s.logs.Tail(model.TryID{Attempt: id, Task: r.ID, Try: 1}, name, 100)
			if err != nil {
				s.Fatal(err)
			}
			return strings.Join(lines, "\n")
		}
	}
	s.Fatalf("attempt %d has no task %s", id, name)
	return ""
}

func TestAPushedProjectRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{
		"w.dig":       "+a:\n  sh>: cat data/in.txt; echo $greeting ${project_id} ${session_date}\n  _env: {greeting: '${word}'}\n",
		"data/in.txt": "from a file\n",
	})
	s.work(func(c *daemon.Config) { c.Defaults = params.Of("word", "default", "other", 1) })
	a := s.start(service.Start{Workflow: s.workflow("w"), Params: params.Of("word", "hello")})
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s", got)
	}
	if got, want := s.output(a.ID, "+w+a"), "from a file\nhello 1 2026-01-01"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

// Each task has files of its own, as they were pushed.
func TestTasksDoNotSeeEachOthersFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{
		"w.dig": "+a:\n  sh>: echo changed > in.txt\n+b:\n  sh>: cat in.txt\n", "in.txt": "as pushed\n",
	})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.ended(a.ID)
	if got := s.output(a.ID, "+w+b"); got != "as pushed" {
		t.Errorf("the second task read %q", got)
	}
}

func TestAnAttemptKeepsItsRevision(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "+a:\n  sh>: cat in.txt\n", "in.txt": "old\n"})
	old := s.workflow("w")
	s.push("2", map[string]string{"w.dig": "+a:\n  sh>: cat in.txt\n", "in.txt": "new\n"})
	s.work(nil)
	a := s.start(service.Start{Workflow: old})
	b := s.start(service.Start{Workflow: s.workflow("w"), Name: "again"})
	s.ended(a.ID)
	s.ended(b.ID)
	if first, second := s.output(a.ID, "+w+a"), s.output(b.ID, "+w+a"); first != "old" || second != "new" {
		t.Errorf("the attempts read %q and %q", first, second)
	}
}

func TestAResumedAttemptTakesOverWhatSucceeded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "+a:\n  store>: {x: 1}\n+b:\n  sh>: test ${again} = yes\n+c:\n  echo>: ${x}\n"})
	s.work(nil)
	w := s.workflow("w")
	first := s.start(service.Start{Workflow: w, Params: params.Of("again", "no")})
	if got := s.ended(first.ID); got != engine.AttemptFailed {
		t.Fatalf("the first attempt is %s", got)
	}
	for name, resume := range map[string]service.Resume{"failed": {Attempt: first.ID}, "from": {Attempt: first.ID, From: "+b"}} {
		second := s.start(service.Start{Workflow: w, Name: name, Params: params.Of("again", "yes"), Resume: resume})
		snap := s.until(second.ID, func(snap *store.Snapshot) bool { return snap.Attempt.State.Done() })
		replayed := ""
		for i := range snap.Tasks {
			if snap.Tasks[i].Flags&engine.Replayed != 0 {
				replayed += snap.Tasks[i].Name
			}
		}
		if snap.Attempt.State != engine.AttemptSuccess || replayed != "+w+a" || s.output(second.ID, "+w+c") != "1" {
			t.Errorf("%s: state %s, replayed %q", name, snap.Attempt.State, replayed)
		}
	}
}

func TestATaskRequiresASession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "+a:\n  require>: other\n", "other.dig": "+b:\n  echo>: here\n"})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s", got)
	}
	of, err := s.store.FindSession(t.Context(), 1, "other", "2026-01-01T00:00:00Z")
	if err != nil || of.Last.State != engine.AttemptSuccess {
		t.Errorf("the required attempt is %s, error %v", of.Last.State, err)
	}
}

// The end of an attempt that has the name of a call would be told to its task.
func TestATaskRequiresNothingInTheNameOfACall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{
		"w.dig": "+a:\n  require>: other\n  retry_attempt_name: ^1.2.0\n", "other.dig": "+b:\n  echo>: here\n",
	})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	if got := s.ended(a.ID); got != engine.AttemptFailed {
		t.Errorf("the attempt is %s", got)
	}
	if of, err := s.store.FindSession(t.Context(), 1, "other", "2026-01-01T00:00:00Z"); model.CodeOf(err) != model.NotFound {
		t.Errorf("the required attempt is %q, error %v", of.Last.Name, err)
	}
}

func TestTasksReadTheSecretsOfTheirProject(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "+a:\n  _env: {word: '${secret:pass.word}'}\n  sh>: test \"$word\" = sesame && echo \"$word\"\n"})
	place := secret.Place{Project: 1, Scope: secret.OfProject, Key: "pass.word"}
	if err := s.vault.Set(t.Context(), place, "sesame"); err != nil {
		t.Fatal(err)
	}
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s", got)
	}
	if got := s.output(a.ID, "+w+a"); got != "***" {
		t.Errorf("the log shows %q", got)
	}
}

func TestAKillEndsTheProgramsOfAnAttempt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "+a:\n  sh>: sleep 600\n"})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(snap *store.Snapshot) bool {
		return len(snap.Tasks) > 1 && snap.Tasks[1].State == model.Running
	})
	if _, err := s.Kill(t.Context(), a.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got := s.ended(a.ID); got != engine.AttemptKilled {
		t.Errorf("the attempt is %s", got)
	}
}

func TestBackfilledSessionsRunInOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("1", map[string]string{"w.dig": "schedule:\n  daily>: 00:00:00\n+a:\n  echo>: ${session_date}\n"})
	s.work(func(c *daemon.Config) { c.NoScheduler = true })
	from := time.Now().UTC().AddDate(0, 0, -3)
	_, list, err := s.Backfill(t.Context(), 1, service.Backfill{From: from, Name: "fill", Count: 3})
	if err != nil || len(list) != 3 {
		t.Fatalf("%d attempts, error %v", len(list), err)
	}
	var last model.Instant
	for i := range list {
		snap := s.until(list[i].ID, func(snap *store.Snapshot) bool { return snap.Attempt.State.Done() })
		if snap.Attempt.State != engine.AttemptSuccess || snap.Attempt.Started < last {
			t.Errorf("attempt %d: %s, started before the one before it had ended", list[i].ID, snap.Attempt.State)
		}
		last = snap.Attempt.Ended
	}
}

// What runs ends well when a daemon is drained, and the next one goes on.
func TestADrainedDaemonFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	s.push("1", map[string]string{
		"w.dig": fmt.Sprintf("+a:\n  sh>: mkfifo %[1]s/go; echo there > %[1]s/here; cat %[1]s/go\n+b:\n  echo>: done\n", dir),
	})
	d := s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(snap *store.Snapshot) bool {
		return len(snap.Tasks) > 1 && snap.Tasks[1].State == model.Running
	})
	await(t, filepath.Join(dir, "here"))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Drain(over); err == nil { // which begins nothing more
		t.Fatal("nothing runs any more")
	}
	release(t, filepath.Join(dir, "go"))
	if err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	snap, err := s.store.Load(t.Context(), a.ID)
	if err != nil || snap.Tasks[1].State != model.Success || snap.Attempt.State.Done() {
		t.Fatalf("after the end: %+v, error %v", snap.Tasks, err)
	}
	s.work(nil)
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s", got)
	}
}

// await waits for a file that somebody makes.
func await(t *testing.T, path string) {
	t.Helper()
	for late := time.After(30 * time.Second); ; {
		_, err := os.Stat(path)
		if err == nil {
			return
		}
		select {
		case <-late:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
}

// release writes to a pipe once somebody made it.
func release(t *testing.T, pipe string) {
	t.Helper()
	for late := time.After(30 * time.Second); ; {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("go on\n")
			if err != nil || f.Close() != nil {
				t.Fatal(err)
			}
			return
		}
		select {
		case <-late:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
}

// A late attempt is told, and fails if it must, once its tasks have ended.
func TestALateAttemptFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	s.push("1", map[string]string{"w.dig": fmt.Sprintf(
		"sla:\n  duration: 00:00:00\n  fail: true\n  +tell:\n    echo>: late\n+a:\n  sh>: mkfifo %[1]s/go; cat %[1]s/go\n", dir)})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(snap *store.Snapshot) bool {
		ended := map[string]bool{}
		for i := range snap.Tasks {
			ended[snap.Tasks[i].Name] = snap.Tasks[i].State.Final()
		}
		return ended["+w^sla^alert"] && ended["+w^sla^fail"] && ended["+w^sla+tell"]
	})
	if snap, err := s.store.Load(t.Context(), a.ID); err != nil || snap.Attempt.State.Done() {
		t.Errorf("the attempt is %s while its task runs, error %v", snap.Attempt.State, err)
	}
	release(t, filepath.Join(dir, "go"))
	if got := s.ended(a.ID); got != engine.AttemptFailed {
		t.Errorf("the attempt is %s", got)
	}
}

// A server that others had to believe dead drives on under another lease, and
// runs again what it could not finish.
func TestADaemonThatLostItsLeaseBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	s.push("1", map[string]string{"w.dig": fmt.Sprintf(
		"+a:\n  sh>: cd %[1]s; if [ -e go ]; then echo again; else mkfifo go; cat go; fi\n", dir)})
	d := s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	snap := s.until(a.ID, func(snap *store.Snapshot) bool {
		return len(snap.Tasks) > 1 && snap.Tasks[1].State == model.Running
	})
	await(t, filepath.Join(dir, "go"))
	if err := s.store.EndLease(t.Context(), snap.Attempt.Owner, snap.Attempt.Epoch); err != nil {
		t.Fatal(err)
	}
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s", got)
	}
	if l, err := d.Load(t.Context()); err != nil || l.Driven != 0 {
		t.Errorf("it drives %d attempts, error %v", l.Driven, err)
	}
	select {
	case <-d.Done():
		t.Error("the daemon has ended")
	default:
	}
}
