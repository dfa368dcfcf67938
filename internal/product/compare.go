package product

import (
	"errors"

	"github.com/pawlhq/pawl/internal/params"
)

// difference is what differs between a stored record and a task as it is now.
type difference struct {
	kind   differs
	above  bool   // the task is given something else of others
	record Record // what was stored
	err    error  // why nothing can be said
}

type differs uint8

const (
	nothing differs = iota
	parameters
	imports
	source
	entries // the record lacks some
)

func (d difference) differs() bool { return d.kind != nothing }

// difference compares the task with a record, which is read only where its print
// is another.
func (j *judgement) difference(k int, remote bool, s Stamp) difference {
	if t := &j.plan.tasks[j.task]; s.State != Damaged && (s.Print == t.Whole || s.Print == t.Print) {
		return difference{}
	}
	known := s.Print != (Print{})
	if known && s.Print == j.asked.print {
		return j.asked.d
	}
	record, err := j.plan.o.Load(j.task, k, remote)
	if err == nil && s.State == Damaged {
		err = errors.New("the record is damaged")
	}
	if err != nil {
		return difference{err: err}
	}
	t := &j.plan.tasks[j.task]
	d := difference{
		kind: j.plan.compare(t, record), record: record,
		above: record.MadeOf != nil && !Equal(*record.MadeOf, t.MadeOf),
	}
	if known {
		j.asked.print, j.asked.d = s.Print, d
	}
	return d
}

// compare tells what counts most of what differs.
func (p *Plan) compare(t *Task, r Record) differs {
	switch {
	case r.Source == nil:
		return entries
	case *r.Source != t.Code && (p.o.Same == nil || !p.o.Same(t.Language, *r.Source, t.Code)):
		return source
	case r.Imports != t.Imports && t.Imports != "":
		return imports
	case r.Params != nil && !Equal(*r.Params, t.Params):
		return parameters
	}
	return nothing
}

// equal tells whether two records say the same of one run.
func (r Record) equal(other Record) bool {
	return equalPointers(r.Timestamp, other.Timestamp) && equalPointers(r.Source, other.Source) &&
		equalPointers(r.Params, other.Params) && equalPointers(r.MadeOf, other.MadeOf) && r.Imports == other.Imports && r.Unfinished == other.Unfinished && Equal(r.Extra, other.Extra)
}

func equalPointers[T params.Map | float64 | string](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return Equal(*a, *b)
}

// firstParameter returns the path of the first parameter that differs, in the
// order of the current ones and then of the stored, and both its values.
func firstParameter(stored, current params.Map) (path string, was, is params.Value, had, has bool) {
	for key, is := range current.All() {
		was, had := stored.Get(key)
		if had && Equal(was, is) {
			continue
		}
		below, ok := was.(params.Map)
		above, both := is.(params.Map)
		if ok && both {
			path, was, is, had, has := firstParameter(below, above)
			return key + "." + path, was, is, had, has
		}
		return key, was, is, had, true
	}
	for key, was := range stored.All() {
		if !current.Has(key) {
			return key, was, nil, true, false
		}
	}
	return "", nil, nil, false, false
}
