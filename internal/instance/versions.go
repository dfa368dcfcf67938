package instance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Versioned is what can be said of a memoised task before anything runs.
type Versioned struct {
	Task string
	// Version is that of what it gives; empty where it is known later, or never.
	Version string
	// Stored is set where what it gives is there to be taken over.
	Stored bool
	// Later is set where that is decided when the task is reached. Reason says why it
	// is so.
	Later bool
	// Wrong is set where the task would fail, for that Reason.
	Wrong  bool
	Reason string
}

// Versions returns the memoised tasks of a workflow, in order, as a run would find
// them, and the first mistake in them. Nothing is run, and nothing is made.
func Versions(ctx context.Context, cfg Config, r Request) (list []Versioned, err error) {
	if _, err := os.Stat(cfg.Database); cfg.Shared == nil && errors.Is(err, fs.ErrNotExist) {
		cfg.Database = "" // there was no run
	}
	if cfg.Workdir == "" {
		cfg.Workdir = cfg.Project
	}
	in := &Instance{cfg: cfg, scratch: newScratch(cfg)}
	if err := in.openStore(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.values.Close(), in.closeStore()) }()
	in.values = in.outputs()
	in.services = operator.Services{Settings: cfg.Settings, Outputs: in.values.Of(in.project())}
	known, end := operators.All(&pool.Pool{})
	defer func() { err = errors.Join(err, end()) }()
	in.executor = &executor.Executor{Operators: known, Env: cfg.Env, Now: cfg.Clock.Now, Scratch: in.scratch.path}
	start := in.startOf(r)
	a := store.Attempt{Session: start.Session, Resume: start.Resume}
	a.Params = start.Params
	f := forecast{ctx: ctx, of: in.attempt(a, r.Workflow)}
	f.node(r.Workflow.Root, "", start.Params)
	return f.list, f.err
}

// forecast goes through a workflow in its order.
type forecast struct {
	ctx  context.Context
	of   *executor.Attempt
	list []Versioned
	// after is a task that runs before those that come; empty while none does.
	after string
	err   error
}

// node says what becomes of a task that sees some parameters, and returns what it
// stores for those that come after it.
func (f *forecast) node(n *workflow.Node, above string, seen params.Map) (stored params.Map) {
	name := above + n.Name
	seen = seen.Merge(n.Export)
	switch {
	case n.Each != nil:
		f.after = name
		return stored
	case n.IsGroup():
		for _, kid := range n.Children {
			stored = stored.Merge(f.node(kid, name, seen.Merge(stored)))
		}
		return stored
	}
	known, err := f.of.Foresee(f.ctx, name, n, seen)
	v := Versioned{Task: name}
	switch {
	case known == nil && err == nil:
		f.after = name
		return stored
	case f.after != "" && (err != nil || known.Takes):
		v.Later, v.Reason = true, f.after+" runs before it"
	case err != nil:
		at := fmt.Sprintf("%s:%d:%d", n.Pos.File, n.Pos.Line, n.Pos.Column)
		if f.err == nil {
			f.err = model.Errorf(model.CodeOf(err), "%s: task %s: %w", at, name, err).WithHint("%s", model.HintsOf(err))
		}
		v.Wrong, v.Reason = true, fmt.Sprintf("%s: %v", at, err)
	default:
		v.Version, v.Stored, v.Reason = known.Version, known.Result != nil, known.Reason
	}
	f.list = append(f.list, v)
	if !v.Stored {
		f.after = name
		return stored
	}
	return known.Result.Store
}
