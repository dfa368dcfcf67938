package sim

import (
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The history tells the state: events come in an order that makes sense, and
// what they say adds up to what the rows say.

// tale is one task as its events tell it.
type tale struct {
	phase    phase
	state    model.State
	ended    model.Instant
	try      int32
	retries  int32
	messages map[string]bool
}

// phase is where a task stands between two of its events.
type phase uint8

const (
	blocked phase = 1 << iota
	running
	lost
	waiting
	open
	final

	started = running | lost | waiting | open
)

// plot says for each kind of event of a task what may come before it and what
// it leads to; zero leads nowhere.
var plot = map[engine.EventKind]struct{ from, to phase }{
	engine.TaskStarted:  {blocked | lost | waiting, running},
	engine.TaskWaits:    {blocked | running | lost, waiting},
	engine.TaskRetries:  {started, waiting},
	engine.TaskOpened:   {blocked | running, open},
	engine.TaskEnded:    {blocked | started, final},
	engine.TasksAdded:   {blocked | started, 0},
	engine.SignalKept:   {blocked | running | waiting, 0},
	engine.TryLost:      {running, lost},
	engine.LimitPassed:  {started, 0},
	engine.SkippedTo:    {blocked, 0},
	engine.TaskJudged:   {running, 0},
	engine.ProductMade:  {running, 0},
	engine.Expected:     {running, 0},
	engine.SignalBuried: {blocked | started | final, 0},

	engine.SkipWanted:     {blocked | started | final, 0},
	engine.SignalReturned: {blocked | started | final, 0},
}

func (w *witness) tale(id model.TaskID) *tale {
	t := w.tales[id]
	if t == nil {
		t = &tale{phase: blocked, messages: make(map[string]bool)}
		w.tales[id] = t
	}
	return t
}

// told checks that an event can come where it comes, and takes it in.
func (c *checks) told(w *witness, e *engine.Event) {
	c.framed(w, e)
	step, ok := plot[e.Kind]
	if !ok || isPage(e.Name) {
		return
	}
	t := w.tale(e.Task)
	if t.phase&step.from == 0 {
		c.sim.fail("promise 2: event %s can't come in phase %b", eventText(e), t.phase)
	}
	switch {
	case step.to != 0:
		t.phase = step.to
	case e.Kind == engine.TasksAdded && t.phase == blocked:
		t.phase = open // what is run because it could not start
	}
	t.state = e.State
	switch e.Kind {
	case engine.TaskStarted:
		t.try++
	case engine.TaskRetries:
		t.retries++
	case engine.TaskEnded:
		t.ended = e.At
	case engine.SignalKept:
		source, _ := e.Data.String("source") // the engine writes nothing else
		if fed(source) && t.messages[source] {
			c.sim.fail("promise 1: event %s comes twice", eventText(e))
		}
		t.messages[source] = true
	case engine.SignalReturned:
		source, _ := e.Data.String("source")
		delete(t.messages, source) // it may come back
	}
	if e.Try != t.try {
		c.sim.fail("promise 2: event %s speaks of try %d, not of try %d", eventText(e), e.Try, t.try)
	}
}

// framed checks that the attempt's own events are the first and the last. One that
// was ended before it began has at most what it was told before, and its end.
func (c *checks) framed(w *witness, e *engine.Event) {
	begins := e.Kind == engine.AttemptStarted
	if e.Seq == 1 {
		w.unbegun = !begins
	}
	if begins && e.Seq != 1 || w.unbegun && e.Kind == engine.TaskStarted {
		c.sim.fail("promise 2: event %s is not in the first place", eventText(e))
	}
	if w.over {
		c.sim.fail("promise 2: event %s comes after the end of the attempt", eventText(e))
	}
	switch e.Kind {
	case engine.AttemptEnded:
		w.over = true
	case engine.ParamsEdited:
		w.edits = w.edits.Merge(edited(e))
	case engine.TasksAdded:
		n, _ := e.Data.Int("count") // the engine writes nothing else
		w.added += int32(n)
	}
}

// agrees checks after a commit that the rows are where the events say.
func (c *checks) agrees(w *witness) {
	if w.row.State.Done() != w.over || w.unbegun && !w.over {
		c.sim.fail("promise 2: attempt %d is %v, its history says ended=%t", w.row.ID, w.row.State, w.over)
	}
	for id, t := range w.tales {
		r, ok := w.rows[id]
		switch {
		case !ok && t.phase != blocked,
			r.Try != t.try, r.Retries != t.retries, r.Ended != t.ended,
			r.State.Final() != (t.phase == final),
			r.State.Final() && r.State != t.state,
			r.State == model.Running && t.phase != running:
			c.sim.fail("promise 2: a%d: the history of task %d says %+v, its row %s", w.row.ID, id, *t, w.texts[id])
		}
	}
}

// followsFromHistory checks at the end what the events of the whole attempt
// add up to.
func (c *checks) followsFromHistory(w *witness) {
	for id, r := range w.rows {
		if w.tales[id] == nil && r.State != model.Blocked && !isPage(r.Name) {
			c.sim.fail("promise 2: a%d: %s has no history", w.row.ID, rowText(&r))
		}
	}
	if got, want := w.row.Tasks, int32(w.def.Root.Size())+w.added; got != want && w.row.Started != 0 {
		c.sim.fail("promise 2: a%d has %d tasks, its history tells of %d", w.row.ID, got, want)
	}
	if w.def.Scope == workflow.Tree && !w.row.Edits.Equal(w.edits) {
		c.sim.fail("promise 2: a%d has the edits %v, its history tells of %v", w.row.ID, w.row.Edits, w.edits)
	}
}

// outcomes tell how the attempts ended, in a way that does not depend on when
// what happened: the tasks by name, those of a name in the order of their ids,
// without tries and times.
func (s *simulation) outcomes() []string {
	var all []string
	for _, c := range s.clients {
		if w := s.checks.attempts[c.id]; w != nil {
			all = append(all, w.outcome())
		}
	}
	return all
}

func (w *witness) outcome() string {
	var rows []engine.TaskRow
	for id := range w.ids() {
		rows = append(rows, w.rows[id])
	}
	slices.SortStableFunc(rows, func(a, b engine.TaskRow) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	text := w.info.Session.Workflow + w.info.Name + " " + w.row.State.String() + " " + sorted(w.row.Shared)
	for _, r := range rows {
		line := engine.TaskRow{Name: r.Name, State: r.State, Retries: r.Retries}
		if d := r.Detail; d != nil {
			line.Detail = &engine.Detail{Export: d.Export, Store: d.Store, Reset: d.Reset, Outputs: d.Outputs, Error: d.Error}
		}
		text += "\n" + rowText(&line)
	}
	return text
}

// sorted is the text of a map whose keys are set in any order.
func sorted(m params.Map) string {
	var keys []string
	for k := range m.Keys() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var in params.Map
	for _, k := range keys {
		v, _ := m.Get(k)
		in = in.Set(k, v)
	}
	return string(params.AppendJSON(nil, in))
}
