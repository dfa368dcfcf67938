// Package admission decides which of the runs that wait in a queue may begin, and
// says of the others what they wait for; and which tasks get a slot of a pool. It
// is pure: it knows no store, no clock and nothing of how runs are executed.
package admission

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// Run is a run as the queue sees it.
type Run struct {
	ID model.AttemptID
	// Priority says who comes first: higher ones, and of equal ones the lower id,
	// which is the run that was started earlier.
	Priority int
	// Weight is how many places it takes; less than 1 counts as 1.
	Weight int
	Tags   []Tag
}

// Tag is one tag of a run. The names of a run's tags differ.
type Tag struct{ Name, Value string }

func (r *Run) weight() int { return max(r.Weight, 1) }

// Compare says which of two runs comes first in a queue.
func Compare(a, b *Run) int {
	switch {
	case a.Priority != b.Priority:
		if a.Priority > b.Priority {
			return -1
		}
		return 1
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}

// Limit bounds how many runs are under way, or how many begin in a time.
type Limit struct {
	// Name is what people know it by; unique among the limits.
	Name string
	// Tag is the name of a tag: the limit is for runs that have it. Empty is for all.
	Tag string
	// Value, unless it is nil, is the value that the tag has to have.
	Value *string
	// PerValue gives each value of the tag a bound of its own.
	PerValue bool
	// Max is how many places runs may take together. Zero is no bound.
	Max int
	// Rate is how many runs may begin in the time Per: as many at once, after which
	// one more may as each Rate-th part of the time has passed. Zero is no bound.
	// The weights of runs do not count.
	Rate int
	Per  time.Duration
}

// about says in words which runs a limit is for, of those with a value.
func (l *Limit) about(value string) string {
	switch {
	case l.Tag == "":
		return l.Name
	case l.PerValue:
		return l.Name + " (" + l.Tag + "=" + value + ")"
	case l.Value != nil:
		return l.Name + " (" + l.Tag + "=" + *l.Value + ")"
	}
	return l.Name + " (" + l.Tag + ")"
}

// Check returns an Invalid error for a limit that bounds nothing, or says two
// things at once.
func (l *Limit) Check() error {
	invalid := func(format string, args ...any) error {
		return model.Errorf(model.Invalid, "limit %s "+format, append([]any{l.Name}, args...)...)
	}
	switch {
	case l.Tag == "" && (l.Value != nil || l.PerValue):
		return invalid("is for values of a tag, but has no tag")
	case l.Value != nil && l.PerValue:
		return invalid("is for one value and for each: leave out value, or per")
	case l.Max < 0 || l.Rate < 0:
		return invalid("can't be negative")
	case l.Max == 0 && l.Rate == 0:
		return model.Errorf(model.Invalid, "limit %s bounds nothing", l.Name).WithHint("give it a limit, a number of runs, or a rate, such as 10/1m")
	case l.Rate > 0 && l.Per < time.Duration(l.Rate)*time.Microsecond:
		return invalid("has a rate that is too high to be kept: %d in %s", l.Rate, schedule.FormatDuration(l.Per))
	}
	return nil
}

// Limits are all that a queue has to keep.
type Limits struct {
	all []Limit
	// everyone are the places of those for all runs, tagged those of the others.
	everyone []int
	tagged   map[string]*ofTag
}

// ofTag are the limits that name a tag: those for whatever value it has, and those
// for one value.
type ofTag struct {
	any []int
	one map[string][]int
}

// NewLimits returns limits in the order in which they are named as reasons. A limit
// that is not right, or has the name of another, is Invalid.
func NewLimits(all []Limit) (*Limits, error) {
	l := &Limits{all: all, tagged: make(map[string]*ofTag)}
	names := make(map[string]bool, len(all))
	for i := range all {
		of := &all[i]
		if err := of.Check(); err != nil {
			return nil, err
		}
		key := strings.ToLower(of.Name)
		if names[key] {
			return nil, model.Errorf(model.Invalid, "there are two limits of the name %s", of.Name)
		}
		names[key] = true
		l.add(i)
	}
	return l, nil
}

func (l *Limits) add(i int) {
	of := &l.all[i]
	if of.Tag == "" {
		l.everyone = append(l.everyone, i)
		return
	}
	t := l.tagged[of.Tag]
	if t == nil {
		t = &ofTag{one: make(map[string][]int)}
		l.tagged[of.Tag] = t
	}
	if of.Value == nil {
		t.any = append(t.any, i)
	} else {
		t.one[*of.Value] = append(t.one[*of.Value], i)
	}
}

// All returns the limits.
func (l *Limits) All() []Limit { return l.all }

// Tags returns the names of the tags that decide, in order.
func (l *Limits) Tags() []string { return slices.Sorted(maps.Keys(l.tagged)) }
