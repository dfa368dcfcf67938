package pipeline

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Sketch is what the file of a pipeline says of its tasks, whether their sources
// are there or not.
type Sketch struct {
	// File, Root and Dir are as in Pipeline.
	File, Root, Dir string
	// ExtractProduct tells that sources name their products.
	ExtractProduct bool
	Tasks          []SketchedTask
}

// SketchedTask is a task whose source was not looked at.
type SketchedTask struct {
	// Source is as it is written; Path is the absolute path of one that is a file.
	Source, Path string
	// Class is that of the task; "" for a function, and where it can't be told.
	Class Class
	// Params are the names of its params.
	Params []string
	// Serializer tells that what a function returns is its product.
	Serializer bool
}

// ReadSketch reads the file of a pipeline, and values of its env.yaml, and
// nothing else. Errors are those of Load; an entry point that is no file is one.
func ReadSketch(ctx context.Context, o Options) (*Sketch, error) {
	l := newLoader(ctx, o)
	e, err := l.entry()
	if err != nil {
		return nil, l.with(err)
	}
	if e.kind != entryFile {
		return nil, model.Errorf(model.Invalid, "%q is not the file of a pipeline", o.Entry)
	}
	s := l.sketch(l.files.resolve(e.path))
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (l *loader) sketch(path string) *Sketch {
	p := l.pipeline
	p.File = path
	dir := filepath.Dir(path)
	l.settle(dir, dir)
	doc := l.document(path)
	if doc == nil {
		return nil
	}
	root, err := l.files.root(dir, filepath.Base(path))
	if err != nil {
		l.take(doc, err)
		return nil
	}
	l.settle(dir, root)
	l.loadEnv(path)
	doc = l.expand(doc)
	s := &Sketch{File: p.File, Root: p.Root, Dir: p.Dir}
	tasks := doc.Items()
	if doc.Kind() == document.Mapping {
		list, rest := without(doc.Entries(), "tasks")
		l.top(rest)
		if list != nil {
			tasks = list.Value.Items()
		}
	}
	s.ExtractProduct = l.meta.extractProduct
	for _, n := range tasks {
		if t, ok := l.sketchTask(n); ok {
			s.Tasks = append(s.Tasks, t)
		}
	}
	return s
}

func (l *loader) sketchTask(n *document.Node) (t SketchedTask, ok bool) {
	t.Source, ok = n.Text()
	t.Serializer = l.pipeline.Serializer != nil
	if n.Kind() == document.Mapping {
		for _, e := range n.Entries() {
			switch e.Key {
			case "source":
				t.Source, ok = e.Value.Text()
			case "serializer":
				t.Serializer = !e.Value.IsNull()
			case "params", "grid":
				if e.Value.Kind() != document.Mapping {
					continue
				}
				for _, param := range e.Value.Entries() {
					t.Params = append(t.Params, param.Key)
				}
			}
		}
	}
	t.Class = l.sketchClass(n, t.Source)
	if _, file := suffixes[filepath.Ext(t.Source)]; file || strings.Contains(t.Source, "/") {
		t.Path = join(l.pipeline.Root, t.Source)
	}
	return t, ok
}

// sketchClass returns the class of a task: the one that is written, or that its
// source and product ask for.
func (l *loader) sketchClass(n *document.Node, source string) Class {
	var d draft
	for _, e := range n.Entries() {
		switch e.Key {
		case "class":
			name, _ := e.Value.Text()
			return Class(name)
		case "product":
			d.product = e.Value
		}
	}
	if filepath.Ext(source) == ".sql" {
		return l.inferSQL(&d)
	}
	return suffixes[filepath.Ext(source)]
}
