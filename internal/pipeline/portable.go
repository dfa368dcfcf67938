package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// here stands for the folder of the project where a workflow belongs to none
// yet. It is a code point that is no character, so that no text has it.
const here = "\uFDD0"

// Portable takes the folder of the project, from which its pipeline was loaded,
// out of a workflow, so that it can be performed in any other: see At. bounds
// is a folder around it that has nothing else, so that what still refers to it
// is a relative path that leads out of the project, which is an error.
func Portable(w *workflow.Workflow, dir, bounds string) error {
	var errs document.Errors
	for _, n := range slices.Concat(w.Root.Children, w.Root.OnFailure) {
		m := mover{dir: dir, bounds: bounds}
		n.Config = m.mapping(n.Config)
		for i := range n.Products {
			n.Products[i].Config = m.mapping(n.Products[i].Config)
		}
		n.Pos.File = strings.TrimPrefix(n.Pos.File, dir+"/")
		e := &document.Error{Pos: document.Pos(n.Pos)}
		switch {
		case m.reserved:
			e.Message = "the task " + n.Name[1:] + " has the code point U+FDD0 in a text, which is no character"
			errs.Add(e)
		case m.escaped:
			e.Message = "the task " + n.Name[1:] + " refers to files outside of the project, which are not there on other machines"
			errs.Add(e.Hint("use paths below the folder of the project, or absolute ones of storage that all machines share"))
		}
	}
	return errs.Err()
}

// mover takes a folder out of texts.
type mover struct {
	dir, bounds       string
	escaped, reserved bool
}

func (m *mover) mapping(config params.Map) params.Map {
	return rewrite(config, m.text).(params.Map) //nolint:forcetypeassert // a map stays one
}

func (m *mover) text(s string) string {
	m.reserved = m.reserved || strings.Contains(s, here)
	s = strings.ReplaceAll(s, m.dir, here)
	m.escaped = m.escaped || strings.Contains(s, m.bounds)
	return s
}

// IsPortable tells whether the configuration of a task belongs to no folder yet.
func IsPortable(config params.Map) bool {
	root, _ := config.Get("root")
	text, _ := root.(string)
	return strings.HasPrefix(text, here)
}

// Shown returns a text of a portable workflow as people read it: the folder of the project
// is a dot.
func Shown(text string) string { return strings.ReplaceAll(text, here, ".") }

// Moved is the key under which At notes what it has done.
const Moved = "moved"

// At returns the configuration of a task of a portable workflow as it is in a
// folder that has the files of the project, with true under the key Moved.
// Others stay what they are.
func At(config params.Map, dir string) params.Map {
	if !IsPortable(config) {
		return config
	}
	dir = filepath.Clean(dir)
	config = rewrite(config, func(s string) string { return strings.ReplaceAll(s, here, dir) }).(params.Map) //nolint:forcetypeassert // a map stays one
	return config.Set(Moved, true)
}

// Relative returns a value of the configuration of a portable task with paths
// relative to the folder of the project, so that it does not depend on where
// that is.
func Relative[T params.Map | string](v T) T {
	return rewrite(v, func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, here+"/", ""), here, ".")
	}).(T) //nolint:forcetypeassert // a map stays a map, and a text a text
}

// rewrite returns a value with all texts in it replaced, keys included.
func rewrite(v params.Value, text func(string) string) params.Value {
	switch v := v.(type) {
	case string:
		return text(v)
	case []params.Value:
		list := make([]params.Value, len(v))
		for i, item := range v {
			list[i] = rewrite(item, text)
		}
		return list
	case params.Map:
		kv := make([]any, 0, 2*v.Len())
		for key, item := range v.All() {
			kv = append(kv, text(key), rewrite(item, text))
		}
		return params.Of(kv...)
	}
	return v
}
