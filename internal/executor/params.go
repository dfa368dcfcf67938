package executor

import (
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// plan is what is known of a try before its operator is called.
type plan struct {
	spec operator.Spec
	// params are all parameters in force, evaluated; local the task's own.
	params, local params.Map
}

// plan evaluates the parameters of a try and finds its operator.
func (t *Try) plan() (plan, error) {
	name, local := t.action()
	if err := t.place(&runner.Job{}, local); err != nil {
		return plan{}, err
	}
	local = withoutHooks(local)
	if p, ok := t.quickPlan(name, local); ok {
		return p, nil
	}
	all, err := t.evaluate(local)
	if err != nil {
		return plan{}, err
	}
	if local.Has("_type") {
		if name, err = all.String("_type"); err != nil {
			return plan{}, err
		}
	}
	if t.Attempt.info.Evaluator != nil {
		local = evaluated(local, all)
	}
	spec, ok := t.Attempt.x.Operators.Lookup(name)
	if !ok {
		return plan{}, unknownOperator(name, t.Attempt.x.Operators)
	}
	return plan{spec, withDefaults(all, spec.Defaults), local}, nil
}

// evaluated returns a task's own parameters as they are among all.
func evaluated(local, all params.Map) params.Map {
	own := local
	for key, v := range local.All() {
		if _, isMap := v.(params.Map); isMap || params.TemplatedValue(v) { // else it is what it was
			v, _ = all.Get(key)
			own = own.Set(key, v)
		}
	}
	return own
}

// withoutHooks leaves out what would be evaluated with a task though it
// belongs to others.
func withoutHooks(m params.Map) params.Map { return m.Delete("_check").Delete("_error") }

// evaluate returns all parameters of the try.
func (t *Try) evaluate(local params.Map) (params.Map, error) {
	base := withoutHooks(t.Attempt.layer(t.Scope)).Set("task_name", t.Name)
	if err, ok := base.Get("error"); ok && params.TemplatedValue(err) && IsHook(t.Name) {
		base = base.Set("error", literal(err))
	}
	if t.Attempt.info.Evaluator == nil || !base.Templated() && !local.Templated() {
		return base.Merge(local), nil
	}
	return t.Attempt.info.Evaluator.Config(base, local)
}

// literal escapes what would be evaluated in the description of a failure. It
// often quotes the expression that failed, which would fail the hook as well.
func literal(v params.Value) params.Value {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "$", "${'$'}")
	case []params.Value:
		list := make([]params.Value, len(v))
		for i, e := range v {
			list[i] = literal(e)
		}
		return list
	case params.Map:
		for key, e := range v.All() {
			v = v.Set(key, literal(e))
		}
		return v
	}
	return v
}

// everyones are the parameters that the executor reads for every operator.
var everyones = []string{"_retry", "_workdir", "_secrets"}

// quickPlan answers for tries whose operator reads nothing but what the task
// itself says, as it stands. Laying out all other parameters would then cost
// more than the operator.
func (t *Try) quickPlan(name string, local params.Map) (plan, bool) {
	x := t.Attempt.x
	if local.Has(workflow.MemoKey) || local.Templated() || t.Scope.Templated() || x.Evaluated != nil || t.Attempt.info.Defaults.Len() > 0 {
		return plan{}, false
	}
	if v, ok := local.Get("_type"); ok {
		name, _ = v.(string)
	}
	spec, ok := x.Operators.Lookup(name)
	if !ok || spec.Keys == nil || spec.Defaults != "" {
		return plan{}, false
	}
	for _, key := range everyones {
		if t.Scope.Has(key) && !local.Has(key) {
			return plan{}, false
		}
	}
	for _, key := range spec.Keys {
		if !local.Has(key) && (t.Scope.Has(key) || t.Attempt.hasBuiltin(key)) {
			return plan{}, false
		}
	}
	return plan{spec, local, local}, true
}

func unknownOperator(name string, known *operator.Registry) error {
	err := known.Unknown(name)
	if hint := model.HintsOf(err); hint != "" {
		return model.Errorf(model.Invalid, "%v; %s", err, hint)
	}
	return err
}

// withDefaults fills in what the map at a dotted path says and nothing else
// does. Maps are filled in key by key.
func withDefaults(m params.Map, path string) params.Map {
	if path == "" {
		return m
	}
	v, _ := m.At(params.SplitPath(path)...)
	defaults, _ := v.(params.Map)
	return fill(m, defaults)
}

func fill(m, defaults params.Map) params.Map {
	for key, def := range defaults.All() {
		v, ok := m.Get(key)
		if !ok {
			m = m.Set(key, def)
			continue
		}
		own, isMap := v.(params.Map)
		if more, both := def.(params.Map); isMap && both {
			m = m.Set(key, fill(own, more))
		}
	}
	return m
}

// workdir returns the folder that a task with the given parameters works in,
// which is usual unless they say otherwise. A task without files has none.
func workdir(project, usual string, p params.Map) (string, error) {
	text, err := p.StringOr("_workdir", "")
	if err != nil || text == "" || project == "" {
		return usual, err
	}
	dir := filepath.FromSlash(text)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(project, dir)
	}
	if rel, err := filepath.Rel(project, dir); err != nil || !filepath.IsLocal(rel) {
		return "", model.Errorf(model.Invalid, "_workdir %q must not be outside of project path", text)
	}
	return filepath.Clean(dir), nil
}
