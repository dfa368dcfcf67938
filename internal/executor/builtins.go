package executor

import (
	"slices"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
)

// derived are the prefixes of session times that are parameters and whose
// other forms follow from them.
var derived = [...]string{"last_session_", "next_session_", lastExecuted}

// lastExecuted is the one whose forms are there, empty, without the time too.
const lastExecuted = "last_executed_session_"

// times are the session times by those prefixes, nil where there is none.
type times [len(derived)]params.Value

func timesIn(m params.Map) times {
	var ts times
	for i, prefix := range derived {
		ts[i], _ = m.Get(prefix + "time")
	}
	return ts
}

func (ts times) equal(other times) bool { return slices.EqualFunc(ts[:], other[:], params.Equal) }

// build sets the attempt's built-in parameters. The name of the task is there
// to be replaced.
func (a *Attempt) build() {
	i := &a.info
	a.fixed = params.Of(
		"timezone", i.Zone.String(),
		"project_id", i.Project,
		"session_id", i.Session,
		"attempt_id", i.ID,
		"session_uuid", i.SessionUUID,
		"task_name", "",
	)
	if !i.SessionTime.IsZero() {
		a.fixed = a.fixed.Merge(schedule.TimeParams("session_", i.SessionTime, i.Zone))
	}
	if i.Name != "" {
		a.fixed = a.fixed.Set("retry_attempt_name", i.Name)
	}
	a.times = timesIn(i.Params)
	a.builtins = a.derive(a.times)
}

// hasBuiltin reports whether there is a built-in parameter of that name.
func (a *Attempt) hasBuiltin(key string) bool {
	a.built.Do(a.build)
	return a.builtins.Has(key)
}

// derive returns the built-in parameters with the forms of ts.
func (a *Attempt) derive(ts times) params.Map {
	m := a.fixed
	for i, prefix := range derived {
		m = m.Merge(a.forms(prefix, ts[i]))
	}
	return m
}

// forms returns the forms of a session time that a parameter gives. What is no
// time has none.
func (a *Attempt) forms(prefix string, v params.Value) params.Map {
	text, _ := v.(string)
	if text == "" && prefix == lastExecuted {
		return schedule.NoTimeParams(prefix, a.info.Zone)
	}
	t, err := schedule.ParseTime(text, a.info.Zone)
	if err != nil {
		return params.Map{}
	}
	return schedule.TimeParams(prefix, t, a.info.Zone).Delete(prefix + "time")
}

// layered is a scope with the built-ins over it.
type layered struct{ scope, all params.Map }

// layer lays the built-ins over a scope.
func (a *Attempt) layer(scope params.Map) params.Map {
	if l := a.last.Load(); l != nil && l.scope == scope {
		return l.all
	}
	a.built.Do(a.build)
	builtins := a.builtins
	if ts := timesIn(scope); !ts.equal(a.times) {
		builtins = a.derive(ts)
	}
	all := a.info.Defaults.Merge(scope).Merge(builtins)
	a.last.Store(&layered{scope, all})
	return all
}
