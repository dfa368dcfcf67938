package pawl

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// TickOutcome is what came of a look at a schedule or a sensor.
type TickOutcome string

// Outcomes of ticks.
const (
	// TickStarted started runs.
	TickStarted TickOutcome = "started"
	// TickSkipped started nothing, as nothing was to be started.
	TickSkipped TickOutcome = "skipped"
	// TickFailed could not start what it was to.
	TickFailed TickOutcome = "failed"
)

// Tick says what became of a schedule or a sensor when it was looked at.
type Tick struct {
	// At is when that was.
	At time.Time
	// Name is that of the process, or of the sensor if Sensor is set.
	Name   string
	Sensor bool
	// Time is the time of the run that it is for, and Until that of the last, where
	// several were passed over together; zero for none. Times counts them; of very many
	// it says at least so many.
	Time, Until time.Time
	Times       int
	Outcome     TickOutcome
	// Reason is why nothing was started.
	Reason string
	// Started is how many runs were started.
	Started int
}

// TickFilter selects ticks; zero fields match all.
type TickFilter struct {
	// Name is that of a process or a sensor.
	Name    string
	Outcome TickOutcome
	// Since is the first instant, and Until the one after the last.
	Since, Until time.Time
}

// Ticks yields what became of the schedules and sensors of the project, the latest
// first. An error is the last that it yields. How long they are kept says
// Config.KeepTicks.
func (e *Engine) Ticks(ctx context.Context, f TickFilter) iter.Seq2[Tick, error] {
	return func(yield func(Tick, error) bool) {
		of := store.TickFilter{Project: e.project, Name: f.Name}
		outcome, err := store.ParseTickOutcome(string(f.Outcome))
		if err != nil {
			yield(Tick{}, fmt.Errorf("list ticks: %w", explained(err)))
			return
		}
		of.Outcome = outcome
		if !f.Since.IsZero() {
			of.From = model.InstantOf(f.Since)
		}
		if !f.Until.IsZero() {
			of.Until = model.InstantOf(f.Until)
		}
		for t, err := range paged(func(page store.Page) ([]store.Tick, string, error) { return e.store.ListTicks(ctx, of, page) }) {
			if err != nil {
				yield(Tick{}, fmt.Errorf("list ticks: %w", explained(err)))
				return
			}
			if !yield(tick(&t), nil) {
				return
			}
		}
	}
}

func tick(t *store.Tick) Tick {
	of := Tick{
		At: t.At.Time(), Name: t.Name, Sensor: t.Kind == store.SensorTick, Times: t.Slots,
		Outcome: TickOutcome(t.Outcome.String()), Reason: t.Reason, Started: t.Started,
	}
	if t.Slot != 0 {
		of.Time = t.Slot.Time()
	}
	if t.Until != 0 {
		of.Until = t.Until.Time()
	}
	return of
}

// keepTicks returns how long ticks are kept: those that started nothing no longer than
// a week, as most are such.
func (c Config) keepTicks() store.TickRetention {
	const day = 24 * time.Hour
	switch keep := c.KeepTicks; {
	case keep < 0:
		return store.TickRetention{}
	case keep == 0:
		return store.TickRetention{Started: 30 * day, Skipped: 7 * day, Failed: 30 * day}
	default:
		return store.TickRetention{Started: keep, Skipped: min(keep, 7*day), Failed: keep}
	}
}

// CatchUp says which runs of a schedule are started when more than one is due, or one
// is late: a number from 1 to 1000 is so many, the newest.
type CatchUp int

// What may be said beside a number.
const (
	// CatchUpEvery starts every run that was missed, one after the other, but those
	// that are too late for SkipLate. It is the default.
	CatchUpEvery CatchUp = 0
	// CatchUpLatest starts the newest, however late it is.
	CatchUpLatest CatchUp = 1
	// CatchUpNone starts the newest unless it is more than a minute late.
	CatchUpNone CatchUp = -1
	// CatchUpAll starts the newest thousand.
	CatchUpAll CatchUp = -2
)

var catchUpWords = []string{"latest", "", "none", "all"} // from 1 down

// section returns c as it is written in a schedule; nil for the default.
func (c CatchUp) section() any {
	if i := 1 - int(c); c != CatchUpEvery && i >= 0 && i < len(catchUpWords) {
		return catchUpWords[i]
	}
	if c == CatchUpEvery {
		return nil
	}
	return int64(c)
}
