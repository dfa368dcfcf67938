package engine

import "github.com/pawlhq/pawl/internal/model"

// Waiting says what a task waits for. It may be for several things at once: the
// first of them counts.
type Waiting struct {
	// Keys are the messages that it takes, since when it has.
	Keys  []Key
	Since model.Instant
	// Until is when it is run whatever comes; zero is at no time.
	Until model.Instant
	// Retry is set if it was tried before, and failed.
	Retry bool
	// Held is set if it waits to be told to run again.
	Held bool
}

// Waiting returns what a task waits for as things stand, or nil if it does not. One
// that takes messages before it is reached waits for them, too.
func (v *View) Waiting() *Waiting {
	var w Waiting
	if d := v.Detail; d != nil && !v.State.Final() && v.State != model.Running {
		w.Keys = d.Keys
		if d.Hearing != nil {
			w.Since = d.Hearing.Since
		}
	}
	if v.State != model.Waiting && len(w.Keys) == 0 {
		return nil
	}
	if v.State == model.Waiting {
		w.Until, w.Held = v.Wake, v.Held
		w.Retry = v.Retries > 0 && v.Wake != 0
	}
	return &w
}
