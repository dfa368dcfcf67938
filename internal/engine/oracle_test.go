package engine_test

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// check holds the states of all tasks against the definition.
func (f *family) check() error {
	for id, v := range f.views {
		if v.Retired {
			continue
		}
		if err := f.place(model.TaskID(id)); err != nil {
			return fmt.Errorf("%s (%d) is %v: %w", v.Name, id, v.State, err)
		}
	}
	return nil
}

func (f *family) place(id model.TaskID) error {
	v := f.views[id]
	switch {
	case v.State == model.Blocked:
		return f.mayBeBlocked(id)
	case v.State == model.NotReached:
		return f.mayBeMissed(id)
	case v.State == model.Waiting && v.Wake == 0 && len(f.detail(id).Keys) == 0 && !listens(v) && !v.Held:
		return fmt.Errorf("nothing wakes it")
	case v.State == model.Open && len(f.below[id]) == 0:
		return fmt.Errorf("it has no children")
	case v.State == model.Open && !slices.ContainsFunc(f.below[id], f.live):
		return fmt.Errorf("none of its children can end it")
	case v.State.Final() && v.Node.IsGroup() && v.Started != 0:
		return f.outcome(id)
	}
	return nil
}

func listens(v engine.View) bool { return v.Node.Wait != nil && len(v.Node.Wait.Signals) > 0 }

// live reports whether a task is started and has not ended.
func (f *family) live(id model.TaskID) bool {
	s := f.views[id].State
	return s != model.Blocked && !s.Final()
}

// mayBeBlocked: only before the attempt begins, below a blocked group, as long
// as one of those that the task comes after has not ended, or as an item for
// which there is no room.
func (f *family) mayBeBlocked(id model.TaskID) error {
	parent := f.views[id].Parent
	if parent == model.NoTask || f.views[parent].State == model.Blocked {
		return nil
	}
	if closed := f.views[parent].Flags&engine.Closed != 0; !closed && f.room(id) <= 0 {
		return nil
	}
	for _, e := range f.edges(id) {
		if !f.decided(f.source(id, e)) {
			return nil
		}
	}
	return fmt.Errorf("it waits for nothing")
}

// mayBeMissed: only when the group is over, was told to end, won or closed, or
// when an edge can not open any more.
func (f *family) mayBeMissed(id model.TaskID) error {
	parent := f.views[id].Parent
	if parent == model.NoTask || f.row.CancelAsked {
		return nil
	}
	p := f.views[parent]
	if p.State.Final() || p.Flags&(engine.CancelAsked|engine.SkipAsked|engine.TimedOut|engine.Closed) != 0 {
		return nil
	}
	if f.won(id, f.views) {
		return nil
	}
	for _, e := range f.edges(id) {
		if from := f.source(id, e); e.On != workflow.OnDone && f.decided(from) && !f.passed(from) {
			return nil
		}
	}
	return fmt.Errorf("nothing kept it from starting")
}

// room is how many more items may be in work beside an item of a collection
// with a window, and 1 for other tasks.
func (f *family) room(id model.TaskID) int {
	if !f.item(id) {
		return 1
	}
	parent := f.views[id].Parent
	room := f.views[parent].Node.Each.Window
	if room == 0 {
		return 1
	}
	for _, kid := range f.below[parent] {
		if f.item(kid) && f.live(kid) {
			room--
		}
	}
	return room
}

// item reports whether a task is the body of a collection for one item.
func (f *family) item(id model.TaskID) bool {
	g := f.growth(id)
	return g != nil && g.Kind == engine.GrowItems
}

// won reports whether the losers of a task's group start no more, because a
// sibling had won it when the views were taken.
func (f *family) won(id model.TaskID, then []engine.View) bool {
	parent := f.views[id].Parent
	if parent == model.NoTask || f.views[parent].Node.Join.LeaveLosers {
		return false
	}
	return slices.ContainsFunc(f.below[parent], func(kid model.TaskID) bool {
		return int(kid) < len(then) && then[kid].Flags&engine.Won != 0
	})
}

// hook reports whether a task is run because something failed or took long.
func (f *family) hook(id model.TaskID) bool {
	g := f.growth(id)
	return g != nil && (g.Kind == engine.GrowFailure || g.Kind == engine.GrowLimit || g.Kind == engine.GrowStop)
}

// inTurn: items start in their order, when there is room.
func (f *family) inTurn(id model.TaskID) error {
	if f.room(id) < 0 {
		return fmt.Errorf("there was no room for it")
	}
	for _, kid := range f.below[f.views[id].Parent] {
		if f.item(id) && f.item(kid) && f.slot[kid] < f.slot[id] && f.views[kid].State == model.Blocked {
			return fmt.Errorf("%s comes before it", f.views[kid].Name)
		}
	}
	return nil
}

// mayStart: a task starts when its group is open and every edge opened.
func (f *family) mayStart(id model.TaskID) error {
	if err := f.inTurn(id); err != nil {
		return err
	}
	outputs, emitted := false, false
	for _, e := range f.edges(id) {
		from := f.source(id, e)
		switch {
		case !f.decided(from):
			return fmt.Errorf("%s has not ended", f.views[from].Name)
		case e.On != workflow.OnDone && !f.passed(from):
			return fmt.Errorf("%s is %v", f.views[from].Name, f.views[from].State)
		case e.On == workflow.OnOutput:
			outputs = true
			emitted = emitted || f.passed(from) && slices.Contains(f.detail(from).Outputs, e.Output)
		}
	}
	if outputs && !emitted {
		return fmt.Errorf("none of its outputs was emitted")
	}
	return nil
}

// decided reports whether a task holds back nobody who comes after it: one that
// has ended, or that has another round for a late message.
func (f *family) decided(id model.TaskID) bool {
	return f.views[id].State.Final() || f.views[id].Flags&engine.Late != 0
}

// passed reports whether those may start that come after a task ended well.
func (f *family) passed(id model.TaskID) bool {
	return f.views[id].State.Passed() || f.views[id].Flags&engine.Late != 0
}

// outcome: how a group ends follows from how its children did, unless it was
// told to end. Hooks of time limits do not count.
func (f *family) outcome(id model.TaskID) error {
	v := f.views[id]
	told := v.Flags&(engine.CancelAsked|engine.SkipAsked|engine.TimedOut|engine.Broken) != 0
	if sourceFailed := f.detail(id).Error.Len() > 0; told || sourceFailed {
		return nil
	}
	states := make(map[model.State]int)
	counted, failed := 0, 0
	for _, kid := range f.below[id] {
		k := f.views[kid]
		if g := f.growth(kid); g != nil && g.Kind == engine.GrowLimit {
			continue
		}
		if k.Flags&engine.Won != 0 && v.Node.Join.Any {
			return expect(v.State, k.State)
		}
		counted++
		states[k.State]++
		needed := v.Node.Join.Any && !k.Node.TellsSuccess()
		if k.State == model.Failed && (needed || k.Node.Failure.Effect != workflow.Isolate) {
			failed++
		}
	}
	switch {
	case v.Node.Each != nil && counted == 0:
		return nil // its source decided
	case failed > 0:
		return expect(v.State, model.Failed)
	case states[model.Stopped]+states[model.Cancelled] > 0:
		return expect(v.State, model.Stopped, model.Cancelled)
	case counted > 0 && states[model.Skipped] == counted:
		return expect(v.State, model.Skipped)
	}
	return expect(v.State, model.Success)
}

func expect(got model.State, want ...model.State) error {
	if slices.Contains(want, got) {
		return nil
	}
	return fmt.Errorf("its children say %v", want)
}
