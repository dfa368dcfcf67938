package sim

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/sensor/sensing"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// sensors are what looks for things that come now and then, and the people who push,
// switch and reset them. Of two sensors, one asks for runs with run keys.
type sensors struct {
	sim  *simulation
	dice dice
	// came is how many things have come, numbered from 1.
	came int
	// again are the sensors that may have asked twice for a run, and cut those of which
	// somebody was not told, or not alone, what an evaluation came to.
	again, cut map[string]bool
	// looking counts the looks that are under way, requests those without an answer.
	looking, requests int
	pushes, runs      int
	closed            bool
}

// keyed and unkeyed are the sensors.
const (
	keyed   = "keyed"
	unkeyed = "unkeyed"
)

// sensorsOf is the project of the sensors.
const sensorsOf = "sensed"

func newSensors(s *simulation, d dice) *sensors {
	of := &sensors{sim: s, dice: d, again: make(map[string]bool), cut: make(map[string]bool)}
	s.after(d.between(0, 5*time.Second), of.look)
	return of
}

// look lets things come, and somebody do something now and then.
func (of *sensors) look() {
	if of.sim.now >= of.sim.peace {
		of.close()
		return
	}
	of.sim.after(of.dice.between(2*time.Second, 20*time.Second), of.look)
	of.came += of.dice.IntN(4)
	list, _, err := of.sim.store.ListSensors(context.Background(), store.SensorFilter{}, store.Page{})
	switch {
	case err != nil:
		of.sim.fail("sensors: %v", err)
	case len(list) == 0 || of.dice.chance(0.1):
		of.push()
	case of.requests > 2:
	case of.dice.chance(0.5):
		of.change(&list[of.dice.IntN(len(list))])
	}
}

// push pushes the sensors anew.
func (of *sensors) push() {
	of.pushes++
	p := store.Push{Project: sensorsOf, Revision: store.Revision{
		Name: fmt.Sprint("r", of.pushes), Archive: store.Archive{Type: store.NoArchive}, Created: of.sim.now,
	}}
	for _, name := range []string{keyed, unkeyed} {
		w := &workflow.Workflow{
			Name: name, Root: &workflow.Node{Name: "+" + name, Operator: "script"},
			Sensor: params.Of("sh>", "look", "every", "5s", "timeout", "1h"),
		}
		if err := w.Finish(); err != nil {
			of.sim.fail("sensors: %v", err)
		}
		p.Workflows = append(p.Workflows, store.Workflow{Name: name, Zone: "UTC", Definition: w})
	}
	if _, err := of.sim.store.Push(context.Background(), p); err != nil {
		of.sim.fail("sensors: %v", err)
	}
	of.sim.log.note(of.sim.now, "pushes sensors %s", p.Revision.Name)
}

// change switches a sensor off or on, or gives it a cursor: mostly one that it had.
func (of *sensors) change(s *store.Sensor) {
	do := pick(of.dice, "disable", "enable", "enable", "reset")
	seen, _ := strconv.Atoi(s.Cursor)
	to := of.dice.IntN(seen + 1)
	of.requests++
	of.sim.call(of.dice, func(p *process) (err error) {
		switch with := p.server.service; do {
		case "disable":
			_, err = with.DisableSensor(context.Background(), s.ID)
		case "enable":
			_, err = with.EnableSensor(context.Background(), s.ID)
		default:
			of.again[s.WorkflowName] = true // what is after the cursor is asked for again
			_, err = with.ResetSensor(context.Background(), s.ID, strconv.Itoa(to))
		}
		return err
	}, func(err error) {
		of.requests--
		of.sim.log.note(of.sim.now, "%s sensor %s (%d): %v", do, s.WorkflowName, to, err)
	})
}

// close has all sensors see what has come, and ends.
func (of *sensors) close() {
	list, _, err := of.sim.store.ListSensors(context.Background(), store.SensorFilter{}, store.Page{})
	if err != nil {
		of.sim.fail("sensors: %v", err)
		return
	}
	behind := of.requests+of.looking > 0 || len(list) == 0 && of.came > 0
	for i := range list {
		s := &list[i]
		behind = behind || s.Cursor != strconv.Itoa(of.came) && of.came > 0
		if s.Disabled != 0 && of.requests == 0 {
			of.requests++
			of.sim.call(of.dice, func(p *process) error {
				_, err := p.server.service.EnableSensor(context.Background(), s.ID)
				return err
			}, func(error) { of.requests-- })
		}
	}
	if of.closed = !behind; behind {
		of.sim.after(time.Second, of.close)
	}
}

// look is what looks for a process.
type look struct {
	*sensors
	process *process
	loop    *sensing.Loop
	// epoch is that of the lease.
	epoch int64
	// names are the sensors that were evaluated in a step.
	names []string
}

// sense begins to evaluate sensors in a process.
func (of *sensors) sense(p *process) {
	l := &look{sensors: of, process: p}
	l.loop = sensing.New(sensing.Config{
		Store: p.link, Clock: &p.machine.watch, Log: slog.New(slog.DiscardHandler), Evaluate: l.evaluate, Start: l.start,
	})
	l.step()
}

// step evaluates the sensors that are due, if it is the turn of the process.
func (l *look) step() {
	p := l.process
	if p.dead || l.closed {
		return
	}
	p.sim.after(time.Second, l.step)
	if !p.awake() || p.cut() {
		return
	}
	epoch, err := p.sim.store.Lease(context.Background(), sensing.Lease(0), l.epoch, leaseFor)
	if l.epoch = epoch; err != nil {
		l.epoch = 0
		return
	}
	l.looking++
	l.names = l.names[:0]
	together := l.looking > 1
	_, err = l.loop.Step(context.Background())
	l.looking--
	if err != nil || p.dead || together || l.looking > 0 {
		p.note("sensors %v: %v", l.names, err)
		for _, name := range l.names {
			l.cut[name] = true
		}
	}
}

// evaluate says what has come that is not seen yet, and at times what is seen, too.
func (l *look) evaluate(_ context.Context, w *store.Workflow, _ *sensor.Sensor, given params.Map) (a sensor.Answer, err error) {
	d := l.process.dice
	l.names = append(l.names, w.Name)
	text, _ := given.String("cursor")
	seen, _ := strconv.Atoi(text) // at first it is empty
	to := min(l.came, seen+d.IntN(6))
	cursor := strconv.Itoa(to)
	if d.chance(0.3) {
		l.meddle(w)
	}
	l.process.stall()
	if d.chance(0.1) {
		return a, model.Errorf(model.RunFailed, "the folder is away")
	}
	if w.Name == keyed && d.chance(0.2) {
		seen = max(0, seen-d.IntN(3))
	}
	for n := seen + 1; n <= to; n++ {
		r := sensor.Request{Params: params.Of("thing", int64(n))}
		if w.Name == keyed {
			r.Key = strconv.Itoa(n)
		}
		a.Requests = append(a.Requests, r)
	}
	a.Cursor = &cursor
	return a, nil
}

// meddle has others change the sensor of a workflow, but for its cursor.
func (of *sensors) meddle(w *store.Workflow) {
	if of.dice.chance(0.3) {
		of.push()
		return
	}
	list, _, err := of.sim.store.ListSensors(context.Background(), store.SensorFilter{Project: w.Project, WorkflowName: w.Name}, store.Page{})
	if err != nil || len(list) != 1 {
		of.sim.fail("sensors: %d of %s, %v", len(list), w.Name, err)
		return
	}
	if s := list[0]; s.Disabled == 0 && of.sim.now < of.sim.peace {
		s.Disabled = of.sim.now
		_, err = of.sim.store.ChangeSensor(context.Background(), s)
	} else {
		s.Disabled, s.NextTick, s.Failures = 0, of.sim.now, 0
		_, err = of.sim.store.ChangeSensor(context.Background(), s)
	}
	if err != nil {
		of.sim.fail("sensors: %v", err)
	}
}

// start starts a run as servers do.
func (l *look) start(ctx context.Context, w *store.Workflow, r sensing.Run) (store.Attempt, bool, error) {
	key := r.Key
	if key == "" {
		l.runs++
		key = fmt.Sprintf("sensor-%d", l.runs)
	}
	a, err := l.process.server.service.Start(ctx, service.Start{
		Workflow: w, Key: key, Session: r.Time, Params: r.Params, Tags: r.Tags, Own: r.Own,
	})
	switch code := model.CodeOf(err); {
	case err == nil:
		l.sim.checks.attempts[a.ID].acknowledged = true
		return a, true, nil
	case code == model.Conflict && a.ID != 0:
		return a, false, nil
	case code != model.Exhausted:
		l.cut[w.Name] = true
	}
	l.again[w.Name] = true
	return a, false, err
}
