// Package kind describes what a configuration may say: its sections, the types that
// may be chosen in a section, and the options, each with its form, default and
// meaning. Everything that has to know them follows from one Table: what is refused
// and what is suggested instead, what is masked, defaults, the JSON Schema and the
// reference.
//
// How to register:
//
//   - Describe your options in a func that returns a Section, beside the code that
//     reads them, and put that func into the list of sections in package serve
//     (sections.go). Nothing registers itself.
//   - Where `type` chooses among implementations, make a func that returns
//     []Constructor[F]: each has the Type with its options, and Make, which opens it.
//     The section's Types are Types(list), and Find(list, name) gives what to call, so
//     that a type that is described is one that can be made.
//   - Options of a type are named after it where others of the section may have them,
//     too ("s3.bucket"). Users may leave the type out for the one that is chosen, and
//     may keep those of others, which wait until theirs is. Options that are not named
//     so are refused beside another type.
//   - A part of a name that users choose stands in angle brackets: "<topic>.url".
//     It stands for one or more characters, dots included.
//   - Read a setting by its key, without a default: that is in the description.
//
// The package knows no implementation and opens nothing.
package kind

import (
	"slices"
	"strings"
)

// Section is a part of a configuration.
type Section struct {
	// Name begins the keys of its settings. It may have dots; for settings that have
	// none it is empty.
	Name string
	// Doc says what the section is for, in one or more sentences.
	Doc string
	// Types are those that "type" chooses from; the first is the default. None means
	// that there is nothing to be chosen.
	Types []Type
	// Several says that "type" may be a list.
	Several bool
	// TypeDoc says what the type decides, where there are types.
	TypeDoc string
	// Elsewhere, if not nil, reports whether a type exists that is not in Types, such
	// as that of a plug-in. Its options begin with its name, and are its own.
	Elsewhere func(name string) bool
	// Options are those that do not depend on the type.
	Options []Option
}

// Type is what may be chosen in a section.
type Type struct {
	// Name is what users write, and Also what they may write instead.
	Name string
	Also []string
	// Doc says what it is, as the rest of a sentence.
	Doc string
	// Options are those that have a meaning with this type only.
	Options []Option
}

// Option is one setting.
type Option struct {
	// Name is that of the setting without the section's.
	Name string
	// Form says how the value is written.
	Form Form
	// Words are what the value is chosen from, with the forms Word and Words; the
	// first is the default unless there is another.
	Words []string
	// Default is what counts if the setting is not there, written as a value; empty
	// is none. Computed says in words what does where it is no fixed value.
	Default, Computed string
	// Doc says what the setting means, as the rest of a sentence.
	Doc string
	// Secret says that nobody may see the value.
	Secret bool
	// Ignored marks a setting of Digdag that is accepted in properties and has no
	// effect.
	Ignored bool
}

// Constructor is a type with what makes it.
type Constructor[F any] struct {
	Type
	Make F
}

// Types returns the types of constructors.
func Types[F any](list []Constructor[F]) []Type {
	types := make([]Type, len(list))
	for i := range list {
		types[i] = list[i].Type
	}
	return types
}

// Find returns what makes a type.
func Find[F any](list []Constructor[F], name string) (make F, ok bool) {
	for i := range list {
		if list[i].is(name) {
			return list[i].Make, true
		}
	}
	return make, false
}

// is reports whether that is a name of the type.
func (t *Type) is(name string) bool {
	return strings.EqualFold(t.Name, name) || slices.ContainsFunc(t.Also, func(also string) bool { return strings.EqualFold(also, name) })
}

// Typed returns the type of that name, which may be one of its others, or nil.
func (s *Section) Typed(name string) *Type {
	for i := range s.Types {
		if s.Types[i].is(name) {
			return &s.Types[i]
		}
	}
	return nil
}

// key returns the whole key of a setting of the section.
func (s *Section) key(name string) string {
	if s.Name == "" {
		return name
	}
	return s.Name + "." + name
}

// typeName is the setting that chooses a type.
const typeName = "type"

// TypeNames returns the names of the types, without those that may be written instead.
func (s *Section) TypeNames() []string {
	names := make([]string, len(s.Types))
	for i := range s.Types {
		names[i] = s.Types[i].Name
	}
	return names
}

// typeOption is the setting that chooses a type.
func (s *Section) typeOption() Option {
	o := Option{Name: typeName, Form: Word, Words: s.TypeNames(), Doc: s.TypeDoc, Default: s.Types[0].Name}
	for _, t := range s.Types {
		o.Words = append(o.Words, t.Also...)
	}
	switch {
	case s.Several:
		o.Form = Words
	case s.Elsewhere != nil:
		o.Form = Text
	}
	return o
}
