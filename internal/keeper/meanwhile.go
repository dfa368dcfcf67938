package keeper

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source"
	"github.com/pawlhq/pawl/internal/source/notebook"
	"github.com/pawlhq/pawl/operator"
)

// What a record says of a task of a pipeline was read when the pipeline was
// loaded, and the task itself reads its files when it runs. Where somebody has
// edited one between, the record would not tell what the product was made of.

// origin is a file that a task reads when it runs.
type origin struct {
	path string
	// same tells whether it is still what was loaded.
	same func() bool
}

// readOrigins finds the files that a task reads, as far as records tell of them:
// its source, of which the code was loaded, and what its parameters name.
func (m *making) readOrigins(t *operator.Task, code string, given params.Map, known *modules) error {
	from, err := t.Local.MapOr("source", params.Map{})
	if err != nil {
		return err
	}
	path, err := from.StringOr("path", "")
	if err != nil {
		return err
	}
	switch {
	case path == "":
	case t.Type == "function":
		dotted, err := from.StringOr("dotted", "")
		if err != nil {
			return err
		}
		m.origins = append(m.origins, origin{path, func() bool { return known.sameFunction(path, dotted, code) }})
	case t.Type == "notebook" || t.Type == "script":
		m.origins = append(m.origins, origin{path, func() bool { return sameNotebook(path, code) }})
	}
	v, _ := m.params.Get(resources)
	digests, _ := v.(params.Map)
	for name, digest := range digests.All() {
		if path, ok := given.At(resources, name); ok {
			path := fmt.Sprint(path)
			m.origins = append(m.origins, origin{path, func() bool {
				now, err := digestOf(path)
				return err == nil && now == digest
			}})
		}
	}
	return nil
}

// resources is the parameter that names files whose content counts.
const resources = "resources_"

// sameFunction tells whether a module still has a function as it was. One that is
// not in its text was made in another way, and nothing can be said of it.
func (m *modules) sameFunction(path, dotted, code string) bool {
	found, err := m.of(path, time.Now())
	if err != nil {
		return false
	}
	now, ok := found.source(dotted[strings.LastIndexByte(dotted, '.')+1:])
	return !ok || source.Same("py", code, now)
}

// sameNotebook tells whether a notebook still has the code that it had. One
// without a cell for parameters is read as if it had one.
func sameNotebook(path, code string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	nb, err := notebook.Read(path, text)
	return err == nil && (nb.Code() == code || !nb.Parameters().Found)
}

// edited returns the path of a file that is not any more what was loaded, or "".
func (m *making) edited() string {
	for _, from := range m.origins {
		if !from.same() {
			return from.path
		}
	}
	return ""
}

// tellEdited says why a task that has ended well counts as outdated.
func tellEdited(t *operator.Task, path string) {
	// A task whose output can't be written fails by what it prints itself.
	_, _ = fmt.Fprintf(t.Output, "pawl: %s was edited after the build had begun, so %s runs again with the next one\n", path, t.Name)
}
