package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/store"
)

// Sensor says how a process is sensed for: see Sensed.
type Sensor[P any] struct {
	// Look looks at the world and says which runs are to be started. Required. It is
	// to return soon once its context is done: Close waits ten seconds for one that does
	// not, and nothing comes of that.
	Look func(context.Context, Seen) (Sighting[P], error)
	// Every is the least time from one look to the next, in whole seconds. Defaults to
	// 30 s.
	Every time.Duration
	// Timeout is how long a look may take, in whole seconds, up to an hour. Defaults to
	// 60 s.
	Timeout time.Duration
}

// Seen is what is known from earlier looks.
type Seen struct {
	// Cursor is the last one that a look has given; empty at first.
	Cursor string
	// LastKey is the key of the newest run that was asked for with one.
	LastKey string
	// LastLook is when it was looked last; zero at first.
	LastLook time.Time
}

// Sighting is what a look has seen.
type Sighting[P any] struct {
	// Runs are to be started, at most 1000.
	Runs []Wanted[P]
	// Cursor is given to the next look. Empty keeps the one that there is.
	Cursor string
	// Skip says why there are no Runs; may be empty.
	Skip string
}

// Wanted is a run that is to be started.
type Wanted[P any] struct {
	// Key makes it one of a kind: for one key a run is started once and never again,
	// whose own key is "sensor:" and this. A run without one is started each time.
	Key  string
	With P
	Tags Tags
}

// Sensed returns the process as one of which Open also starts the runs that a sensor asks
// for. Of all engines of the project that share the database, one looks at a time. What
// came of each look is a tick; `pawl sensors` shows what was seen, and disable, enable and
// reset work as for others. A look that fails is tried again after ever longer waits, up to
// an hour.
//
// Runs are started before the cursor is stored: after a crash in between, those with keys
// are not started again, and others are.
//
// A process has either a sensor or a schedule. What is wrong with the sensor is an error of
// Open.
func (p *Process[P]) Sensed(s Sensor[P]) Definition {
	d := sensed{of: p.of}
	if s.Look == nil {
		d.err = fmt.Errorf("it has no Look")
		return d
	}
	d.section, d.err = compileSensor(p.of.name, s.Every, s.Timeout)
	d.look = func(ctx context.Context, seen Seen) (sensor.Answer, error) {
		found, err := boundary.Call(func() (Sighting[P], error) { return s.Look(ctx, seen) })
		if err != nil {
			return sensor.Answer{}, err
		}
		return answerOf(found)
	}
	return d
}

// sensed is a process with a sensor.
type sensed struct {
	of      *process
	section params.Map
	look    func(context.Context, Seen) (sensor.Answer, error)
	err     error
}

func (s sensed) definition() *process { return s.of }

// compileSensor returns a sensor as the section of a definition, checked.
func compileSensor(name string, every, timeout time.Duration) (params.Map, error) {
	section := params.Of(sensor.Program+">", name)
	for _, t := range []struct {
		key  string
		name string
		of   time.Duration
	}{{"every", "Every", every}, {"timeout", "Timeout", timeout}} {
		switch {
		case t.of < 0 || t.of%time.Second != 0:
			return section, fmt.Errorf("its %s is to be whole seconds, and not %s", t.name, t.of)
		case t.of > 0:
			section = section.Set(t.key, fmt.Sprintf("%ds", t.of/time.Second))
		}
	}
	_, err := sensor.Parse(section)
	return section, explained(err)
}

// answerOf returns what was seen as others answer it, with their bounds.
func answerOf[P any](s Sighting[P]) (sensor.Answer, error) {
	requests := make([]params.Value, 0, len(s.Runs))
	for i, r := range s.Runs {
		text, err := json.Marshal(r.With)
		if err != nil {
			return sensor.Answer{}, fmt.Errorf("run %d: %T can't be written as JSON: %w", i+1, r.With, err)
		}
		given, err := fields(text)
		if err != nil {
			return sensor.Answer{}, fmt.Errorf("run %d: %w", i+1, err)
		}
		tags := params.Map{}
		for _, name := range model.Tags(r.Tags).Names() {
			tags = tags.Set(name, r.Tags[name])
		}
		requests = append(requests, params.Of("run_key", r.Key, "params", given, "tags", tags))
	}
	answer := params.Of("requests", requests, "skip", s.Skip)
	if s.Cursor != "" {
		answer = answer.Set("cursor", s.Cursor)
	}
	return sensor.ParseAnswer(answer)
}

// sense evaluates the sensors of processes, as hosts want it.
func sense(processes []Definition) func(context.Context, *store.Workflow, params.Map) (sensor.Answer, error) {
	looks := make(map[string]func(context.Context, Seen) (sensor.Answer, error))
	for _, d := range processes {
		if s, ok := d.(sensed); ok && looks[s.of.name] == nil {
			looks[s.of.name] = s.look
		}
	}
	if len(looks) == 0 {
		return nil
	}
	return func(ctx context.Context, of *store.Workflow, given params.Map) (sensor.Answer, error) {
		look := looks[of.Name]
		if look == nil {
			return sensor.Answer{}, fmt.Errorf("this program has no sensor for process %s", of.Name)
		}
		var seen Seen
		seen.Cursor, _ = given.String("cursor")
		seen.LastKey, _ = given.String("last_run_key")
		last, _ := given.String("last_tick")
		seen.LastLook, _ = time.Parse(time.RFC3339, last) // empty is zero
		return look(ctx, seen)
	}
}
