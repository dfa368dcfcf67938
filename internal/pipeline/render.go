package pipeline

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

// readTemplate reads a source that is rendered: SQL or shell.
func (l *loader) readTemplate(d *draft, source string) bool {
	text, ok := l.open(d, source)
	if !ok {
		return false
	}
	c := &d.code
	c.text = text
	t, err := template.Parse(c.task.Source.Path, text, l.templateOptions(d, nil))
	if err != nil {
		l.fail(l.inTemplate(d, err))
		return false
	}
	c.template = t
	c.late = lateNames(text)
	if c.task.Language == "sql" {
		c.task.Doc = sqlDoc(text)
		if !l.declaredProduct(d) {
			return false
		}
	}
	c.names = c.template.Variables()
	return l.checkTemplate(d)
}

// lateNames returns what a text takes in [[ ]]. What is no template then is a
// text, such as a test of bash.
func lateNames(text string) []string {
	if !strings.Contains(text, "[[") {
		return nil
	}
	t, err := template.Parse("", text, template.Options{Open: "[[", Close: "]]"})
	if err != nil {
		return nil
	}
	return t.Variables()
}

func (l *loader) templateOptions(d *draft, more map[string]any) template.Options {
	globals := map[string]any{"get_key": template.Func(l.getKey)}
	for name, v := range more {
		globals[name] = v
	}
	load := func(name string) (string, error) { return l.load(d, name) }
	return template.Options{Strict: true, Load: load, Globals: globals}
}

// checkTemplate checks what can be told before anything is rendered.
func (l *loader) checkTemplate(d *draft) bool {
	c := &d.code
	switch c.task.Class {
	case ShellScript:
		if !slices.Contains(c.names, "product") {
			l.fail(fileError(c.task.Source.Path, errors.New("the script does not mention {{product}}")).
				Hint("write its output to {{product}}"))
			return false
		}
	case SQLScript:
		if !templated(c.text) {
			l.fail(fileError(c.task.Source.Path, errors.New("the script does not mention {{product}}")).
				Hint("such as CREATE TABLE {{product}} AS (SELECT * FROM ...)"))
			return false
		}
	}
	return true
}

// sqlDoc returns the first line of a comment that SQL begins with.
func sqlDoc(text string) string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "/*")
	end := strings.LastIndex(rest, "*/")
	if !ok || end < 0 {
		return ""
	}
	return firstLine(rest[:end])
}

// declaredProduct reads {% set product = SQLRelation([...]) %}.
func (l *loader) declaredProduct(d *draft) bool {
	c := &d.code
	extracts := l.meta.extractProduct && !l.described
	if !extracts && !strings.Contains(c.text, "{%") {
		return true
	}
	classes := map[string]any{}
	for _, name := range productClasses {
		classes[name] = template.Func(productMaker(name))
	}
	t, err := template.Parse(c.task.Source.Path, c.text, l.templateOptions(d, classes))
	if err != nil {
		l.fail(l.inTemplate(d, err))
		return false
	}
	v, found, err := t.Assigned("product")
	made, ok := v.(declared)
	switch {
	case !found && !extracts:
		return true
	case !found:
		l.fail(fileError(c.task.Source.Path, errors.New("the source declares no product")).
			Hint("such as {%% set product = SQLRelation(['schema', 'name', 'table']) %%}"))
		return false
	case err != nil && extracts:
		l.fail(l.inTemplate(d, err))
		return false
	case !ok && !extracts:
		return true
	case !ok:
		l.fail(fileError(c.task.Source.Path, errors.New("what the source declares is no product")).
			Hint("such as {%% set product = SQLRelation(['schema', 'name', 'table']) %%}"))
		return false
	}
	c.template, c.ownProduct = t, true
	if extracts {
		c.productClass = made.class
		d.product = d.source.With(made.argument)
	}
	return true
}

// declared is a product that a template makes.
type declared struct {
	class    string
	argument params.Value
}

// String returns how the product prints in the template that declares it.
func (p declared) String() string {
	list, ok := p.argument.([]params.Value)
	if !ok {
		return params.Literal(p.argument)
	}
	var parts []string
	for _, v := range list[:max(0, len(list)-1)] {
		if text, ok := params.ToString(v); ok && text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ".")
}

func productMaker(class string) func(template.Args) (any, error) {
	return func(args template.Args) (any, error) {
		if len(args.Positional) != 1 {
			return nil, fmt.Errorf("%s takes one argument", class)
		}
		v := args.Positional[0]
		if t, ok := v.(template.Tuple); ok {
			v = []any(t)
		}
		converted, err := params.From(v)
		if err != nil {
			return nil, err
		}
		return declared{class, converted}, nil
	}
}

// inTemplate returns a fault of a template that is a file.
func (l *loader) inTemplate(d *draft, err error) *document.Error {
	var fault *template.Error
	if !errors.As(err, &fault) {
		return d.source.Errorf("%v", err)
	}
	e := fileError(fault.Template, errors.New(fault.Message))
	e.Line, e.Column = fault.Line, fault.Column
	text := d.code.text
	if fault.Template != d.code.task.Source.Path {
		e.File = l.importedFile(d, fault.Template)
		text, _ = l.files.read(e.File) // without it there is no excerpt
	}
	if lines := strings.Split(text, "\n"); fault.Line >= 1 && fault.Line <= len(lines) {
		e.Source = lines[fault.Line-1]
	}
	return e
}

// importedFile returns the path of a template that another one imports.
func (l *loader) importedFile(d *draft, name string) string {
	for _, dir := range l.folders(d) {
		if path := join(dir, name); l.files.isFile(path) {
			return path
		}
	}
	return name
}

func (l *loader) templateUpstream(d *draft) []wanted {
	keys, err := d.code.template.Keys("upstream")
	if err != nil {
		l.fail(l.inTemplate(d, err))
		return nil
	}
	list := make([]wanted, len(keys))
	for i, key := range keys {
		list[i] = wanted{name: key.Name, at: func(format string, args ...any) *document.Error {
			return l.inTemplate(d, &template.Error{
				Template: d.code.task.Source.Path, Line: key.Line, Column: key.Column, Message: fmt.Sprintf(format, args...),
			})
		}}
	}
	return list
}

// code completes the tasks: it renders templates and checks how functions are
// called.
func (l *loader) code() {
	tasks := make(map[string]*Task, len(l.pipeline.Tasks))
	for _, t := range l.pipeline.Tasks {
		tasks[t.Name] = t
	}
	defer func() { l.files.reader = whole }()
	for i, d := range l.drafts {
		if l.files.reader = i; d.faulty {
			continue
		}
		for _, t := range d.tasks {
			if l.errs.Full() {
				return
			}
			switch {
			case d.code.template != nil:
				l.renderTask(d, t, tasks)
			case d.class.reading == readFunction:
				l.checkSignature(d, t)
			}
		}
	}
}

// renderTask renders the source of a task. What it needs and does not get is an
// error, and so is what it gets and does not need.
func (l *loader) renderTask(d *draft, t *Task, tasks map[string]*Task) {
	c := &d.code
	vars := t.variables()
	up := newUpstreamValue(t, tasks)
	if len(t.Upstream) > 0 {
		vars["upstream"] = up
	}
	if !c.ownProduct {
		vars["product"] = newProductsValue(t)
	}
	if !l.checkVariables(d, t, vars) {
		return
	}
	text, err := c.template.Render(vars)
	if err != nil {
		l.fail(l.inTemplate(d, err).Hint("in task %q", t.Name))
		return
	}
	t.Code = text
	if t.Class == SQLScript {
		l.checkCreated(t)
	}
	for _, name := range up.untouched() {
		l.warn(fileError(t.Source.Path, fmt.Errorf("task %q comes after %q, but does not use its product", t.Name, name)))
	}
}

func (l *loader) checkVariables(d *draft, t *Task, vars template.Map) bool {
	c := &d.code
	used := c.names
	needed := used
	if t.Class == SQLDump {
		needed = slices.Concat(used, c.late)
	}
	ok := true
	for _, name := range needed {
		if _, given := vars[name]; given {
			continue
		}
		offset := mention(c.text, name)
		e := inText(t.Source.Path, c.text, offset, 0, "task %q has no %q", t.Name, name)
		l.fail(e.Hint("%s", missingVariableHint(name, t)))
		ok = false
	}
	for name := range vars {
		optional := name == "product" && t.Class != ShellScript && t.Class != SQLScript || name == "upstream" && d.class.reading == readPath
		if slices.Contains(used, name) || slices.Contains(c.late, name) || optional {
			continue
		}
		l.fail(d.at.Errorf("the source of task %q does not use %q", t.Name, name).
			Hint("mention {{%s}} in %s", name, t.Source.Path))
		ok = false
	}
	return ok
}

// mention returns where a name is first used as a word.
func mention(text, name string) int {
	if at := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).FindStringIndex(text); at != nil {
		return at[0]
	}
	return 0
}

func missingVariableHint(name string, t *Task) string {
	if name == "upstream" {
		return "it asks for no other task, such as by upstream['name']"
	}
	var names []string
	for param := range t.Params.Keys() {
		names = append(names, param)
	}
	if found := document.DidYouMean(name, append(names, "upstream", "product")); found != "" {
		return found
	}
	return "add it to params"
}
