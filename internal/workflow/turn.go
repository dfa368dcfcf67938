package workflow

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Turn says how the attempts of a definition stand in the run queue. The zero value
// says nothing.
type Turn struct {
	// Tags are those that its attempts begin with.
	Tags model.Tags
	// Priority says who comes first: higher ones.
	Priority int
	// Weight is how many places an attempt takes; 0 is one.
	Weight int
}

// MaxWeight is the most places that a run can take, or slots that a task can.
const MaxWeight = 1_000_000

// ParseTags reads tags as they are written in a definition: a mapping of texts,
// numbers and booleans. Those that nobody can give are Invalid, as are expressions.
func ParseTags(v params.Value) (model.Tags, error) {
	m, ok := v.(params.Map)
	if !ok {
		return nil, model.Errorf(model.Invalid, "tags are a mapping, such as {team: search}, not %s", params.AppendJSON(nil, v))
	}
	tags := make(model.Tags, m.Len())
	for name, value := range m.All() {
		text, scalar := params.ToString(value)
		switch {
		case !scalar:
			return nil, model.Errorf(model.Invalid, "the tag %s must be a text, not %s", name, params.AppendJSON(nil, value))
		case params.TemplatedValue(value):
			return nil, model.Errorf(model.Invalid, "tags are read before expressions are evaluated, so %s can't be %q", name, text).
				WithHint("give it with the start, as --tag %s=VALUE", name)
		}
		tags[name] = text
	}
	return tags, tags.Check()
}

func (t *Turn) isZero() bool { return len(t.Tags) == 0 && t.Priority == 0 && t.Weight == 0 }

func (e *encoder) turn(t *Turn) {
	e.int(t.Priority)
	e.int(t.Weight)
	e.uint(uint64(len(t.Tags)))
	for _, name := range t.Tags.Names() {
		e.string(name)
		e.string(t.Tags[name])
	}
}

func (d *decoder) turn() Turn {
	t := Turn{Priority: d.int(), Weight: d.int()}
	n := d.uint()
	if n > model.MaxTags {
		d.fail(errCodec)
		return t
	}
	for last := ""; n > 0; n-- {
		name := d.string()
		if t.Tags == nil {
			t.Tags = make(model.Tags, n)
		} else if name <= last {
			d.fail(errCodec)
		}
		t.Tags[name] = d.string()
		last = name
	}
	if t.isZero() {
		d.fail(errCodec)
	}
	return t
}
