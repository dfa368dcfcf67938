package dig

import (
	"io/fs"
	"strconv"

	"github.com/pawlhq/pawl/internal/document"
)

// Sources finds where parts of tasks were written. It reads each file once.
type Sources struct{ loader *loader }

// Other is how the files of another language are read: those of its extension, as
// documents in the form of .dig files.
type Other struct {
	Extension string
	Read      func(project fs.FS, name string) (*document.Node, error)
}

// NewSources returns the sources of a project, which may have files of other
// languages.
func NewSources(project fs.FS, others ...Other) *Sources {
	l := newLoader(project)
	l.others = others
	return &Sources{l}
}

// Place is where something was written: a key with its value, or a part of its
// value. The zero Place is nowhere.
type Place struct {
	key   document.Entry
	value *document.Node
}

// Find follows keys from the top of a workflow file: names of tasks, keys of
// tasks and mappings, numbers of items of lists from 0. "_command" is what
// follows the operator. It goes as far as it can, and tells whether that is all
// the way.
func (s *Sources) Find(file string, keys ...string) (at Place, found bool) {
	doc, _ := s.loader.document(file) // of what is wrong with it, others tell
	if doc == nil {
		return Place{}, false
	}
	at = Place{value: doc}
	for _, key := range keys {
		next, ok := at.down(key)
		if !ok {
			return at, false
		}
		at = next
	}
	return at, true
}

// Text looks for a text that tasks were given, from the place that the keys
// lead to outwards: in that place, in what is exported around it, then in the
// whole file.
func (s *Sources) Text(file, text string, keys ...string) (at Place, found bool) {
	at, _ = s.Find(file, keys...)
	if found, ok := at.search(text); ok {
		return found, true
	}
	for i := len(keys) - 1; i >= 0; i-- {
		around, whole := s.Find(file, append(keys[:i:i], "_export")...)
		if found, ok := around.search(text); ok && whole {
			return found, true
		}
	}
	top, _ := s.Find(file)
	return top.search(text)
}

// search returns the first scalar in a place that is the text.
func (p Place) search(text string) (Place, bool) {
	if p.value == nil {
		return p, false
	}
	if own, ok := p.value.Text(); ok && own == text {
		return p, true
	}
	for _, e := range p.value.Entries() {
		if found, ok := (Place{e, e.Value}).search(text); ok {
			return found, true
		}
	}
	for _, item := range p.value.Items() {
		if found, ok := (Place{p.key, item}).search(text); ok {
			return found, true
		}
	}
	return Place{}, false
}

// Texts returns the texts that the given key has anywhere in the place.
func (p Place) Texts(key string) (texts []string) {
	if p.value == nil {
		return nil
	}
	if text, ok := p.value.Text(); ok && p.key.Key == key {
		texts = append(texts, text)
	}
	for _, e := range p.value.Entries() {
		texts = append(texts, Place{e, e.Value}.Texts(key)...)
	}
	for _, item := range p.value.Items() {
		texts = append(texts, Place{value: item}.Texts(key)...)
	}
	return texts
}

// down returns what a key leads to.
func (p Place) down(key string) (Place, bool) {
	if p.value.Kind() != document.List {
		return within(p.value.Entries(), key)
	}
	items := p.value.Items()
	if i, err := strconv.Atoi(key); err == nil && 0 <= i && i < len(items) {
		return Place{p.key, items[i]}, true
	}
	// A task may be a list of mappings, of which the last one counts.
	for i := len(items) - 1; i >= 0; i-- {
		if found, ok := within(items[i].Entries(), key); ok {
			return found, true
		}
	}
	return Place{}, false
}

func within(entries []document.Entry, key string) (Place, bool) {
	e, ok := find(entries, key)
	if _, typed := find(entries, "_type"); key == "_command" && !typed {
		for _, o := range entries {
			if isOperator(o) {
				e, ok = o, true
			}
		}
	}
	return Place{e, e.Value}, ok
}

// Pos is where the place is, of an entry that of its key.
func (p Place) Pos() document.Pos { return p.KeyErrorf("").Pos }

// Errorf returns an error that points to the value, or to the key where the
// value is nothing.
func (p Place) Errorf(format string, args ...any) *document.Error {
	if p.value == nil || p.value.IsNull() {
		return p.KeyErrorf(format, args...)
	}
	return p.value.Errorf(format, args...)
}

// KeyErrorf returns an error that points to the key.
func (p Place) KeyErrorf(format string, args ...any) *document.Error {
	return p.key.Errorf(format, args...)
}

// Part returns where a part of the value is, which begins offset bytes into its
// text.
func (p Place) Part(offset int, part string) Place {
	if p.value != nil {
		p.value = p.value.Part(offset, part)
	}
	return p
}
