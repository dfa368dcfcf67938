package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a database with one project.
type site struct {
	testing.TB
	*service.Service
	store *postgres.Store
	vault *secret.Vault
}

func newSite(t testing.TB) *site {
	t.Helper()
	at, err := postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := at.Close(); err != nil {
			t.Error(err)
		}
	})
	ring, err := secret.ParseRing("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	if err != nil {
		t.Fatal(err)
	}
	return &site{
		TB: t, store: at, vault: secret.NewVault(at, ring),
		Service: service.New(service.Config{Store: at, NewUUID: uuid.NewString, TempDir: t.TempDir()}),
	}
}

// push makes the project "p" of some files.
func (s *site) push(files map[string]string) {
	s.Helper()
	dir := s.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	var archive bytes.Buffer
	if err := project.Pack(dir, &archive, project.PackOptions{}); err != nil {
		s.Fatal(err)
	}
	if _, err := s.Push(s.Context(), service.Push{Project: "p", Revision: "1", Archive: &archive, Length: int64(archive.Len())}); err != nil {
		s.Fatal(err)
	}
}

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// start starts an attempt of that name of each workflow.
func (s *site) start(names []string, attempt string) []model.AttemptID {
	s.Helper()
	p, err := s.store.ProjectNamed(s.Context(), "p")
	if err != nil {
		s.Fatal(err)
	}
	var ids []model.AttemptID
	for _, name := range names {
		w, err := s.store.WorkflowNamed(s.Context(), p.Latest.ID, name)
		if err != nil {
			s.Fatal(err)
		}
		a, err := s.Start(s.Context(), service.Start{Workflow: &w, Session: day, Name: attempt})
		if err != nil {
			s.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	return ids
}

// drive starts a daemon, runs a function and ends the daemon.
func (s *site) drive(queues func(*worker.Worker) (daemon.Tasks, error), while func()) {
	s.Helper()
	d, err := daemon.Start(s.Context(), daemon.Config{
		Config: worker.Config{
			Store: s.store, Service: s.Service, Vault: s.vault, WorkDir: s.TempDir(),
			Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
		},
		Slots: 8, Queue: queues, NoScheduler: true,
	})
	if err != nil {
		s.Fatal(err)
	}
	while()
	if err := d.Close(); err != nil {
		s.Errorf("Close: %v", err)
	}
}

// driveByWorkers is drive with two workers, each of which has a queue, first or second,
// and keeps outputs by itself.
func (s *site) driveByWorkers(kept func() *values.Outputs, while func()) {
	s.Helper()
	q, err := queue.Open(s.Context(), queue.Config{Store: s.store, Deliver: worker.Post(s.store), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.Fatal(err)
	}
	defer q.Close()
	for _, name := range []string{"first", "second"} {
		w, err := worker.Open(worker.Config{
			Store: s.store, Service: s.Service, Vault: s.vault, WorkDir: s.TempDir(), Env: os.Environ(), Outputs: kept(), Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() {
			if err := w.Close(); err != nil {
				s.Error(err)
			}
		})
		c := q.NewConsumer(queue.ConsumerConfig{Owner: name, Queues: []string{name}, Slots: 1, Run: w.Run})
		if err := c.Start(s.Context()); err != nil {
			s.Fatal(err)
		}
		defer c.Close()
	}
	s.drive(func(*worker.Worker) (daemon.Tasks, error) { return q.NewRunner(nil) }, while)
}

// outcomes waits for the ends of attempts and returns how everything in them
// ended.
func (s *site) outcomes(ids []model.AttemptID) (list []string) {
	s.Helper()
	changed := make(chan struct{}, 1)
	stop := s.store.Watch(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	late := time.After(2 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond) // an end is told to nobody
	defer tick.Stop()
	for _, id := range ids {
		for {
			a, err := s.store.Attempt(s.Context(), id)
			if err != nil {
				s.Fatal(err)
			}
			if a.State.Done() {
				break
			}
			select {
			case <-changed:
			case <-tick.C:
			case <-late:
				s.Fatalf("attempt %d has not ended", id)
			}
		}
		list = append(list, s.outcome(id))
	}
	return list
}

func (s *site) outcome(id model.AttemptID) string {
	s.Helper()
	snap, err := s.store.Load(context.Background(), id)
	if err != nil {
		s.Fatal(err)
	}
	slices.SortFunc(snap.Tasks, func(a, b engine.TaskRow) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	var b strings.Builder
	fmt.Fprintln(&b, snap.Attempt.Session.Workflow, snap.Attempt.State)
	for i := range snap.Tasks {
		row := &snap.Tasks[i]
		fmt.Fprintf(&b, "%s %v, retries %d", row.Name, row.State, row.Retries)
		if d := row.Detail; d != nil {
			for i, m := range []params.Map{d.Export, d.Store, d.Subtasks, d.Error} {
				if m.Len() > 0 {
					fmt.Fprint(&b, " ", []string{"exports", "stores", "made", "error"}[i], m)
				}
			}
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// features are tasks of which each needs something else of where it runs.
const features = `
+vars:
  _export: {word: own}
  +say:
    sh>: test "$(cat data.txt)" = data && echo ${word} ${session_id} ${attempt_id}
+python:
  py>: tasks.give
  word: ${moment("2026-01-02").format("D")}
+given:
  sh>: test ${given} = 2
+secret:
  _env: {KEY: "${secret:key}"}
  sh>: test "$KEY" = marker
+set:
  param_set>:
  a: one
+get:
  param_get>:
  a: b
+got:
  sh>: test ${b} = one
+each:
  for_each>: {x: [1, 2, 3], y: [a, b]}
  _parallel: true
  _do:
    +it:
      sh>: echo ${x}${y} > out && test -e data.txt
+if:
  if>: ${given == 2}
  _do:
    +yes:
      echo>: yes
+called:
  call>: other.dig
+required:
  require>: other
+again:
  _retry: 2
  sh>: exit 3
  _error:
    +told:
      echo>: ${error.message}
+never:
  echo>: never
`

const tasks = `import digdag
def give(word):
    digdag.env.store({"given": int(word)})
`

// draw returns a workflow of random shape whose tasks may fail.
func draw(dice *rand.Rand, depth int) string {
	var b strings.Builder
	indent := strings.Repeat("  ", depth)
	if dice.IntN(3) == 0 {
		fmt.Fprintf(&b, "%s_parallel: true\n", indent)
	}
	for i := range 1 + dice.IntN(3) {
		fmt.Fprintf(&b, "%s+t%d:\n", indent, i)
		switch n := dice.IntN(8); {
		case n < 2 && depth < 3:
			b.WriteString(draw(dice, depth+1))
		case n == 2:
			fmt.Fprintf(&b, "%s  loop>: %d\n%s  _do:\n%s    +in:\n%s      sh>: test ${i} -lt %d\n", indent, 1+dice.IntN(3), indent, indent, indent, dice.IntN(6))
		case n == 3:
			fmt.Fprintf(&b, "%s  _retry: %d\n%s  sh>: exit %d\n", indent, 1+dice.IntN(2), indent, dice.IntN(2))
		case n == 4:
			fmt.Fprintf(&b, "%s  fail>: by ${session_date}\n", indent)
		default:
			fmt.Fprintf(&b, "%s  sh>: echo ${task_name} && test -e data.txt\n", indent)
		}
	}
	return b.String()
}

// The same attempts come to the same, whether their tries run in the server or
// on a worker.
func TestTriesOfAQueueEndAsLocalOnesDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files := map[string]string{
		"features.dig": "timezone: UTC\n" + features, "other.dig": "timezone: UTC\n+o:\n  sh>: test -e data.txt\n",
		"data.txt": "data\n", "tasks.py": tasks,
	}
	names := []string{"features"}
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		name := fmt.Sprint("random", i)
		names = append(names, name)
		files[name+".dig"] = "timezone: UTC\n" + draw(dice, 0)
	}
	s.push(files)
	p, err := s.store.ProjectNamed(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.vault.Set(t.Context(), secret.Place{Project: p.ID, Scope: secret.OfProject, Key: "key"}, "marker"); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	s.drive(nil, func() { want = s.outcomes(s.start(names, "")) })
	q, err := queue.Open(t.Context(), queue.Config{Store: s.store, Deliver: worker.Post(s.store), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	s.drive(func(w *worker.Worker) (daemon.Tasks, error) {
		return q.NewRunner(q.NewConsumer(queue.ConsumerConfig{Owner: "worker", Slots: 8, Run: w.Run}))
	}, func() { got = s.outcomes(s.start(names, "queue")) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-local +queue):\n%s", diff)
	}
	if !strings.Contains(want[0], "+features+got success") || !strings.Contains(want[0], "+features+again failed") {
		t.Errorf("the features ended as\n%s", want[0])
	}
}

// A report is posted to whoever drives the attempt, where this process does not; one
// to an attempt that is over, or was deleted, is of no use to anybody.
func TestReportsArePosted(t *testing.T) {
	t.Parallel()
	at := memory.New()
	defer at.Close()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Operator: "echo"}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	a, _, err := at.StartAttempt(t.Context(), store.Start{Session: store.Session{Workflow: "w", Key: "1"}, Definition: def})
	if err != nil {
		t.Fatal(err)
	}
	post, id := worker.Deliver(func() *conductor.Conductor { return nil }, at), model.TryID{Attempt: a.ID, Task: 3, Try: 2}
	for _, r := range []runner.Report{
		{ID: id, Outcome: engine.Command{Kind: engine.Succeed}}, {ID: id, Lost: true}, {ID: model.TryID{Attempt: 1000}, Lost: true},
	} {
		if err := post(t.Context(), r); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	snap, err := at.Load(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []engine.Command
	for _, p := range snap.Inbox {
		got = append(got, p.Command)
	}
	want := []engine.Command{{Kind: engine.Succeed, Task: 3, Try: 2}, {Kind: engine.Lose, Task: 3, Try: 2}}
	if diff := gocmp.Diff(want, got, gocmp.Comparer(func(a, b params.Map) bool { return params.Equal(a, b) })); diff != "" {
		t.Errorf("the inbox: %s", diff)
	}
	row := snap.Attempt.AttemptRow
	row.State = engine.AttemptKilled
	if err := at.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}}); err != nil {
		t.Fatal(err)
	}
	if err := post(t.Context(), runner.Report{ID: id, Lost: true}); err != nil {
		t.Errorf("an attempt that is over: %v", err)
	}
}

// A program that begins late, as its host was away, does not run what was ended
// meanwhile.
func TestATryOfAnAttemptThatIsOverRunsNothing(t *testing.T) {
	t.Parallel()
	at := memory.New()
	defer at.Close()
	ran := filepath.Join(t.TempDir(), "ran")
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Operator: "sh", Config: params.Of("sh>", "touch "+ran)}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	a, _, err := at.StartAttempt(t.Context(), store.Start{Session: store.Session{Workflow: "w", Key: "1"}, Definition: def})
	if err != nil {
		t.Fatal(err)
	}
	w, err := worker.Open(worker.Config{
		Store: at, Service: service.New(service.Config{Store: at, NewUUID: uuid.NewString}), Folder: t.TempDir(), WorkDir: t.TempDir(),
		Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	job := w.Attempt(a, "dig").Job(&engine.Effect{Try: 1, Name: "+w", Node: def.Root})
	work, err := job.Work.(*executor.Try).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	row := a.AttemptRow
	row.State = engine.AttemptKilled
	if err := at.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Run(t.Context(), job.ID, work).(engine.Command); got.Kind != engine.Fail {
		t.Errorf("it ended as %+v", got)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("it ran")
	}
}
