package lint

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Need is something that a task needs where it runs, and where it is written.
type Need struct {
	operator.Need
	Pos document.Pos
}

// Needs lists what the tasks of workflows need, and of the files that they call, by
// their places, and the operators that there are not.
func (l *Linter) Needs(workflows ...*workflow.Workflow) ([]Need, document.Errors) {
	var needs []Need
	of := *l
	of.needs = func(n operator.Need, at document.Pos) { needs = append(needs, Need{n, at}) }
	var written []*workflow.Workflow
	for _, w := range workflows {
		if w.Dialect == dig.Dialect || w.Dialect == pawlfile.Dialect {
			written = append(written, w)
			continue
		}
		w.Root.Walk(func(p workflow.Path) bool {
			of.made(p.Node())
			return true
		})
	}
	report := of.Check(written...)
	slices.SortStableFunc(needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line))
	})
	return needs, report.Unknown
}

// made looks at a task of a workflow that others than people have written.
func (l *Linter) made(n *workflow.Node) {
	spec, ok := l.Operators.Lookup(n.Operator)
	if !ok || spec.Needs == nil {
		return
	}
	for _, need := range spec.Needs(&operator.Draft{Type: n.Operator, Local: n.Config, Project: l.Project, Workdir: "."}) {
		l.needs(need, document.Pos(n.Pos))
	}
}

// needs tells what an action needs.
func (c *checker) needs(spec operator.Spec, d *operator.Draft) {
	at := c.title().Pos()
	if spec.Needs != nil {
		for _, need := range spec.Needs(d) {
			c.linter.needs(need, at)
		}
	}
	for _, key := range secrets(nil, d.Local) {
		c.linter.needs(operator.Need{Kind: operator.NeedSecret, Name: key}, at)
	}
}

// secrets adds the keys that the texts in a value refer to, except in bodies, which are
// tasks of their own.
func secrets(keys []string, v params.Value) []string {
	switch v := v.(type) {
	case string:
		return append(keys, secretref.Keys(v)...)
	case []params.Value:
		for _, e := range v {
			keys = secrets(keys, e)
		}
	case params.Map:
		for key, e := range v.All() {
			if !later[key] {
				keys = secrets(append(keys, secretref.Keys(key)...), e)
			}
		}
	}
	return keys
}
