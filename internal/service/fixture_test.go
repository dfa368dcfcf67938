package service_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when tests happen.
var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// still is a clock that stands.
type still struct{ now time.Time }

func (c *still) Now() time.Time { return c.now }

func (c *still) After(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// fixture is a service under test with the calls that tests make often.
type fixture struct {
	*testing.T
	*service.Service
	store store.Store
	clock *still
}

func open(t *testing.T, adjust func(*service.Config)) *fixture {
	t.Helper()
	f := &fixture{T: t, store: memory.New(), clock: &still{noon}}
	t.Cleanup(func() { must(t, f.store.Close()) })
	uuids := 0
	cfg := service.Config{Store: f.store, Clock: f.clock, TempDir: t.TempDir(), NewUUID: func() string { uuids++; return fmt.Sprint("uuid", uuids) }}
	if adjust != nil {
		adjust(&cfg)
	}
	f.Service = service.New(cfg)
	return f
}

// archive packs files, given as names and contents in turn.
func archive(t *testing.T, files ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		must(t, os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o644))
	}
	var b bytes.Buffer
	must(t, project.Pack(dir, &b, project.PackOptions{}))
	return b.Bytes()
}

// push adds a revision of the project p, changed by adjust.
func (f *fixture) push(revision string, adjust func(*service.Push), files ...string) (store.Project, error) {
	f.Helper()
	body := archive(f.T, files...)
	p := service.Push{Project: "p", Revision: revision, Archive: bytes.NewReader(body), Length: int64(len(body))}
	if adjust != nil {
		adjust(&p)
	}
	return f.Push(f.Context(), p)
}

// pushed is push that succeeds.
func (f *fixture) pushed(revision string, files ...string) store.Project {
	f.Helper()
	p, err := f.push(revision, nil, files...)
	must(f.T, err)
	return p
}

func (f *fixture) workflow(id model.WorkflowID) *store.Workflow {
	f.Helper()
	w, err := f.store.Workflow(f.Context(), id)
	must(f.T, err)
	return &w
}

// schedule returns the only schedule.
func (f *fixture) schedule() store.Schedule {
	f.Helper()
	list, _, err := f.store.ListSchedules(f.Context(), store.ScheduleFilter{}, store.Page{})
	must(f.T, err)
	if len(list) != 1 {
		f.Fatalf("there are %d schedules", len(list))
	}
	return list[0]
}

// fired notes that a slot was started, as a scheduler does.
func (f *fixture) fired(slot string) {
	f.Helper()
	s := f.schedule()
	s.LastTime = model.InstantOf(at(f.T, slot))
	_, err := f.store.ChangeSchedule(f.Context(), s)
	must(f.T, err)
}

// end drives an attempt to its end: the tasks named succeed, in order, each
// storing its name; the last one fails if failed is set.
func (f *fixture) end(id model.AttemptID, failed bool, tasks ...string) {
	f.Helper()
	snap, err := f.store.Load(f.Context(), id)
	must(f.T, err)
	a, err := engine.Restore(snap.Definition, snap.Attempt.AttemptRow, snap.Growths, snap.Tasks, snap.Seq)
	must(f.T, err)
	var step engine.Step
	now := model.InstantOf(noon)
	must(f.T, a.Apply(now, engine.Command{Kind: engine.Begin}, &step))
	for i, name := range tasks {
		task, ok := a.Find(name)
		if !ok {
			f.Fatalf("there is no task %s", name)
		}
		c := engine.Command{Kind: engine.Succeed, Task: task, Try: a.Task(task).Try, Result: &engine.Result{Store: params.Of("by", name)}}
		if failed && i == len(tasks)-1 {
			c.Kind, c.Failure = engine.Fail, &engine.Failure{Error: params.Of("message", "no")}
		}
		must(f.T, a.Apply(now, c, &step))
	}
	must(f.T, f.store.Commit(f.Context(), &store.Batch{Attempts: step.Attempts, Tasks: step.Tasks, Grown: step.Grown, Events: step.Events}))
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	must(t, err)
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
