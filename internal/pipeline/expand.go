package pipeline

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
	"github.com/pawlhq/pawl/internal/template"
)

// cast reads a text as Python would: true, false, none and null in any case, and
// literals, are what they say. It tells whether the text is such a thing, and what
// the value does not say.
func cast(text string) (params.Value, []python.Mark, bool) {
	if text == "" || !mayBeLiteral(text) {
		return nil, nil, false
	}
	switch strings.ToLower(text) {
	case "true":
		return true, nil, true
	case "false":
		return false, nil, true
	case "none", "null":
		return nil, nil, true
	}
	return python.MarkedLiteral(text)
}

// mayBeLiteral tells from little whether a text is worth to be looked at: most
// are words and paths.
func mayBeLiteral(text string) bool {
	switch c := text[0]; {
	case c >= '0' && c <= '9':
		return true
	case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z':
		return len(text) <= len("false") || strings.ContainsAny(text, `'"(`)
	case c >= 0x80:
		return false
	}
	return strings.IndexByte("+-.([{'\" \t", text[0]) >= 0
}

// templated tells whether a text may have placeholders.
func templated(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%")
}

// expand returns the tree with all texts rendered and read as literals.
func (l *loader) expand(n *document.Node) *document.Node {
	return n.Replace(func(scalar *document.Node) (params.Value, bool) {
		text, ok := scalar.Text()
		if !ok {
			return nil, false
		}
		if !templated(text) {
			return l.read(scalar, text)
		}
		rendered := l.render(scalar, text)
		if v, ok := l.read(scalar, rendered); ok {
			return v, true
		}
		return rendered, rendered != text
	})
}

// render renders a text of the pipeline with the env.
func (l *loader) render(at *document.Node, text string) string {
	t, err := template.Parse(at.Pos().File, text, template.Options{Strict: true})
	if err != nil {
		l.fail(templateError(at, err))
		return text
	}
	names := t.Variables()
	if len(names) == 0 {
		return text // one without placeholders is a text, whatever else it has
	}
	for _, name := range names {
		if !l.env.has(name) {
			l.fail(l.undefined(at, text, name))
			return text
		}
		l.env.used[name] = true
	}
	rendered, err := t.Render(l.env)
	if err != nil {
		fault := l.missingKey(at, text, t, err)
		if fault == nil {
			fault = templateError(at, err)
		}
		l.fail(fault)
		return text
	}
	return rendered
}

// missingKey says which key of which placeholder a template has not found, if
// that is why it failed.
func (l *loader) missingKey(at *document.Node, text string, t *template.Template, err error) *document.Error {
	for _, name := range t.Variables() {
		value, _ := l.env.Get(name)
		m, ok := value.(params.Map)
		keys, bad := t.Keys(name)
		if variables, ok := value.(environment); ok && bad == nil {
			if e := variables.missing(at, text, keys); e != nil {
				return e
			}
		}
		if !ok || bad != nil {
			continue
		}
		for _, key := range keys {
			if m.Has(key.Name) || !strings.Contains(err.Error(), "has no attribute '"+key.Name+"'") {
				continue
			}
			e := at.Part(max(strings.Index(text, key.Name), 0), key.Name).Errorf("the placeholder {{%s.%s}} is not defined", name, key.Name)
			known := slices.Collect(m.Keys())
			if found := document.DidYouMean(key.Name, known); found != "" {
				return e.Hint("%s", found)
			}
			return e.Hint("%s has %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// templateError returns a fault of a template that is a text in a file.
func templateError(at *document.Node, err error) *document.Error {
	var fault *template.Error
	if errors.As(err, &fault) {
		return at.Errorf("%s", fault.Message)
	}
	return at.Errorf("%v", err)
}

// undefined says that there is no such placeholder.
func (l *loader) undefined(at *document.Node, text, name string) *document.Error {
	part := at
	if i := strings.Index(text, name); i >= 0 {
		part = at.Part(i, name)
	}
	e := part.Errorf("the placeholder {{%s}} is not defined", name)
	switch name {
	case "git", "git_hash":
		return e.Hint("it needs git, and a repository with a commit around %s", l.pipeline.Dir)
	case "here":
		return e.Hint("it needs a pipeline that is a file")
	case "root":
		return e.Hint("it needs a pipeline.yaml or setup.py in the folder or above it")
	}
	known := slices.Sorted(l.env.names())
	if found := document.DidYouMean(name, known); found != "" {
		return e.Hint("%s", found)
	}
	if l.env.file == "" {
		return e.Hint("define it in an env.yaml beside the pipeline")
	}
	if len(l.env.keys) == 0 {
		return e.Hint("define it in %s", l.env.file)
	}
	return e.Hint("define it in %s, which has %s", l.env.file, strings.Join(slices.Sorted(maps.Keys(l.env.keys)), ", "))
}
