package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// kind is a type of schedule: how its command is written and what it means.
type kind struct {
	name string
	// format is how a command with a time of day is written. Such a command may
	// stand under "at", and it says the delay; other kinds have a key for it.
	format string
	read   func(r *reader)
}

var kinds = []kind{
	{"hourly", "MM:SS", func(r *reader) { r.cron("0 * * * *", r.clock(r.text())) }},
	{"daily", "HH:MM:SS", func(r *reader) { r.cron("0 0 * * *", r.clock(r.text())) }},
	{"weekly", "DAY,HH:MM:SS", func(r *reader) {
		day, at := r.dayAndClock()
		r.cron("0 0 * * "+day, at)
	}},
	{"monthly", "DAY,HH:MM:SS", func(r *reader) {
		day, at := r.dayAndClock()
		r.cron("0 0 "+day+" * *", at)
	}},
	{"minutes_interval", "", func(r *reader) {
		r.cron("*/"+strconv.FormatInt(r.number(), 10)+" * * * *", r.delay())
	}},
	{"cron", "", func(r *reader) { r.cron(r.text(), r.delay()) }},
	{"seconds_interval", "", func(r *reader) {
		r.schedule.calendar, r.schedule.delay = interval(r.number()), r.delay()
		r.schedule.rule = fmt.Sprintf("each %d seconds", r.schedule.calendar)
	}},
}

// options are the keys that every kind has.
var options = []string{"start", "end", "catch_up", "skip_on_overtime", "skip_delayed_by", "params"}

// Parse reads a workflow's schedule section, in the zone of the workflow.
// Beside its kind (hourly>, daily>, weekly>, monthly>, minutes_interval>,
// cron> or seconds_interval>, or _type with _command or at) it may have start,
// end, catch_up, skip_on_overtime, skip_delayed_by, params and, where the kind does
// not say a time of day, delay. Other keys are errors. Errors have the code Invalid.
func Parse(config params.Map, zone *time.Location) (*Schedule, error) {
	s, _, err := Check(config, zone)
	return s, err
}

// Check is Parse, and returns with an error the key that it is about, which is empty
// where it is the whole.
func Check(config params.Map, zone *time.Location) (s *Schedule, key string, err error) {
	r := &reader{config: config, zone: zone, schedule: &Schedule{}}
	r.readKind()
	if r.err == nil {
		r.checkKeys()
	}
	if r.err == nil {
		r.kind.read(r)
	}
	if r.err == nil {
		r.readOptions()
	}
	if r.err != nil {
		return nil, r.at, r.err
	}
	return r.schedule, "", nil
}

// reader reads a configuration up to its first fault.
type reader struct {
	config   params.Map
	zone     *time.Location
	kind     kind
	command  string // the key of the command
	schedule *Schedule
	at       string // the key that is read, or was when the fault came
	err      *model.Error
}

// reading says which key comes next.
func (r *reader) reading(key string) {
	if r.err == nil {
		r.at = key
	}
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = model.Errorf(model.Invalid, format, args...)
	}
}

// readKind finds the kind and where its command is.
func (r *reader) readKind() {
	var keys, names []string
	for key := range r.config.Keys() {
		if key == "_type" || strings.HasSuffix(key, ">") {
			keys = append(keys, key)
		}
	}
	for _, k := range kinds {
		names = append(names, k.name)
	}
	if len(keys) != 1 {
		r.fail("a schedule needs one key that says its type, such as daily>: 07:00:00, but has %d", len(keys))
		r.missed()
		return
	}
	name, key := strings.TrimSuffix(keys[0], ">"), keys[0]
	if key == "_type" {
		key = "_command"
		name = r.textAt("_type")
	}
	if r.err != nil {
		return
	}
	r.reading(keys[0])
	i := slices.Index(names, name)
	if i < 0 {
		r.fail("unknown type of schedule %q", name)
		r.err = suggest(r.err, name, names, "the types are %s")
		return
	}
	r.kind, r.command = kinds[i], key
	if r.kind.format != "" && r.has("at") {
		if r.has(key) {
			r.fail("a %s schedule has its time twice, under %s and at", name, key)
		}
		r.command = "at"
	}
}

// checkKeys refuses keys that nothing reads.
func (r *reader) checkKeys() {
	known := slices.Concat([]string{r.kind.name + ">"}, options)
	if r.config.Has("_type") {
		known = slices.Concat([]string{"_type", "_command"}, options)
	}
	if r.kind.format == "" {
		known = append(known, "delay")
	} else {
		known = append(known, "at")
	}
	for key := range r.config.Keys() {
		if !slices.Contains(known, key) {
			r.reading(key)
			r.fail("a %s schedule has no key %q", r.kind.name, key)
			r.err = suggest(r.err, key, known, "it has the keys %s")
			return
		}
	}
}

// suggest adds the known names to an error about another one: those that are
// near, else all.
func suggest(err *model.Error, name string, known []string, all string) *model.Error {
	if near := document.DidYouMean(name, known); near != "" {
		return err.WithHint("%s", near)
	}
	return err.WithHint(all, strings.Join(known, ", "))
}

// missed adds which of the keys may have been meant as the type.
func (r *reader) missed() {
	var types []string
	for _, k := range kinds {
		types = append(types, k.name+">")
	}
	for key := range r.config.Keys() {
		near := document.DidYouMean(key, types)
		if near != "" && !strings.HasSuffix(key, ">") && !slices.Contains(options, key) {
			r.err, r.at = r.err.WithHint("%s", near), key
			return
		}
	}
}

// textAt reads a key that must have a text.
func (r *reader) textAt(key string) string {
	r.reading(key)
	text, err := r.config.String(key)
	if err != nil {
		r.fail("%w", err)
	}
	return text
}

func (r *reader) text() string { return r.textAt(r.command) }

// number reads a command that is a number of minutes or seconds.
func (r *reader) number() int64 {
	r.reading(r.command)
	n, err := r.config.Int(r.command)
	if err != nil {
		r.fail("%w", err)
	} else if n < 1 {
		r.fail("%s>: scheduler requires a number of at least 1: %d", r.kind.name, n)
	}
	return n
}

// delay reads the seconds between session and run time.
func (r *reader) delay() time.Duration {
	r.reading("delay")
	n, err := r.config.IntOr("delay", 0)
	if err != nil {
		r.fail("%w", err)
	} else if n < 0 || n > longest {
		r.fail("delay must be a number of seconds from 0 on: %d", n)
	}
	return time.Duration(n) * time.Second
}

// cron sets the calendar and the delay.
func (r *reader) cron(text string, delay time.Duration) {
	if r.err != nil {
		return
	}
	r.reading(r.command)
	patterns, err := parsePatterns(text)
	switch {
	case err != nil && r.kind.format != "":
		r.wrongFormat(r.text())
	case err != nil:
		r.fail("%w", err)
	}
	var all union
	for _, p := range patterns {
		all = append(all, &cron{p, r.zone})
	}
	r.schedule.calendar, r.schedule.delay, r.schedule.rule = all, delay, cronRule(text, r.zone)
}

// dayAndClock splits a command such as Mon-Fri,09:00:00.
func (r *reader) dayAndClock() (day string, at time.Duration) {
	text := r.text()
	comma := strings.LastIndex(text, ",")
	if comma < 0 {
		r.wrongFormat(text)
		return "", 0
	}
	return strings.TrimSpace(text[:comma]), r.clock(strings.TrimSpace(text[comma+1:]))
}

// clock reads a time of day as the time that has passed since its beginning.
// It has as many parts as the format of the kind, and any of them may be
// greater than on a clock.
func (r *reader) clock(text string) time.Duration {
	parts := strings.Split(text, ":")
	if len(parts) != strings.Count(r.kind.format, ":")+1 {
		r.wrongFormat(r.text())
		return 0
	}
	seconds, onClock := int64(0), true
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			r.wrongFormat(r.text())
			return 0
		}
		seconds = seconds*60 + int64(n)
		onClock = onClock && (n < 60 && i > len(parts)-3 || n < 24)
	}
	if seconds > longest {
		r.wrongFormat(r.text())
	}
	after := time.Duration(seconds) * time.Second
	if !onClock {
		r.schedule.Doubt = fmt.Sprintf("%s is no time on a clock: it runs %v after the session time", text, after)
	}
	return after
}

func (r *reader) wrongFormat(text string) {
	r.fail("%s>: scheduler requires %s format: %s", r.kind.name, r.kind.format, text)
}

// readOptions reads what every kind has.
func (r *reader) readOptions() {
	s := r.schedule
	s.start = r.date("start", 0)
	s.end = r.date("end", 1)
	if !s.start.IsZero() && !s.end.IsZero() && !s.start.Before(s.end) {
		r.fail("The schedule of end is earlier than start")
	}
	var err error
	r.reading("skip_on_overtime")
	if s.SkipOnOvertime, err = r.config.BoolOr("skip_on_overtime", false); err != nil {
		r.fail("%w", err)
	}
	r.reading("params")
	if s.Params, err = r.config.MapOr("params", params.Map{}); err != nil {
		r.fail("%w", err)
	}
	r.readCatchUp()
	if !r.has("skip_delayed_by") {
		return
	}
	if s.SkipDelayedBy, err = ParseDuration(r.textAt("skip_delayed_by")); err != nil {
		r.fail("skip_delayed_by: %w", err)
	} else if s.SkipDelayedBy == 0 {
		r.fail("skip_delayed_by must be at least 1s")
	}
}

// readCatchUp reads which missed slots are wanted, which nothing else may say.
func (r *reader) readCatchUp() {
	s := r.schedule
	if !r.has("catch_up") {
		return
	}
	r.reading("catch_up")
	text, err := r.config.String("catch_up")
	if err != nil {
		r.fail("catch_up must be none, latest, all or a number from 1 to %d", MaxCatchUp)
		return
	}
	if s.CatchUp, err = ParseCatchUp(text); err != nil {
		r.fail("catch_up: %w", err)
	}
	switch {
	case r.has("skip_delayed_by"):
		r.fail("catch_up and skip_delayed_by both say what becomes of a session that is late: only one of them can")
	case s.SkipOnOvertime && s.CatchUp != CatchUpNone && s.CatchUp != CatchUpLatest:
		r.fail("catch_up: %s asks for sessions that skip_on_overtime passes over: of several at once, only the first would be started", s.CatchUp)
	}
}

// has reports whether a key has a value.
func (r *reader) has(key string) bool {
	v, _ := r.config.Get(key)
	return v != nil
}

// date reads a day and returns the first instant of the day so many days
// later, or the zero time if there is none.
func (r *reader) date(key string, later int) time.Time {
	if !r.has(key) {
		return time.Time{}
	}
	text := r.textAt(key)
	day, err := time.Parse(dateLayout, text)
	if err != nil {
		r.fail("Invalid %s: %s (it must be a day as in 2016-01-30)", key, text)
	}
	return instantOf(day.AddDate(0, 0, later), r.zone)
}
