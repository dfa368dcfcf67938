package lint

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// node looks at a task and at all that belongs to it. Its folder is the one
// that the tasks around it work in, or empty if only the run decides.
func (c *checker) node(n *workflow.Node, workdir string) {
	if c.linter.Runs == nil {
		c.parts(n, workdir)
		return
	}
	around := c.task
	c.task += n.Name
	c.perhaps(!c.runs(n, c.task), func() { c.parts(n, workdir) })
	c.task = around
}

// runs tells whether the task of that full name is to be run, or any below it.
// It is not asked where that makes no difference.
func (c *checker) runs(n *workflow.Node, name string) bool {
	switch {
	case c.remote > 0:
		return true
	case !n.IsGroup():
		return strings.Contains(name, "^") || c.linter.Runs(name)
	}
	return slices.ContainsFunc(n.Children, func(child *workflow.Node) bool { return c.runs(child, name+child.Name) })
}

func (c *checker) parts(n *workflow.Node, workdir string) {
	c.within("_export", func() { c.expressions(n.Export) })
	workdir = inFolder(n.Export, workdir)
	if c.linter.needs != nil {
		defer func(around params.Map) { c.exports = around }(c.exports)
		c.exports = c.exports.Merge(n.Export)
	}
	for _, hook := range n.OnFailure {
		c.perhaps(true, func() { c.within("_error", func() { c.node(hook, workdir) }) })
	}
	if n.Check != nil {
		c.within("_check", func() { c.node(n.Check, workdir) })
	}
	for _, child := range n.Children {
		if of, ok := strings.CutSuffix(child.Name, workflow.SuccessHook); ok {
			c.perhaps(true, func() { c.success(of, child, workdir) })
			continue
		}
		c.times(n, func() { c.within(child.Name, func() { c.node(child, workdir) }) })
	}
	if n.Each != nil {
		source := &workflow.Node{Name: n.Name, Pos: n.Pos, Operator: n.Each.Source, Config: n.Each.Config}
		c.withinSource(n.Each.Key, func() {
			c.expressions(source.Config)
			c.operator(source, workdir)
		})
	}
	if !n.IsGroup() {
		c.expressions(n.Config)
		c.operator(n, inFolder(n.Config, workdir))
		c.bodies(n, workdir)
	}
}

// withinSource looks at the source of a collection, which stands at the key of either
// language.
func (c *checker) withinSource(variable string, look func()) {
	if strings.HasSuffix(c.current, pawlfile.Extension) {
		c.within("iterate", look)
		return
	}
	c.within("for_each>", func() { c.within(variable, look) })
}

// inFolder returns the folder that parameters say to work in, as a path in the
// project, else the given one.
func inFolder(m params.Map, workdir string) string {
	v, ok := m.Get("_workdir")
	text, isText := params.ToString(v)
	switch {
	case !ok:
		return workdir
	case !isText || params.TemplatedValue(v) || path.IsAbs(text):
		return ""
	}
	if text = path.Clean(text); text == ".." || strings.HasPrefix(text, "../") {
		return ""
	}
	return text
}

// bodies looks at the tasks that an action makes of its own keys. One that
// can't be compiled was told about when its file was read.
func (c *checker) bodies(n *workflow.Node, workdir string) {
	for _, key := range []string{"_do", "_else_do"} {
		v, _ := n.Config.Get(key)
		body, ok := v.(params.Map)
		if !ok {
			continue
		}
		if sub, err := dig.CompileSubtasks(workflow.Generated, body); err == nil {
			c.loops++
			c.perhaps(chooses(n), func() { c.within(key, func() { c.node(sub, workdir) }) })
			c.loops--
		}
	}
}

// chooses tells of an action whose bodies may not be run: it takes one of two,
// or an expression says how often.
func chooses(n *workflow.Node) bool {
	return n.Operator == "if" || n.Config.Delete("_do").Delete("_else_do").Templated()
}

// success looks at what runs when a task, or the whole if of is empty, has ended well.
func (c *checker) success(of string, hook *workflow.Node, workdir string) {
	look := func() { c.within("_success", func() { c.node(hook, workdir) }) }
	if of == "" {
		look()
		return
	}
	c.within(of, look)
}

// secretsKey is the parameter that gives secrets the names that a task wants.
const secretsKey = "_secrets"

// levelKey is the parameter that says from which level on messages are kept.
const levelKey = "_log_level"

// constant returns a text of a task's configuration that only the file decides.
func (c *checker) constant(n *workflow.Node, key string) (string, bool) {
	v, _ := n.Config.Get(key)
	text, ok := v.(string)
	return text, ok && !params.TemplatedValue(v)
}

// operator looks at an action with the eyes of its operator.
func (c *checker) operator(n *workflow.Node, workdir string) {
	if params.TemplatedValue(n.Operator) {
		return
	}
	spec, ok := c.linter.Operators.Lookup(n.Operator)
	if !ok {
		message, hint := explain(c.linter.Operators.Unknown(n.Operator), n.Operator)
		c.report.Unknown.Add(c.title().KeyErrorf("%s", message).Hint("%s", hint))
		return
	}
	if c.linter.Local && spec.Served {
		c.problem(n, operator.Problem{Err: operator.ErrNotServed})
	}
	c.unread(spec, n.Config)
	c.parallel(spec, n.Config)
	named, _ := n.Config.Get(secretsKey)
	if _, err := n.Config.MapOr(secretsKey, params.Map{}); err != nil && !params.TemplatedValue(named) {
		c.problem(n, operator.Problem{Key: secretsKey, Err: err})
	}
	if text, ok := c.constant(n, levelKey); ok {
		if _, err := logs.ParseLevel(text); err != nil {
			c.problem(n, operator.Problem{Key: levelKey, Err: err})
		}
	}
	d := operator.Draft{
		Type: n.Operator, Local: n.Config, Exported: c.exports, Project: c.linter.Project, Workdir: workdir, Workflows: c.names, Made: c.made,
	}
	if c.linter.needs != nil {
		c.needs(spec, &d)
	}
	if spec.Check == nil {
		return
	}
	spec.Check(&d)
	for _, p := range d.Problems {
		c.problem(n, p)
	}
	c.calls(d.Calls)
}

// problem adds what an operator found.
func (c *checker) problem(n *workflow.Node, p operator.Problem) {
	list := c.faults()
	if p.Unsure {
		list = &c.report.Doubts
	}
	at := c.title().KeyErrorf
	if v, _ := n.Config.Get(p.Key); v != nil {
		at = c.at(p.Key).Errorf
	}
	message, hint := explain(p.Err, n.Operator)
	list.Add(at("%s", message).Hint("%s", hint))
}

// title returns where the current action names its operator.
func (c *checker) title() dig.Place {
	if at, ok := c.sources.Find(c.current, append(slices.Clone(c.keys), "_type")...); ok {
		return at
	}
	return c.at("_command")
}

// unread tells of keys that nobody reads, not even an expression of the task.
// Where an operator may read any, one that looks like a directive is told of.
func (c *checker) unread(spec operator.Spec, local params.Map) {
	keys := spec.Unread(local)
	if spec.Keys == nil {
		keys = nearDirectives(local)
	}
	if len(keys) == 0 {
		return
	}
	known := spec.Known()
	for _, key := range keys {
		if mentions(local, key) {
			continue
		}
		list := &c.report.Doubts
		if nearDirective(key) {
			list = &c.report.Slips
		}
		list.Add(c.at(key).KeyErrorf("%s> does not read %q", spec.Name, key).
			Hint("%s", document.DidYouMean(key, known)))
	}
}

// parallelKey has the tasks of a group, or the turns of a loop, run side by side.
const parallelKey = "_parallel"

// parallel tells of a task that is to run its parts side by side and has none. An
// operator of others that may read any parameter may read this one.
func (c *checker) parallel(spec operator.Spec, local params.Map) {
	v, _ := local.Get(parallelKey)
	foreign := spec.Keys == nil && !slices.Contains(dig.Operators(), spec.Name)
	if v == nil || v == false || foreign || slices.Contains(spec.Keys, parallelKey) || mentions(local, parallelKey) {
		return
	}
	c.report.Slips.Add(c.at(parallelKey).KeyErrorf("%s has no effect on %s>", parallelKey, spec.Name).
		Hint("it is for groups and loops"))
}

// mentions tells whether a text with an expression has the word.
func mentions(v params.Value, word string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "${") && slices.Contains(strings.FieldsFunc(v, noName), word)
	case []params.Value:
		return slices.ContainsFunc(v, func(e params.Value) bool { return mentions(e, word) })
	case params.Map:
		for _, e := range v.TemplatedEntries() {
			if mentions(e, word) {
				return true
			}
		}
	}
	return false
}

// noName tells of characters that names in expressions don't have.
func noName(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// nearDirectives returns the keys that are almost directives.
func nearDirectives(local params.Map) []string {
	return slices.DeleteFunc(bare.Unread(local), func(key string) bool { return !nearDirective(key) })
}

// nearDirective tells of a key that is none whether it is almost a directive.
func nearDirective(key string) bool {
	return strings.HasPrefix(key, "_") && len(document.Suggest(key, bare.Known())) > 0
}

// bare reads nothing but directives.
var bare = operator.Spec{Keys: []string{}}

// made adds the files that the tasks below a node make to a list.
func made(files []string, n *workflow.Node) []string {
	for _, p := range n.Products {
		if file, err := p.Config.String("path"); err == nil {
			files = append(files, path.Clean(file))
		}
	}
	for _, child := range n.Children {
		files = made(files, child)
	}
	return files
}
