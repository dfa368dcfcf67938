package local

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/workflow"
)

// named is something of Python that a pipeline names.
type named struct {
	path string
	pos  workflow.Pos
}

// checkModules looks at the modules of a pipeline, without running them: whether
// they are there, and whether they are Python.
func checkModules(ctx context.Context, p *opened, warn func(document.Errors)) error {
	names := namesIn(p.Pipeline)
	if len(names) == 0 {
		return nil
	}
	paths := make([]params.Value, len(names))
	for i, n := range names {
		paths[i] = n.path
	}
	host, err := p.python(ctx)
	if model.CodeOf(err) == model.Unavailable {
		warn(document.Errors{{Message: "modules are not looked at: " + err.Error()}})
		return nil
	}
	if err != nil {
		return err
	}
	told, err := host.Call(ctx, python.Call{Path: "_pawl.modules.problems", Args: params.Of("paths", paths)})
	if err != nil {
		return err
	}
	list, ok := told.([]params.Value)
	if !ok {
		return fmt.Errorf("Python answered %v", told) //nolint:staticcheck // a name
	}
	var errs document.Errors
	for _, v := range list {
		m, _ := v.(params.Map)
		at, err := placeOf(m, names)
		if err != nil {
			return err
		}
		message, err := m.String("message")
		if err != nil {
			return err
		}
		errs.Add(mistakeAt(at, message))
	}
	return errs.Err()
}

// placeOf is where a problem is: in a file of Python, or where it is named.
func placeOf(m params.Map, names []named) (document.Pos, error) {
	if i, err := m.IntOr("path", -1); err != nil || i >= 0 && int(i) < len(names) {
		return document.Pos(names[max(i, 0)].pos), err
	}
	file, err := m.String("file")
	if err != nil {
		return document.Pos{}, err
	}
	line, err := m.IntOr("line", 1)
	if err != nil {
		return document.Pos{}, err
	}
	column, err := m.IntOr("column", 1)
	return document.Pos{File: file, Line: int(line), Column: int(column)}, err
}

// namesIn returns what a pipeline names.
func namesIn(p *pipeline.Pipeline) []named {
	var names []named
	calls := func(list ...*pipeline.Call) {
		for _, c := range list {
			if c != nil {
				names = append(names, named{c.Path, c.Pos})
			}
		}
	}
	calls(p.OnRender, p.OnFinish, p.OnFailure, p.Serializer, p.Unserializer)
	for _, c := range p.Clients {
		calls(c)
	}
	for _, t := range p.Tasks {
		if t.Source.Kind == pipeline.Function {
			names = append(names, named{t.Source.Dotted, t.Pos})
		}
		calls(t.Client, t.ProductClient, t.Serializer, t.Unserializer, t.OnRender, t.OnFinish, t.OnFailure)
	}
	return names
}

// inCode returns the mistake in a file that is no Python, where it stands; nil
// for another failure.
func inCode(f *python.Failure) *document.Error {
	if f.Column == 0 || f.File == "" {
		return nil
	}
	message := f.Message
	if i := strings.LastIndex(message, " ("); i > 0 { // file and line
		message = message[:i]
	}
	return mistakeAt(document.Pos{File: f.File, Line: f.Line, Column: f.Column}, message)
}

// mistakeAt returns a mistake with the line that it is in.
func mistakeAt(at document.Pos, message string) *document.Error {
	e := &document.Error{Pos: at, Message: message}
	if text, err := os.ReadFile(at.File); err == nil { // else the place has to do
		if lines := strings.Split(string(text), "\n"); at.Line > 0 && at.Line <= len(lines) {
			e.Source = strings.TrimRight(lines[at.Line-1], "\r")
		}
	}
	return e
}
