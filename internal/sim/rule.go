package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// rule is a workflow's schedule: its section, and what that means, worked out
// here once more.
type rule struct {
	section params.Map
	zone    string
	// Slots are those multiples of step that fit, and are due after delay.
	step, delay time.Duration
	fits        func(minute int) bool
	// overtime and late are when a slot may pass without a session.
	overtime bool
	late     time.Duration
	// latest says that of several that are due only the newest is started.
	latest bool
}

// newRule makes a schedule up.
func newRule(d dice) *rule {
	r := &rule{zone: pick(d, "UTC", "UTC", "+05:30"), step: time.Minute}
	switch d.IntN(4) {
	case 0:
		seconds := pick(d, int64(30), 45, 90)
		r.step, r.fits = time.Duration(seconds)*time.Second, func(int) bool { return true }
		r.section = params.Of("seconds_interval>", seconds)
	case 1:
		minutes := pick(d, 1, 2, 7)
		r.fits = func(minute int) bool { return minute%minutes == 0 }
		r.section = params.Of("minutes_interval>", int64(minutes))
	case 2:
		r.fits = func(minute int) bool { return slices.Contains([]int{1, 2, 3, 30, 59}, minute) }
		r.section = params.Of("cron>", "1-3,30,59 * * * *")
	default:
		seconds := d.IntN(200)
		r.fits = func(minute int) bool { return minute == 0 }
		r.section = params.Of("hourly>", fmt.Sprintf("%02d:%02d", seconds/60, seconds%60))
		r.delay = time.Duration(seconds) * time.Second
	}
	if !r.section.Has("hourly>") && d.chance(0.4) {
		seconds := pick(d, int64(7), 20, 100)
		r.delay = time.Duration(seconds) * time.Second
		r.section = r.section.Set("delay", seconds)
	}
	if r.overtime = d.chance(0.3); r.overtime {
		r.section = r.section.Set("skip_on_overtime", true)
	}
	if d.chance(0.3) {
		r.late = pick(d, 10*time.Second, time.Minute)
		r.section = r.section.Set("skip_delayed_by", fmt.Sprintf("%ds", int(r.late/time.Second)))
	} else if r.latest = d.chance(0.3); r.latest {
		r.section = r.section.Set("catch_up", "latest")
	}
	return r
}

// isSlot reports whether there is a session for an instant.
func (r *rule) isSlot(t model.Instant) bool {
	local := t.Time()
	if r.zone != "UTC" {
		local = local.Add(5*time.Hour + 30*time.Minute)
	}
	return t.Time().UnixMicro()%r.step.Microseconds() == 0 && r.fits(local.Minute())
}

// next returns the first slot after an instant, by looking at all.
func (r *rule) next(t model.Instant) model.Instant {
	past := t.Time().UnixMicro() % r.step.Microseconds()
	for t = t.Add(r.step - time.Duration(past)*time.Microsecond); !r.isSlot(t); {
		t = t.Add(r.step)
	}
	return t
}

// first returns the first slot that is due at an instant or later.
func (r *rule) first(t model.Instant) model.Instant {
	return r.next(t.Add(-r.delay - time.Microsecond))
}

// due returns when a slot is to be started.
func (r *rule) due(slot model.Instant) model.Instant { return slot.Add(r.delay) }
