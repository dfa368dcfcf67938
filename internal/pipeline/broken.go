package pipeline

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// broken notes what a task that can't be read makes unknown, so that one
// mistake is told once, and nothing that only seems to be wrong besides.
type broken struct {
	modules []string // files
	tasks   []string // names of tasks that could not be read
}

// noteBroken takes the error of a Caller that has met a module that is no Python: a
// *document.Error in that file. It reports whether err is one.
func (l *loader) noteBroken(err error) bool {
	var e *document.Error
	if !errors.As(err, &e) || e.File == "" {
		return false
	}
	if !slices.Contains(l.broken.modules, e.File) {
		l.broken.modules = append(l.broken.modules, e.File)
		l.fail(e)
	}
	return true
}

// isBroken reports whether the function of a draft is in a module that is no
// Python. It is asked where something else seems to be wrong with it.
func (l *loader) isBroken(d *draft) bool {
	if d.class.reading != readFunction || l.options.Caller == nil {
		return false
	}
	source := &d.code.task.Source
	if slices.Contains(l.broken.modules, source.Path) {
		return true
	}
	_, err := l.caller().Inspect(l.ctx, source.Dotted)
	return err != nil && l.noteBroken(err)
}

// lose notes a task that could not be read, under the name that it would have.
func (l *loader) lose(d *draft, source string) {
	name := source[strings.LastIndexByte(source, '.')+1:]
	if suffix := filepath.Ext(source); suffixes[suffix] != "" {
		name = strings.TrimSuffix(filepath.Base(source), suffix)
	}
	if d.named != nil {
		if text, ok := d.named.Text(); ok {
			name = text
		}
	}
	l.broken.tasks = append(l.broken.tasks, name)
}

// isLost reports whether a task may be one that could not be read, or of a grid
// that could not.
func (l *loader) isLost(task string) bool {
	return slices.ContainsFunc(l.broken.tasks, func(name string) bool { return strings.HasPrefix(task, name) })
}
