package lint

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Explainer says of tasks that failed what that means for who wrote them, and
// where to look. It is safe for concurrent use.
type Explainer struct {
	// Project has the project's files, and Root is its name for people.
	Project fs.FS
	Root    string
	// Workflows are the names of those in the project.
	Workflows []string
	// DryRun says that tasks are evaluated, but not run.
	DryRun bool

	mu      sync.Mutex
	sources *dig.Sources // made by the first failure
}

// Explain returns the reason for which a task of that full name and operator
// failed, in one line after its place in the files. It is empty where nothing
// in the files is to blame, or the error says all that itself.
func (x *Explainer) Explain(task, by string, err error) string {
	var many document.Errors
	var one *document.Error
	var deliberate *operator.Error
	var missing *params.MissingError
	var wrong *params.TypeError
	if errors.As(err, &many) || errors.As(err, &one) || errors.As(err, &deliberate) && !deliberate.Props.Has("hint") {
		return ""
	}
	file, keys := x.origin(task)
	var failed *expr.Error
	switch {
	case errors.As(err, &failed):
		return x.expression(file, keys, failed)
	case errors.As(err, &missing):
		return x.at(file, keys, missing.Key, by, err)
	case errors.As(err, &wrong):
		return x.at(file, keys, wrong.Key, by, err)
	case deliberate != nil, model.CodeOf(err) == model.Invalid, model.HintsOf(err) != "":
		return x.at(file, keys, "", by, err)
	}
	return ""
}

// at explains an error about a key of a task, or about all of it.
func (x *Explainer) at(file string, keys []string, key, by string, err error) string {
	place := x.find(file, keys, "_command").KeyErrorf
	if key != "" {
		if at, ok := x.look(file, append(keys[:len(keys):len(keys)], key)); ok {
			place = at.Errorf
		}
	}
	message, hint := explain(err, by)
	if hint != "" {
		message += "; " + strings.ReplaceAll(hint, "\n", "; ")
	}
	return x.print(place("%s", message))
}

// expression explains why one in the text of a task failed.
func (x *Explainer) expression(file string, keys []string, e *expr.Error) string {
	message := e.Unknown() + " is not defined"
	switch {
	case len(e.Near) > 0:
		message += "; did you mean " + strings.Join(e.Near, " or ") + "?"
	case e.Unknown() == "" && e.Source == "":
		message = e.Reason
	case e.Unknown() == "":
		message = shortened(e.Source) + " failed: " + e.Reason
	}
	if x.DryRun {
		message += " (nothing is stored in a dry run, so what earlier tasks store is not there)"
	}
	at, ok := x.text(file, keys, e.Text)
	if !ok {
		return x.print(x.find(file, keys, "_command").KeyErrorf("%s", message))
	}
	return x.print(at.Part(e.Offset, e.Source).Errorf("%s", message))
}

// text finds what a task was given: in what it calls, in the file that it comes
// from, or in one that is called there.
func (x *Explainer) text(file string, keys []string, text string) (dig.Place, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open()
	s := search{x, text, []string{file}}
	if at, ok := s.called(file, keys); ok {
		return at, true
	}
	if at, ok := s.sources.Text(file, text, keys...); ok {
		return at, true
	}
	return s.called(file, nil)
}

// search looks for a text in files.
type search struct {
	*Explainer
	text string
	seen []string
}

// orPawlFile is the .pawl.yaml file that is there in the place of a .dig file.
func (x *Explainer) orPawlFile(name string) string {
	other := strings.TrimSuffix(name, dig.Extension) + pawlfile.Extension
	if _, err := fs.Stat(x.Project, name); err == nil {
		return name
	}
	if _, err := fs.Stat(x.Project, other); err != nil {
		return name
	}
	return other
}

// called looks into the files that are called by what the keys lead to.
func (s *search) called(file string, keys []string) (dig.Place, bool) {
	place, _ := s.sources.Find(file, keys...)
	for _, name := range place.Texts("call>") {
		if !strings.HasSuffix(name, pawlfile.Extension) {
			name = strings.TrimSuffix(name, dig.Extension) + dig.Extension
		}
		name = s.orPawlFile(path.Join(path.Dir(file), name))
		if slices.Contains(s.seen, name) {
			continue
		}
		s.seen = append(s.seen, name)
		if at, ok := s.sources.Text(name, s.text); ok {
			return at, true
		}
		if at, ok := s.called(name, nil); ok {
			return at, true
		}
	}
	return dig.Place{}, false
}

// find returns a part of a task, or the task that is nearest to it.
func (x *Explainer) find(file string, keys []string, key string) dig.Place {
	at, _ := x.look(file, append(keys[:len(keys):len(keys)], key))
	return at
}

func (x *Explainer) look(file string, keys []string) (dig.Place, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.open().Find(file, keys...)
}

// open returns the files as they are at the first failure. The caller holds the
// lock.
func (x *Explainer) open() *dig.Sources {
	if x.sources == nil {
		x.sources = dig.NewSources(x.Project, pawlfile.Sources())
	}
	return x.sources
}

func (x *Explainer) print(e *document.Error) string {
	if e.File != "" {
		e.File = path.Join(x.Root, e.File)
	}
	return e.Error()
}

// origin returns where the task of that full name stands: its file and the keys
// that lead to it, or to the task that it was made by.
func (x *Explainer) origin(task string) (file string, keys []string) {
	name := ""
	for _, w := range x.Workflows {
		if rest, ok := strings.CutPrefix(task, "+"+w); ok && len(w) > len(name) && (rest == "" || rest[0] == '+' || rest[0] == '^') {
			name = w
		}
	}
	rest := task[min(len(task), len("+"+name)):]
	for rest != "" {
		end := len(rest)
		if next := strings.IndexAny(rest[1:], "+^"); next >= 0 {
			end = next + 1
		}
		switch part := rest[:end]; part {
		case "^on_failure": // as in the form of a .dig file
			keys = append(keys, "_error")
		case "^error", "^check", workflow.SuccessHook:
			keys = append(keys, "_"+part[1:])
		case workflow.Generated:
			return x.orPawlFile(name + dig.Extension), keys
		default:
			keys = append(keys, part)
		}
		rest = rest[end:]
	}
	return x.orPawlFile(name + dig.Extension), keys
}
