package pawl

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Memo says what the result of a memoised step follows from, besides the step itself:
// the version of its process, and all parameters of the run, are what counts where
// nothing else is said. Of a Value among the parameters, what that was made of counts,
// so the step that has kept it has to be memoised, too.
type Memo struct {
	// Version takes the place of that of the process. Change it with the function.
	Version string
	// Inputs are the names of the parameters that the function takes, as JSON has them.
	// It sees no others, and those that it leaves empty stay as they are.
	Inputs []string
	// IfMissing has the step not be run as long as there is a result of it for the same
	// Inputs and Version, whatever else has changed: without Inputs, any result.
	IfMissing bool
}

// Memo has the step take over what a step of the same version has changed in the
// parameters, in any run of the project, instead of calling the function once more. Its
// function must do nothing else that counts.
//
// Whatever was kept for it must be there still: for Values, by an IOManager that is an
// IOChecker. Runs that are retried from a step on call the functions of that and of
// those after it. Memo is for steps of Execute.
func (s Step[P]) Memo(m Memo) Step[P] {
	return s.with(func(s *step) {
		if s.memo != nil {
			s.faults = append(s.faults, "has Memo twice")
		}
		m.Inputs = slices.Clone(m.Inputs)
		s.memo = &m
	})
}

// memo checks what a step is memoised by.
func (c *checker) memo(path string, s *step) {
	if s.memo == nil {
		return
	}
	if s.kind != executes {
		c.fail(path, "Memo is for steps of Execute")
	}
	for _, name := range s.memo.Inputs {
		c.param(path, name, false)
	}
}

// config is what the task of a memoised step has.
func (m *Memo) config() params.Value {
	of := params.Map{}
	if m.Version != "" {
		of = of.Set("version", m.Version)
	}
	if m.Inputs != nil {
		names := make([]params.Value, len(m.Inputs))
		for i, name := range m.Inputs {
			names[i] = name
		}
		of = of.Set("inputs", names)
	}
	if m.IfMissing {
		of = of.Set("if_missing", true)
	}
	return of
}

// inputs returns those of the parameters that the function of a task is to see.
func inputs(t *operator.Task, p params.Map) params.Map {
	said, _ := t.Local.Get(workflow.MemoKey)
	m, err := workflow.MemoOf(said)
	if err != nil || m.Inputs == nil { // config has written it
		return p
	}
	var seen params.Map
	for name, v := range p.All() {
		if slices.Contains(m.Inputs, name) {
			seen = seen.Set(name, v)
		}
	}
	return seen
}

// keeper looks for what the steps of an engine have kept.
type keeper struct{ *Engine }

// Has reports whether what stands for a Value, or a File, leads to what is kept.
func (e keeper) Has(ctx context.Context, v operator.Map) (bool, error) {
	text := params.AppendJSON(nil, v)
	if _, isFile := operator.OutputOf(v); isFile {
		return e.hasFile(ctx, text)
	}
	var of Value[any]
	if err := json.Unmarshal(text, &of); err != nil || of.of == nil {
		return false, nil // it is none of ours
	}
	m, err := e.manager(of.of.IO)
	if err != nil {
		return false, nil // nor any more
	}
	c, ok := m.(IOChecker)
	if !ok {
		return false, nil
	}
	return c.Has(ctx, of.of.Output)
}

func (e keeper) hasFile(ctx context.Context, text []byte) (bool, error) {
	var f File
	if err := json.Unmarshal(text, &f); err != nil || e.cfg.Files == nil {
		return false, nil // it is none of ours
	}
	r, err := e.cfg.Files.Read(ctx, f)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.Close()
}
