package storetest

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// sensedPush describes a revision whose workflows have sensors, but for those whose
// names begin with "plain". Those whose names begin with "go" are of a program.
func (f *fixture) sensedPush(project, revision string, workflows ...string) store.Push {
	p := f.push(project, revision, workflows...)
	for i := range p.Workflows {
		w := *p.Workflows[i].Definition
		if !strings.HasPrefix(w.Name, "plain") {
			w.Sensor = params.Of("sh>", "look")
		}
		if strings.HasPrefix(w.Name, "go") {
			w.Dialect = workflow.Program
		}
		p.Workflows[i].Definition = &w
	}
	return p
}

func (f *fixture) sensor(id model.SensorID) store.Sensor {
	f.Helper()
	s, err := f.store.Sensor(ctx, id)
	if err != nil {
		f.Fatalf("Sensor(%d): %v", id, err)
	}
	return s
}

func (f *fixture) changeSensor(s store.Sensor) store.Sensor {
	f.Helper()
	s, err := f.store.ChangeSensor(ctx, s)
	if err != nil {
		f.Fatalf("ChangeSensor(%d): %v", s.ID, err)
	}
	return s
}

// sensorTick is a tick of a sensor of the first project.
func sensorTick(reason string) store.Tick {
	return store.Tick{At: now, Kind: store.SensorTick, Project: 1, Name: "a", Outcome: store.TickSkipped, Reason: reason}
}

func (f *fixture) sensorTicked(s store.Sensor, keys ...string) store.Sensor {
	f.Helper()
	s, err := f.store.SensorTicked(ctx, s, sensorTick("no files"), keys)
	if err != nil {
		f.Fatalf("SensorTicked(%d): %v", s.ID, err)
	}
	return s
}

// wantReasons checks what the ticks of sensors say, the latest first.
func (f *fixture) wantReasons(want ...string) {
	f.Helper()
	list, _, err := f.store.ListTicks(ctx, store.TickFilter{Kind: store.SensorTick}, store.Page{})
	if err != nil {
		f.Fatalf("ListTicks: %v", err)
	}
	var got []string
	for i := range list {
		got = append(got, list[i].Reason)
	}
	f.same("ticks", got, want)
}

// dueAt makes a sensor due at an instant.
func (f *fixture) dueAt(id model.SensorID, at model.Instant) {
	f.Helper()
	s := f.sensor(id)
	s.NextTick = at
	f.changeSensor(s)
}

func (f *fixture) listSensors(filter store.SensorFilter) listing[store.Sensor] {
	return func(page store.Page) ([]store.Sensor, string, error) {
		return f.store.ListSensors(ctx, filter, page)
	}
}

func (f *fixture) sensors(ids ...model.SensorID) (list []store.Sensor) {
	f.Helper()
	for _, id := range ids {
		list = append(list, f.sensor(id))
	}
	return list
}

// wantSensors checks which sensors are due at an instant, and when the next is.
func (f *fixture) wantSensors(pool store.Pool, at model.Instant, n int, next model.Instant, ids ...model.SensorID) {
	f.Helper()
	due, got, err := f.store.DueSensors(ctx, pool, at, n)
	if err != nil {
		f.Fatalf("DueSensors: %v", err)
	}
	f.same("due", due, f.sensors(ids...))
	f.same("next", got, next)
}

func (f *fixture) wantKeys(id model.SensorID, asked []string, want ...string) {
	f.Helper()
	got, err := f.store.KnownRunKeys(ctx, id, asked)
	if err != nil {
		f.Fatalf("KnownRunKeys: %v", err)
	}
	f.same("known", got, want)
}

// ids finds the sensors of a project by the names of workflows.
func (f *fixture) sensorIDs(project string) map[string]model.SensorID {
	f.Helper()
	p, err := f.store.ProjectNamed(ctx, project)
	if err != nil {
		f.Fatal(err)
	}
	list, _, err := f.store.ListSensors(ctx, store.SensorFilter{Project: p.ID}, store.Page{})
	if err != nil {
		f.Fatal(err)
	}
	found := make(map[string]model.SensorID)
	for _, s := range list {
		found[s.WorkflowName] = s.ID
	}
	return found
}

var sensorTests = []test{
	{"a push gives workflows sensors that are due at once", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a", "plain", "go"))
		a := f.sensor(1)
		f.same("sensor", a, store.Sensor{
			ID: 1, Project: 1, ProjectName: "p", Workflow: 1, WorkflowName: "a", NextTick: a.Created, Created: a.Created, Updated: a.Created, Version: 1,
		})
		f.same("pool", f.sensor(2).Pool, store.Pool(1))
		f.wantSensors(0, a.Created, 9, model.Never, 1)
		f.wantSensors(1, a.Created, 9, model.Never, 2)
		f.wantSensors(2, model.Never, 9, model.Never)
	}},
	{"another push keeps what a sensor has seen", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a", "b"))
		s := f.sensor(1)
		s.Cursor, s.LastKey, s.LastTick, s.NextTick, s.Failures, s.Disabled = "seen", "k", now, now+9*second, 3, now
		s = f.sensorTicked(s, "k")
		again := f.sensedPush("p", "r2", "a", "c")
		f.pushed(again)
		got := f.sensor(1)
		f.same("kept", []any{got.Cursor, got.LastKey, got.LastTick, got.Disabled, got.Created}, []any{"seen", "k", now, now, s.Created})
		f.same("last", []any{got.LastOutcome, got.LastReason}, []any{store.TickSkipped, "no files"})
		f.same("anew", []any{got.Failures, got.NextTick, got.Workflow, got.Version}, []any{0, again.Revision.Created, model.WorkflowID(3), s.Version + 1})
		f.wantKeys(1, []string{"k"}, "k")
		_, err := f.store.Sensor(ctx, 2)
		f.wantCode("b", err, model.NotFound)
		f.same("names", len(f.sensorIDs("p")), 2)
	}},
	{"a sensor that comes back has seen nothing", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a"))
		s := f.sensor(1)
		s.Cursor = "seen"
		f.sensorTicked(s, "k")
		plain := f.push("p", "r2", "a")
		f.pushed(plain)
		f.pushed(f.sensedPush("p", "r3", "a"))
		id := f.sensorIDs("p")["a"]
		if id == 1 {
			f.Fatal("the id was given again")
		}
		f.same("cursor", f.sensor(id).Cursor, "")
		f.wantKeys(id, []string{"k"})
		f.wantKeys(1, []string{"k"})
	}},
	{"sensors go with their project", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a"))
		f.pushed(f.sensedPush("q", "r", "a"))
		if _, err := f.store.DeleteProject(ctx, 1, now); err != nil {
			f.Fatal(err)
		}
		_, err := f.store.Sensor(ctx, 1)
		f.wantCode("p", err, model.NotFound)
		f.wantSensors(0, model.Never, 9, model.Never, 2)
	}},
	{"a list has those that match", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a", "b"))
		f.pushed(f.sensedPush("q", "r", "a"))
		wantPages(f, f.listSensors(store.SensorFilter{}), f.sensors(1, 2, 3))
		wantPages(f, f.listSensors(store.SensorFilter{Project: 1}), f.sensors(1, 2))
		wantPages(f, f.listSensors(store.SensorFilter{Project: 1, WorkflowName: "b"}), f.sensors(2))
	}},
	{"the longest due comes first", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a", "b", "c"))
		f.dueAt(1, now+2*second)
		f.dueAt(2, now)
		f.dueAt(3, now)
		f.wantSensors(0, now, 9, now+2*second, 2, 3)
		f.wantSensors(0, now, 1, now, 2)
		f.wantSensors(0, now+2*second, 9, model.Never, 2, 3, 1)
		f.wantSensors(0, now-1, 9, now)
		f.wantSensors(0, now, 0, now)
		f.wantSensors(0, now, -1, now)
		s := f.sensor(2)
		s.Disabled = now
		f.changeSensor(s)
		f.wantSensors(0, now, 9, now+2*second, 3)
	}},
	{"what came of an evaluation is written with its tick and run keys", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a", "b"))
		want := f.sensor(1)
		want.Cursor, want.LastKey, want.LastTick, want.NextTick = "ä\n", "k", now, now+second
		want.Failures, want.Disabled, want.Updated = 2, now+5*second, now+6*second
		changed := want
		changed.Project, changed.ProjectName, changed.Workflow, changed.WorkflowName, changed.Created, changed.Pool = 7, "x", 8, "y", 9, 3
		want.Version, want.LastOutcome, want.LastReason = 2, store.TickSkipped, "no files"
		f.same("returned", f.sensorTicked(changed, "k", "l", "k"), want)
		f.same("stored", f.sensor(1), want)
		f.wantReasons("no files")
		f.wantKeys(1, []string{"l", "m", "k"}, "l", "k")
		f.wantKeys(2, []string{"k"})
		f.wantKeys(1, nil)
		f.sensorTicked(want, "l", "m")
		f.wantKeys(1, []string{"k", "l", "m"}, "k", "l", "m")
		want.Version++
		want = f.changeSensor(want)
		f.same("last", []any{want.LastOutcome, want.LastReason}, []any{store.TickSkipped, "no files"})
		f.wantReasons("no files", "no files")
	}},
	{"a reason is kept as that of a tick", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a"))
		t := sensorTick("\x00\xff" + strings.Repeat("x", 9999))
		got, err := f.store.SensorTicked(ctx, f.sensor(1), t, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.same("returned", got.LastReason, t.Kept().Reason)
		f.same("stored", f.sensor(1).LastReason, t.Kept().Reason)
	}},
	{"a change of another version changes nothing", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a"))
		f.dueAt(1, now)
		want := f.sensor(1)
		for _, version := range []int64{0, 1, 3} {
			s := want
			s.Version, s.Cursor = version, "other"
			_, err := f.store.ChangeSensor(ctx, s)
			f.wantCode(fmt.Sprint("version ", version), err, model.Conflict)
			_, err = f.store.SensorTicked(ctx, s, sensorTick(""), []string{"k"})
			f.wantCode(fmt.Sprint("tick of version ", version), err, model.Conflict)
		}
		f.same("sensor", f.sensor(1), want)
		f.wantReasons()
		f.wantKeys(1, []string{"k"})
	}},
	{"a sensor that does not exist is not found", func(f *fixture) {
		_, err := f.store.Sensor(ctx, 1)
		f.wantCode("Sensor", err, model.NotFound)
		_, err = f.store.ChangeSensor(ctx, store.Sensor{ID: 1, Version: 1})
		f.wantCode("ChangeSensor", err, model.NotFound)
		_, err = f.store.SensorTicked(ctx, store.Sensor{ID: 1, Version: 1}, sensorTick(""), []string{"k"})
		f.wantCode("SensorTicked", err, model.NotFound)
		f.wantReasons()
		f.wantKeys(1, []string{"k"})
	}},
	{"of many changes of one version at once one succeeds", func(f *fixture) {
		f.pushed(f.sensedPush("p", "r", "a"))
		s := f.sensor(1)
		f.wantOne("change", f.atOnce(func(i int) error {
			change := s
			change.NextTick += model.Instant(i)
			_, err := f.store.ChangeSensor(ctx, change)
			return err
		}))
		f.same("version", f.sensor(1).Version, int64(2))
	}},
}
