package pawl

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// Schedule says when runs of a process are started by themselves, in the language
// of the schedules of .dig files.
type Schedule struct {
	// Rule is one of "hourly>: MM:SS", "daily>: HH:MM:SS", "weekly>: DAY,HH:MM:SS",
	// "monthly>: DAY,HH:MM:SS", "cron>: 42 4 1 * *", "minutes_interval>: N" and
	// "seconds_interval>: N". Required.
	Rule string
	// Zone is the time zone of the rule, such as "Europe/Berlin". Defaults to UTC.
	Zone string
	// Delay is how long after its time a run is started, in whole seconds, of rules
	// that say no time of day.
	Delay time.Duration
	// From and Until are the first and the last day, such as "2026-01-30". Empty is
	// no limit.
	From, Until string
	// CatchUp is which of the runs that were missed are started. Where it is none,
	// latest or a number, those that came while the schedule was disabled are not.
	CatchUp CatchUp
	// SkipLate passes over a run that could not be started within that time, in
	// whole seconds. It can't be said beside CatchUp.
	SkipLate time.Duration
	// SkipBusy passes over a run if one of the process has not ended.
	SkipBusy bool
}

// Scheduled returns the process as one that Open also starts by itself: each run has
// the parameters with, and its time as the parameter session_time, which a field of P
// may have:
//
//	Day time.Time `json:"session_time"`
//
// The key of a run is its time in UTC, such as "2026-01-30T07:00:00Z". Of all
// engines and servers that share the database, one starts it, once. What was missed
// while none was there is made up for, as CatchUp says. `pawl schedules` shows when the next one is,
// and disable, enable, reschedule and backfill work as for others.
//
// What is wrong with the schedule is an error of Open.
func (p *Process[P]) Scheduled(when Schedule, with P) Definition {
	s := scheduled{of: p.of}
	s.section, s.zone, s.err = compileSchedule(when, with)
	return s
}

// scheduled is a process with a schedule.
type scheduled struct {
	of      *process
	section params.Map
	zone    string
	err     error
}

func (s scheduled) definition() *process { return s.of }

// compileSchedule returns a schedule as the section of a .dig file, checked.
func compileSchedule(s Schedule, with any) (section params.Map, zone string, err error) {
	text, err := json.Marshal(with)
	if err != nil {
		return section, "", fmt.Errorf("%T can't be written as JSON: %w", with, err)
	}
	given, err := fields(text)
	if err != nil {
		return section, "", err
	}
	kind, command, ok := strings.Cut(s.Rule, ">:")
	if !ok {
		return section, "", fmt.Errorf("the rule %q has no \">:\": it is to be such as \"daily>: 07:00:00\"", s.Rule)
	}
	section = params.Of(strings.TrimSpace(kind)+">", strings.TrimSpace(command), "params", given)
	if d := s.Delay; d < 0 || d%time.Second != 0 {
		return section, "", fmt.Errorf("its Delay is to be whole seconds, and not %s", d)
	}
	if d := s.SkipLate; d < 0 || d%time.Second != 0 {
		return section, "", fmt.Errorf("its SkipLate is to be whole seconds, and not %s", d)
	}
	if s.Delay != 0 {
		section = section.Set("delay", int64(s.Delay/time.Second))
	}
	if s.SkipLate != 0 {
		section = section.Set("skip_delayed_by", fmt.Sprintf("%ds", s.SkipLate/time.Second))
	}
	if missed := s.CatchUp.section(); missed != nil {
		section = section.Set("catch_up", missed)
	}
	if s.SkipBusy {
		section = section.Set("skip_on_overtime", true)
	}
	if s.From != "" {
		section = section.Set("start", s.From)
	}
	if s.Until != "" {
		section = section.Set("end", s.Until)
	}
	zone = cmp.Or(s.Zone, "UTC")
	_, err = schedule.NewCalendar(zone, section)
	return section, zone, explained(err)
}

// published is a process as it is stored: with its schedule or sensor, if it has one.
func published(d Definition) (w store.Workflow, err error) {
	p := d.definition()
	w = store.Workflow{Name: p.name, Zone: "UTC", Config: p.written(), Definition: p.definition}
	if s, ok := d.(sensed); ok {
		if s.err != nil {
			return w, fmt.Errorf("the sensor of process %s: %w", p.name, s.err)
		}
		of := *p.definition // which is finished
		of.Sensor = s.section
		w.Definition, w.Config = &of, params.Of("sensor", s.section).Merge(w.Config)
		return w, nil
	}
	s, ok := d.(scheduled)
	switch {
	case !ok:
		return w, nil
	case s.err != nil:
		return w, fmt.Errorf("the schedule of process %s: %w", p.name, s.err)
	}
	of := *p.definition // which is finished
	of.Schedule, of.Zone = s.section, s.zone
	w.Zone, w.Definition, w.Config = s.zone, &of, params.Of("timezone", s.zone, "schedule", s.section).Merge(w.Config)
	return w, nil
}

// reschedule says when the processes run next that have schedules.
func reschedule(from time.Time) func(*store.Workflow, *store.Schedule) *store.Schedule {
	return func(w *store.Workflow, last *store.Schedule) *store.Schedule {
		c, err := schedule.NewCalendar(w.Zone, w.Definition.Schedule)
		if err != nil || c.Schedule == nil {
			return nil // it was checked
		}
		return conductor.Reschedule(c.Schedule, last, from)
	}
}
