package kind

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Table has all that may be set.
type Table struct {
	sections []Section
	exact    map[string]*Known
	patterns []*Known // those with the most letters first
	ordered  []*Known
}

// Known is an option with where it belongs.
type Known struct {
	Option
	// Key is its whole name.
	Key string
	// Section is where it is, and Type, if not nil, what it is only for.
	Section *Section
	Type    *Type

	literals []string // of a key with parts that users choose, what is between them
}

// Open reports whether a part of the key is chosen by users.
func (k *Known) Open() bool { return len(k.literals) > 1 }

// NewTable returns a table of sections. Two options with one key are an error, and
// so is a default that is no value.
func NewTable(sections ...Section) (*Table, error) {
	t := &Table{sections: sections, exact: make(map[string]*Known)}
	for i := range t.sections {
		s := &t.sections[i]
		if len(s.Types) > 0 {
			if err := t.add(s, nil, s.typeOption()); err != nil {
				return nil, err
			}
		}
		for _, o := range s.Options {
			if err := t.add(s, nil, o); err != nil {
				return nil, err
			}
		}
		for j := range s.Types {
			for _, o := range s.Types[j].Options {
				if err := t.add(s, &s.Types[j], o); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortStableFunc(t.patterns, func(a, b *Known) int {
		return cmp.Compare(len(strings.Join(b.literals, "")), len(strings.Join(a.literals, "")))
	})
	return t, nil
}

func (t *Table) add(s *Section, of *Type, o Option) error {
	if o.Default == "" && o.Form == Word {
		o.Default = o.Words[0]
	}
	k := &Known{Option: o, Key: s.key(o.Name), Section: s, Type: of}
	if o.Default != "" {
		if err := o.Check(o.Default); err != nil {
			return fmt.Errorf("the default of %s must be %s", k.Key, o.What())
		}
	}
	if t.exact[k.Key] != nil || slices.ContainsFunc(t.patterns, func(p *Known) bool { return p.Key == k.Key }) {
		return fmt.Errorf("%s is described twice", k.Key)
	}
	t.ordered = append(t.ordered, k)
	if k.literals = literals(k.Key); k.Open() {
		t.patterns = append(t.patterns, k)
		return nil
	}
	t.exact[k.Key] = k
	return nil
}

// literals splits a key at the parts that users choose.
func literals(key string) (list []string) {
	for {
		before, rest, found := strings.Cut(key, "<")
		list = append(list, before)
		if !found {
			return list
		}
		_, key, _ = strings.Cut(rest, ">")
	}
}

// Find returns the option that a key is of, or nil.
func (t *Table) Find(key string) *Known {
	if k := t.exact[key]; k != nil {
		return k
	}
	for _, k := range t.patterns {
		if matches(k.literals, key) {
			return k
		}
	}
	return nil
}

// matches reports whether a key is made of the literals with something between each
// two of them, and after the last if that is empty.
func matches(literals []string, key string) bool {
	rest, ok := strings.CutPrefix(key, literals[0])
	for i, lit := range literals[1:] {
		if i == len(literals)-2 { // the last
			return ok && len(rest) > len(lit) && strings.HasSuffix(rest, lit)
		}
		at := strings.LastIndex(rest, lit)
		if at <= 0 {
			return false
		}
		rest = rest[at+len(lit):]
	}
	return false
}

// Options returns all options, in the order of the sections.
func (t *Table) Options() []*Known { return t.ordered }

// sectionOf returns the section that a key is in, or nil: that with the longest name.
func (t *Table) sectionOf(key string) (found *Section) {
	for i := range t.sections {
		s := &t.sections[i]
		in := s.Name != "" && (key == s.Name || strings.HasPrefix(key, s.Name+"."))
		if in && (found == nil || len(s.Name) > len(found.Name)) {
			found = s
		}
	}
	return found
}
