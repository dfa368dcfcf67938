package store

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Search selects attempts by more than Filter does; zero fields match all.
type Search struct {
	// Filter selects by what lists are made for.
	Filter
	// Revision selects attempts of the workflows of one stored revision.
	Revision model.RevisionID
	// Key is what the keys of their sessions begin with.
	Key string
	// From and Until are when they were made: not before From, and before Until.
	From, Until model.Instant
	// Params are values that they have now: see Attempt.Current.
	Params []ParamValue
	// Queued selects those that wait in the run queue: see Attempt.Queued.
	Queued bool
	// Tags are what they have, all of them.
	Tags model.Tags
	// Group selects the attempt of this id, which is the first of its group, and those
	// that run it, or one another, again: see model.RootTag.
	Group model.AttemptID
	// Awaits selects those with a task that waits for such a message. Its Attempt
	// is not looked at.
	Awaits SubscriptionFilter
	// Look bounds how many attempts are looked at for what no index leads to.
	// Defaults to DefaultLook.
	Look int
}

// DefaultLook is how many attempts a search looks at if nothing is said.
const DefaultLook = 10_000

// Disorder is by how much the clocks of those who make attempts may differ: one
// with a higher id was not made earlier by more than that.
const Disorder = 3600 * 1_000_000

// ParamValue is a value that a parameter is to have.
type ParamValue struct {
	// Path leads to it, through maps.
	Path []string
	// Text is the value: a text, or a number or a boolean as it is written.
	Text string
}

// ParseParamValue reads NAME=VALUE, where dots in the name lead into maps.
func ParseParamValue(text string) (ParamValue, error) {
	name, value, ok := strings.Cut(text, "=")
	path := params.SplitPath(name)
	if !ok || name == "" {
		return ParamValue{}, model.Errorf(model.Invalid, "a parameter is looked for by NAME=VALUE, not %q", text).
			WithHint("such as order_id=17, or customer.id=4 for one within another")
	}
	return ParamValue{path, value}, nil
}

// Matches reports whether parameters have the value.
func (v ParamValue) Matches(m params.Map) bool {
	found, ok := m.At(v.Path...)
	if !ok {
		return false
	}
	text, scalar := params.ToString(found)
	return scalar && text == v.Text
}

// Current returns the parameters of an attempt as they stand, by what its row tells
// of their scope: that of an attempt which shares them all and has none is not known.
func (a *Attempt) Current() params.Map {
	if a.Shared.Len() > 0 {
		return a.CurrentIn(workflow.Shared)
	}
	return a.CurrentIn(workflow.Tree)
}

// Check returns an Invalid error unless s can be asked for.
func (s *Search) Check() error {
	if err := s.Awaits.Check(); err != nil {
		return err
	}
	if s.Until != 0 && s.Until <= s.From {
		return model.Errorf(model.Invalid, "nothing is before %s and not before %s", s.Until.Time().Format(time.RFC3339), s.From.Time().Format(time.RFC3339))
	}
	return nil
}

// HasParams reports whether the parameters of an attempt have all the values.
func (s *Search) HasParams(a *Attempt) bool {
	if len(s.Params) == 0 {
		return true
	}
	m := a.Current()
	for _, v := range s.Params {
		if !v.Matches(m) {
			return false
		}
	}
	return true
}

// Waits reports whether those are selected alone that wait for a message.
func (s *Search) Waits() bool { return s.Awaits.Topic != "" }
