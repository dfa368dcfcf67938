package pipeline

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

const (
	// notebookLibraries is the module that imports what executing notebooks takes,
	// tableLibraries that which imports what copying tables takes.
	notebookLibraries = "_pawl.notebooks.ahead"
	tableLibraries    = "_pawl.families.frames"
)

// Modules returns the modules that a task will import, for python.Host.Preload:
// those that it names in its configuration, and those with libraries that tasks
// of its class need.
func Modules(config params.Map) []string {
	t, err := TaskOf(config)
	if err != nil {
		return nil // running it tells
	}
	var modules []string
	add := func(dotted string) {
		if i := strings.LastIndexByte(dotted, '.'); i > 0 && !strings.HasPrefix(dotted, "_pawl.") {
			modules = append(modules, dotted[:i])
		}
	}
	add(t.Dotted)
	for _, c := range []*python.Call{t.Client, t.Serializer, t.Unserializer} {
		if c != nil {
			add(c.Path)
		}
	}
	switch t.Class {
	case "SQLTransfer", "SQLUpload", "PostgresCopyFrom":
		modules = append(modules, tableLibraries)
	case "NotebookRunner":
		modules = append(modules, notebookLibraries)
	}
	return modules
}
