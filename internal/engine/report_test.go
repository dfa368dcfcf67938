package engine_test

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// reporter writes what the engine answers, one line for each thing:
//
//	! an event      = a row      * a growth      > an effect
//	? a listener    ^ a record   x a dead letter   v a version
type reporter struct {
	attempt *engine.Attempt
	lines   []string
}

func (r *reporter) line(format string, args ...any) {
	r.lines = append(r.lines, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

func (r *reporter) step(s *engine.Step) {
	for _, e := range s.Events {
		r.event(e)
	}
	for _, g := range s.Grown {
		r.growth(g)
	}
	for _, t := range s.Tasks {
		r.line("= %s %s", r.name(t.ID), row(t))
	}
	for _, a := range s.Attempts {
		r.line("= attempt %s", attemptRow(a))
	}
	for _, l := range s.Listening {
		r.listening(l)
	}
	for _, rec := range s.Records {
		r.line("^ %s %s from %s try %d no %d", rec.Topic, rec.Key, r.name(rec.Task), rec.Try, rec.Index)
	}
	for _, b := range s.Buried {
		r.line("x %s of %s: %s", b.Message.Source, r.name(b.Task), b.Reason)
	}
	for _, v := range s.Versions {
		made := "made"
		if v.Replayed {
			made = "taken over"
		}
		r.line("v %s %s by %s: store %v, outputs %v", v.Version, made, r.name(v.Task), v.Gave.Store, v.Gave.Outputs)
	}
	for _, e := range s.Effects {
		r.effect(e.Effect)
	}
}

func (r *reporter) listening(l engine.Listening) {
	line := "? " + r.name(l.Task)
	if len(l.Keys) == 0 {
		r.line("%s to nothing", line)
		return
	}
	for _, k := range l.Keys {
		line += " " + k.Topic + "=" + k.Value
		if k.One {
			line += " one"
		}
	}
	if l.Fresh {
		line += " afresh"
	}
	r.line("%s since %s", line, clock(l.Since))
}

// name is a task's full name without the root's. Of tasks with one name, all
// but the first carry a number.
func (r *reporter) name(id model.TaskID) string {
	full := r.attempt.Task(id).Name
	nth := 1
	for other := range id {
		if r.attempt.Task(other).Name == full {
			nth++
		}
	}
	name := full
	if root := r.attempt.Task(0).Name; id != 0 {
		name = strings.TrimPrefix(full, root)
	}
	if nth > 1 {
		name += fmt.Sprint("#", nth)
	}
	return name
}

func (r *reporter) event(e engine.Event) {
	switch e.Kind {
	case engine.AttemptStarted, engine.AttemptEnded:
		r.line("! %v", e.Kind)
	case engine.TaskStarted:
		r.line("! %v %s try %d", e.Kind, r.name(e.Task), e.Try)
	case engine.TaskEnded:
		r.line("! %v %s %v %s", e.Kind, r.name(e.Task), e.State, object(e.Data))
	default:
		r.line("! %v %s %s", e.Kind, r.name(e.Task), object(e.Data))
	}
}

var growthNames = [...]string{"sub", "check", "failure", "limit", "round", "items", "drop", "again", "stop"}

func (r *reporter) growth(g engine.Growth) {
	line := fmt.Sprintf("* %s %s", growthNames[g.Kind], r.name(g.Parent))
	if g.Kind == engine.GrowAgain {
		line += " for " + r.name(g.Replaces)
	}
	if g.Node != nil {
		line += " " + g.Node.Name
	}
	r.line("%s %s", line, object(g.Export))
}

var flagNames = []struct {
	flag engine.Flags
	name string
}{
	{engine.CancelAsked, "cancel-asked"}, {engine.SkipAsked, "skip-asked"},
	{engine.TimedOut, "timed-out"}, {engine.Broken, "broken"},
	{engine.Alerted, "alerted"}, {engine.LimitSeen, "limit-seen"},
	{engine.Replayed, "replayed"}, {engine.Won, "won"},
	{engine.Closed, "closed"}, {engine.Handling, "handling"},
	{engine.Checking, "checking"}, {engine.StopAsked, "stop-asked"},
	{engine.RoundAsked, "round-asked"}, {engine.Late, "late"}, {engine.Onward, "onward"},
	{engine.Judged, "judged"},
}

func row(t engine.TaskRow) string {
	words := []string{t.State.String()}
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if t.Try > 0 {
		add("try %d", t.Try)
	}
	if t.Retries > 0 {
		add("retries %d", t.Retries)
	}
	for _, f := range flagNames {
		if t.Flags&f.flag != 0 {
			words = append(words, f.name)
		}
	}
	if t.Wake != 0 {
		add("wake %s", clock(t.Wake))
	}
	if t.Deadline != 0 && !t.State.Final() {
		add("deadline %s", clock(t.Deadline))
	}
	if t.Detail != nil {
		words = append(words, detail(t.Detail)...)
	}
	return strings.Join(words, " ")
}

func detail(d *engine.Detail) []string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	for _, m := range []struct {
		name string
		m    params.Map
	}{
		{"export", d.Export}, {"store", d.Store}, {"subtasks", d.Subtasks},
		{"error", d.Error}, {"state", d.State},
	} {
		if m.m.Len() > 0 {
			words = append(words, m.name+" "+object(m.m))
		}
	}
	if len(d.Reset) > 0 {
		words = append(words, "reset "+strings.Join(d.Reset, ","))
	}
	if len(d.Outputs) > 0 {
		words = append(words, "outputs "+strings.Join(d.Outputs, ","))
	}
	for _, k := range d.Keys {
		words = append(words, "key "+k.Topic+"="+k.Value)
	}
	for _, m := range d.Inbox {
		words = append(words, "message "+m.Source)
	}
	if h := d.Hearing; h != nil && (h.Forgiven > 0 || h.Due != 0 || h.Kept.Len() > 0) {
		add("forgiven %d", h.Forgiven)
		if h.Due != 0 {
			add("due %s", clock(h.Due))
		}
		if h.Kept.Len() > 0 {
			add("kept %v", h.Kept)
		}
	}
	return words
}

func attemptRow(a engine.AttemptRow) string {
	line := fmt.Sprintf("%v tasks %d", a.State, a.Tasks)
	if a.CancelAsked {
		line += " cancel-asked"
	}
	if a.Edits.Len() > 0 {
		line += " edits " + object(a.Edits)
	}
	if a.Shared.Len() > 0 {
		line += " shared " + object(a.Shared)
	}
	return line
}

func (r *reporter) effect(e engine.Effect) {
	switch e.Kind {
	case engine.Dispatch:
		line := fmt.Sprintf("> dispatch %s try %d", r.name(e.Task), e.Try)
		if e.State.Len() > 0 {
			line += " state " + object(e.State)
		}
		if e.Message != nil {
			line += " message " + e.Message.Source
		}
		r.line("%s", line)
	case engine.Interrupt:
		r.line("> interrupt %s try %d", r.name(e.Task), e.Try)
	case engine.Arm:
		r.line("> wake %s at %s", r.name(e.Task), clock(e.At))
	case engine.ArmLimit:
		r.line("> expire %s at %s", r.name(e.Task), clock(e.At))
	case engine.Finished:
		r.line("> finished")
	}
}

// state lists all tasks below their parents.
func (r *reporter) state() {
	below := make(map[model.TaskID][]engine.View)
	for v := range r.attempt.Tasks() {
		below[v.Parent] = append(below[v.Parent], v)
	}
	r.line("attempt %v", r.attempt.Row().State)
	var list func(parent model.TaskID, indent string)
	list = func(parent model.TaskID, indent string) {
		for _, v := range below[parent] {
			retired := ""
			if v.Retired {
				retired = "retired"
			}
			own := v.Name
			if parent != model.NoTask {
				own = strings.TrimPrefix(own, r.attempt.Task(parent).Name)
			}
			r.line("%s%s %v %s", indent, own, v.State, retired)
			list(v.ID, indent+"  ")
		}
	}
	list(model.NoTask, "")
}

// object writes a map as JSON, or nothing for an empty one.
func object(m params.Map) string {
	if m.Len() == 0 {
		return ""
	}
	return fmt.Sprint(m)
}

// clock writes an instant as the time since the test began.
func clock(i model.Instant) string { return i.Sub(epoch).String() }
