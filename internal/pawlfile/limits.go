package pawlfile

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// retry reads how often an action is tried again. What has an expression is read
// when the task runs.
func (c *compiler) retry(n *workflow.Node, at document.Entry) {
	if params.TemplatedValue(at.Value.Value()) {
		n.Config = n.Config.Set("_retry", at.Value.Value())
		return
	}
	if at.Value.Kind() != document.Mapping {
		n.Retry.Limit = c.Integer(at, 0)
		return
	}
	keys := c.Known(at.Value.Entries(), "retry", namesOf(retryKeys()))
	if limit := keys["limit"]; limit.IsSet() {
		n.Retry.Limit = c.Integer(limit, 0)
	} else if len(keys) == len(at.Value.Entries()) { // else one that is not known may have been meant
		c.Fail(at.Errorf("retry needs a limit"))
	}
	if e := keys["interval"]; e.IsSet() {
		n.Retry.Interval = c.Duration(e)
	}
	if e := keys["max_interval"]; e.IsSet() {
		n.Retry.Max = c.Duration(e)
	}
	if e := keys["interval_type"]; e.IsSet() {
		n.Retry.Exponential = c.Choice(e, []string{"constant", "exponential"}) == "exponential"
	}
}

// timeout reads how long an action may take.
func (c *compiler) timeout(at document.Entry) workflow.Limit {
	var l workflow.Limit
	after := at
	if at.Value.Kind() == document.Mapping {
		keys := c.Known(at.Value.Entries(), "timeout", namesOf(timeoutKeys()))
		if then := keys["then"]; then.IsSet() && c.Choice(then, []string{"fail", "skip"}) == "skip" {
			l.Then = workflow.LimitSkips
		}
		if after = keys["after"]; !after.IsSet() {
			c.Fail(at.Errorf("timeout needs to say after how long").Hint("such as after: 10m"))
			return l
		}
	}
	before := len(c.Errs)
	if l.After = c.Duration(after); l.After == 0 && len(c.Errs) == before {
		c.Fail(after.Value.Errorf("a task can't be done in no time"))
	}
	return l
}

// resources reads where an action runs and what it takes; nil where nothing is said.
func (c *compiler) resources(keys map[string]document.Entry) *workflow.Resources {
	var r workflow.Resources
	if at := keys["queue"]; at.IsSet() {
		if r.Queue = c.Fixed(at); r.Queue != "" && !params.TemplatedValue(r.Queue) {
			if err := runner.CheckQueue(r.Queue); err != nil {
				c.Wrong(at.Value, err)
			}
		}
	}
	if at := keys["priority"]; at.IsSet() {
		r.Priority = c.Integer(at, -1<<31)
	}
	if at := keys["image"]; at.IsSet() {
		r.Image = c.Fixed(at)
	}
	if at := keys["resources"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		of := c.Known(at.Value.Entries(), "resources", namesOf(resourceKeys()))
		r.CPU = c.amount(of["cpu"], workflow.ParseCPU)
		r.Memory = c.amount(of["memory"], workflow.ParseMemory)
		if gpu := of["gpu"]; gpu.IsSet() {
			r.GPU = c.Integer(gpu, 0)
		}
		if at := of["time"]; at.IsSet() {
			r.Time = c.Duration(at)
		}
	}
	if r == (workflow.Resources{}) {
		return nil
	}
	return &r
}

// runners looks at what an action says to runners of one kind.
func (c *compiler) runners(at document.Entry) {
	for _, of := range c.Mapping(at.Value, at.Key) {
		if err := workflow.CheckRunner(of.Key, of.Value.Value()); err != nil {
			c.Wrong(of.Value, err)
			continue
		}
		for _, o := range of.Value.Entries() {
			if err := workflow.CheckRunnerOption(of.Key, o.Key, o.Value.Value()); err != nil {
				c.Wrong(o.Value, err)
			}
		}
	}
}

// amount reads how much of something is taken.
func (c *compiler) amount(at document.Entry, parse func(params.Value) (int64, error)) int64 {
	if !at.IsSet() || !c.Unevaluated(at, at.Value.Value()) {
		return 0
	}
	n, err := parse(at.Value.Value())
	if err != nil {
		c.Wrong(at.Value, err)
	}
	return n
}
