package instance

import (
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
)

// String returns the verdict in one word.
func (v Verdict) String() string { return [...]string{"run", "skip", "pass"}[v] }

// Decision is what would become of one action, and why.
type Decision struct {
	Task    string
	Verdict Verdict
	Reason  string
}

// Plan says what a run would do with each action that exists from the start,
// given the folder of what earlier runs of the session finished.
func Plan(r Request, folder resume.Folder) ([]Decision, error) {
	var finished map[string]resume.Result
	if folder.Path != "" {
		var err error
		if finished, err = folder.Load(); err != nil {
			return nil, err
		}
	}
	c := newChooser(r.Workflow.Root, r.Selection)
	var list []Decision
	r.Workflow.Root.Walk(func(p workflow.Path) bool {
		if n := p.Node(); !n.IsGroup() {
			list = append(list, c.decide(p.Name(), n, finished))
		}
		return true
	})
	return list, nil
}

func (c *chooser) decide(name string, n *workflow.Node, finished map[string]resume.Result) Decision {
	d := Decision{Task: name}
	choice := c.choose(name)
	_, done := finished[name]
	switch {
	case done && choice.Replay:
		d.Verdict, d.Reason = WillReplay, "finished before in this session"
	case !choice.Run && c.selection.Goal != nil:
		d.Verdict, d.Reason = WillPass, "not needed for the goal"
	case !choice.Run:
		d.Verdict, d.Reason = WillPass, "at or after the end"
	case done && c.selection.Rerun:
		d.Reason = "finished before, but everything is to run again"
	case done:
		d.Reason = "finished before, but from here on everything is to run again"
	default:
		d.Reason = "not finished in this session"
	}
	if generates[n.Operator] {
		d.Reason += "; the tasks that it makes are decided later"
	}
	return d
}

// generates are the operators that make tasks.
var generates = map[string]bool{
	"call": true, "loop": true, "for_each": true, "for_range": true, "if": true, "http_call": true,
}
