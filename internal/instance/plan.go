package instance

import (
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Verdict is what would become of a task.
type Verdict uint8

// Verdicts.
const (
	WillRun    Verdict = iota // it is run when it is reached
	WillReplay                // an earlier result stands for it
	WillPass                  // it ends as an empty success
	WillTake                  // memoised: what another run has made stands for it
)

// String returns the verdict in one word.
func (v Verdict) String() string { return [...]string{"run", "skip", "pass", "take"}[v] }

// Decision is what would become of one action, and why.
type Decision struct {
	Task    string
	Verdict Verdict
	Reason  string
}

// Plan says what a run would do with each action that exists from the start,
// given the folder of what earlier runs of the session finished.
func Plan(r Request, folder resume.Folder) ([]Decision, error) {
	var earlier resume.Results
	if folder.Path != "" {
		var err error
		if earlier, err = folder.Load(r.Workflow.Root.Name); err != nil {
			return nil, err
		}
	}
	c := newChooser(r.Workflow.Root, r.Selection)
	known, end := operators.All(nil)
	defer func() { _ = end() }() // nothing was started
	var list []Decision
	r.Workflow.Root.Walk(func(p workflow.Path) bool {
		if n := p.Node(); !n.IsGroup() || n.Each != nil {
			d := c.decide(p.Name(), n, earlier)
			if d.Verdict == WillReplay && remakes(known, n, earlier.Finished[d.Task]) {
				d.Reason += "; its definition has changed: --start or --rerun makes its tasks anew"
			}
			list = append(list, d)
		}
		return true
	})
	return list, nil
}

func (c *chooser) decide(name string, n *workflow.Node, earlier resume.Results) Decision {
	d := Decision{Task: name}
	choice := c.choose(name)
	_, done := earlier.Finished[name]
	switch {
	case done && choice.Replay:
		d.Verdict, d.Reason = WillReplay, "finished before in this session"
	case !choice.Run && c.selection.Goal != nil:
		d.Verdict, d.Reason = WillPass, "not needed for the goal"
	case !choice.Run:
		d.Verdict, d.Reason = WillPass, "at or after the end"
	case done && c.selection.Changed:
		d.Reason = "finished before, but the session begins anew"
	case done && c.selection.Rerun:
		d.Reason = "finished before, but everything is to run again"
	case done && c.selection.Goal != nil:
		d.Reason = "finished before, but the goal is to run again"
	case done:
		d.Reason = "finished before, but from here on everything is to run again"
	case earlier.Damaged[name] != nil:
		d.Reason = "not known to be finished: " + earlier.Damaged[name].Error()
	default:
		d.Reason = "not finished in this session"
	}
	if n.Each != nil && d.Verdict == WillRun {
		d.Reason += "; it runs for each of its items, which are listed when it is reached"
	}
	if generates[n.Operator] && d.Verdict == WillRun {
		d.Reason += "; the tasks that it makes are decided later"
	}
	if len(n.Products) > 0 && d.Verdict == WillRun {
		d.Reason += "; decided by its products when it is ready"
	}
	return d
}

// Memoised has decisions tell what is known of memoised tasks.
func Memoised(list []Decision, known []Versioned) {
	of := make(map[string]Versioned, len(known))
	for _, v := range known {
		of[v.Task] = v
	}
	for i := range list {
		d := &list[i]
		v, ok := of[d.Task]
		switch {
		case !ok || d.Verdict != WillRun:
		case v.Stored:
			d.Verdict, d.Reason = WillTake, "memoised: what an earlier run made is taken"
		case v.Later:
			d.Reason += "; memoised: decided when it is reached, as " + v.Reason
		case v.Wrong:
			d.Reason += "; it would fail: " + v.Reason
		case v.Reason != "":
			d.Reason += "; " + v.Reason
		default:
			d.Reason += "; memoised: nothing of its version is stored"
		}
	}
}

// HasMemo tells whether a workflow has memoised tasks.
func HasMemo(w *workflow.Workflow) (has bool) {
	w.Root.Walk(func(p workflow.Path) bool {
		has = has || p.Node().Config.Has(workflow.MemoKey)
		return !has
	})
	return has
}

// generates are the operators that make tasks.
var generates = map[string]bool{
	"call": true, "loop": true, "for_each": true, "for_range": true, "if": true, "http_call": true,
}
