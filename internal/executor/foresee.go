package executor

import (
	"context"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Foreseen is what can be said of a memoised task before it is reached.
type Foreseen struct {
	Recalled
	// Takes is set where what it gives may follow from what the tasks before it give.
	Takes bool
}

// Foresee says what would become of a task that sees a scope; nil where it is not
// memoised. Nothing is run, and nothing is noted.
func (a *Attempt) Foresee(ctx context.Context, name string, n *workflow.Node, scope params.Map) (*Foreseen, error) {
	t := &Try{Name: name, Node: n, Scope: scope, Attempt: a}
	said, _ := n.Config.Get(workflow.MemoKey)
	m, err := workflow.MemoOf(said)
	if n.IsGroup() || err != nil || !m.On {
		return nil, err
	}
	f := &Foreseen{Takes: len(m.Inputs) > 0 || m.Inputs == nil && !m.IfMissing || n.Config.Templated()}
	p, err := t.plan()
	if err != nil {
		return f, err
	}
	r := &run{try: t}
	r.project, r.workdir = a.info.ProjectDir, a.info.Workdir
	if err := r.prepare(&p); err != nil {
		return f, err
	}
	if why := r.unrepeatable(); why != "" {
		f.Reason = "not memoised: " + why
		return f, nil
	}
	said, _ = p.local.Get(workflow.MemoKey)
	if m, err = workflow.MemoOf(said); err == nil && m.On {
		f.Recalled, err = a.info.Memo.Recall(ctx, &r.task, p.spec.Keys, m)
	}
	return f, err
}
