package engine_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// hears checks that what was told of who listens is what follows from the states
// of all tasks.
func (f *family) hears(told map[model.TaskID]engine.Listening) error {
	for i, v := range f.views {
		id := model.TaskID(i)
		want, since := f.keys(id)
		got := told[id]
		switch {
		case !slices.Equal(got.Keys, want):
			return fmt.Errorf("%s (%d) is %v and listens to %v, want %v", v.Name, id, v.State, got.Keys, want)
		case len(want) > 0 && got.Fresh != afresh(v, want):
			return fmt.Errorf("%s (%d) listens afresh: %v", v.Name, id, got.Fresh)
		case len(want) > 0 && got.Since != since:
			return fmt.Errorf("%s (%d) listens since %d, want %d", v.Name, id, got.Since, since)
		}
	}
	return nil
}

// afresh reports whether a task gets nothing that came before it listens.
func afresh(v engine.View, keys []engine.Key) bool {
	return v.Node.Wait != nil && v.Node.Wait.Early == workflow.DropEarly ||
		slices.ContainsFunc(keys, func(k engine.Key) bool { return k.Fresh })
}

// keys are what a task is to listen to, and since when.
func (f *family) keys(id model.TaskID) ([]engine.Key, model.Instant) {
	v := f.views[id]
	switch {
	case f.row.Started == 0, f.row.CancelAsked && !f.onStop(id), f.row.State.Done(), v.Retired:
	case v.State == model.Waiting, v.State == model.Running:
		if v.Flags&told == 0 {
			return append(f.signals(id), f.asked(id)...), since(v)
		}
	case v.State == model.Blocked:
		if v.Node.Wait.ListensEarly() && f.mayBeReached(id) {
			return f.signals(id), since(v)
		}
	case v.State.Final() && f.takesLate(id):
		return f.signals(id), v.Ended
	}
	return nil, 0
}

// onStop reports whether a task is, or is below, what is run because the attempt is
// asked to end.
func (f *family) onStop(id model.TaskID) bool {
	for ; id != model.NoTask; id = f.views[id].Parent {
		if g := f.growth(id); g != nil && g.Kind == engine.GrowStop {
			return true
		}
	}
	return false
}

const told = engine.CancelAsked | engine.SkipAsked | engine.TimedOut

// mayBeReached: the first task above it that has started was not told to end.
func (f *family) mayBeReached(id model.TaskID) bool {
	at := f.views[id].Parent
	for at != model.NoTask && f.views[at].State == model.Blocked {
		at = f.views[at].Parent
	}
	return at == model.NoTask || f.views[at].Flags&told == 0
}

// since is when a task began to listen that has not ended.
func since(v engine.View) model.Instant {
	if v.Detail == nil || v.Detail.Hearing == nil {
		return 0
	}
	return v.Detail.Hearing.Since
}

// takesLate: a task that has ended runs again for a message, while its group
// goes on.
func (f *family) takesLate(id model.TaskID) bool {
	v := f.views[id]
	if v.Parent == model.NoTask || !listens(v) {
		return false
	}
	p := f.views[v.Parent]
	won := func(kid model.TaskID) bool { return f.views[kid].Flags&engine.Won != 0 }
	if p.State != model.Open || p.Flags&told != 0 || slices.ContainsFunc(f.below[v.Parent], won) {
		return false
	}
	return v.State == model.Success && v.Node.Wait.Again != workflow.AgainNever ||
		v.State == model.Skipped && v.Node.Wait.Early == workflow.JumpEarly
}

// signals are those of a task's definition, as far as what it sees has them.
func (f *family) signals(id model.TaskID) (keys []engine.Key) {
	if !listens(f.views[id]) {
		return nil
	}
	for _, s := range f.views[id].Node.Wait.Signals {
		if v, _ := f.visible(id).At(params.SplitPath(s.Param)...); v != nil {
			keys = append(keys, engine.Key{Topic: s.Topic, Param: s.Param, Value: engine.Canonical(v), One: s.One})
		}
	}
	return keys
}

// asked are the signals that a task's operator asked for.
func (f *family) asked(id model.TaskID) (keys []engine.Key) {
	for _, k := range f.detail(id).Keys {
		if w := f.views[id].Node.Wait; w == nil || !slices.Contains(w.Signals, workflow.Signal{Topic: k.Topic, Param: k.Param, One: k.One}) {
			keys = append(keys, k)
		}
	}
	return keys
}

// sole is what the sources of messages begin with that one task gets in the
// stead of others.
const sole = "sole"

func messageFrom(source, topic string) *engine.Message {
	m := &engine.Message{Source: source, Topic: topic}
	if strings.HasPrefix(source, sole) {
		m.Share = &engine.Share{Keys: []engine.MessageKey{{Param: "id", Value: "7"}}}
	}
	return m
}

// returnsMail checks that others get what a task alone got and did not begin
// with, and nothing else, and that who returns it does not listen.
func returnsMail(before, after []engine.View, told map[model.TaskID]engine.Listening, step *engine.Step) error {
	shared := func(m engine.Message) bool { return m.Share != nil }
	held, kept := 0, 0
	for _, v := range before {
		if v.Flags&engine.Handling != 0 && shared(inbox(v)[0]) {
			return fmt.Errorf("%s has begun with message %s, which others may get", v.Name, inbox(v)[0].Source)
		}
		held += count(inbox(v), shared)
	}
	for _, v := range after {
		kept += count(inbox(v), shared)
	}
	for _, b := range step.Buried {
		if !shared(b.Message) {
			continue
		}
		kept++
		if len(told[b.Task].Keys) > 0 {
			return fmt.Errorf("task %d returns message %s, and listens to %v", b.Task, b.Message.Source, told[b.Task].Keys)
		}
	}
	for _, e := range step.Effects {
		if e.Kind == engine.Dispatch && e.Message != nil && strings.HasPrefix(e.Message.Source, sole) {
			kept++
		}
	}
	if kept < held {
		return fmt.Errorf("%d messages are kept or returned that others may get, there were %d", kept, held)
	}
	return nil
}

func count(list []engine.Message, is func(engine.Message) bool) (n int) {
	for _, m := range list {
		if is(m) {
			n++
		}
	}
	return n
}

// keepsMail checks that each message is kept until it is handled or buried.
func keepsMail(c engine.Command, before, after []engine.View, step *engine.Step, refused bool) error {
	came, handled := 0, 0
	if int(c.Task) < len(before) && !refused {
		t := before[c.Task]
		switch c.Kind {
		case engine.Deliver:
			again := func(m engine.Message) bool { return m.Source != "" && m.Source == c.Message.Source }
			came = 1
			for _, round := range before { // one that is late gets what is for the one before it
				if round.Name == t.Name && slices.ContainsFunc(inbox(round), again) {
					came = 0
				}
			}
		case engine.Succeed, engine.WaitFor:
			if t.State == model.Running && t.Try == c.Try && t.Flags&engine.Handling != 0 && t.Flags&told == 0 {
				handled = 1
			}
		}
	}
	if had, has := mail(before)+came, mail(after)+handled+len(step.Buried); had != has {
		return fmt.Errorf("of %d messages, %d are left, handled or buried", had, has)
	}
	return nil
}

func inbox(v engine.View) []engine.Message {
	if v.Detail == nil {
		return nil
	}
	return v.Detail.Inbox
}

// mail counts the messages that tasks keep.
func mail(views []engine.View) int {
	n := 0
	for _, v := range views {
		n += len(inbox(v))
	}
	return n
}
