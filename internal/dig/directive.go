package dig

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// boolean reads a directive that is a boolean or the text of one.
func (c *compiler) boolean(e document.Entry) bool {
	v, ok := params.ToBool(e.Value.Value())
	if !ok {
		c.fail(e.Value.Errorf("%s must be true or false, not %s", e.Key, e.Value.What()).
			Hint("%s", expressionHint(e.Value.Value())))
	} else if isInteger(e.Value.Value()) { // which Digdag takes
		c.warn(e.Value.Errorf("%s is true or false: %s counts as %t", e.Key, e.Value.What(), v))
	}
	return v
}

func isInteger(v params.Value) bool {
	_, ok := v.(int64)
	return ok
}

// expressionHint says why a value that holds an expression does not do.
func expressionHint(v params.Value) string {
	if params.TemplatedValue(v) {
		return "expressions are not evaluated here"
	}
	return ""
}

// mapping reads a directive that must be a mapping; null is an empty one.
func (c *compiler) mapping(e document.Entry) []document.Entry {
	if e.Value.Kind() != document.Mapping && !e.Value.IsNull() {
		c.fail(e.Value.Errorf("%s must be a mapping, not %s", e.Key, e.Value.What()))
	}
	return e.Value.Entries()
}

// params reads a directive that must be a mapping as parameters.
func (c *compiler) params(e document.Entry) params.Map {
	c.mapping(e)
	if c.discard {
		return params.Map{}
	}
	return e.Value.Map()
}

// export reads the parameters that a task exports.
func (c *compiler) export(e document.Entry) params.Map {
	c.place(e.Value.Entries())
	return c.params(e)
}

// place looks at the parameters that say where tasks run and what they take there.
func (c *compiler) place(entries []document.Entry) {
	if e, ok := find(entries, workflow.QueueKey); ok {
		_, err := workflow.Queue(e.Value.Value())
		c.check(e, err)
	}
	if e, ok := find(entries, workflow.NeedsKey); ok {
		c.checkEach(e, func(v params.Value) error { _, err := workflow.Needs(v); return err })
	}
	if e, ok := find(entries, workflow.RunnerKey); ok {
		c.runners(e)
	}
}

// runners looks at what a task says to runners of one kind.
func (c *compiler) runners(e document.Entry) {
	if e.Value.Kind() != document.Mapping {
		_, err := workflow.RunnerOptions(e.Value.Value())
		c.check(e, err)
		return
	}
	for _, of := range e.Value.Entries() {
		err := workflow.CheckRunner(of.Key, of.Value.Value())
		c.check(of, err)
		if err != nil {
			continue
		}
		for _, o := range of.Value.Entries() {
			c.check(o, workflow.CheckRunnerOption(of.Key, o.Key, o.Value.Value()))
		}
	}
}

// check notes what is wrong with an entry, if anything is.
func (c *compiler) check(e document.Entry, err error) {
	if err != nil {
		c.fail(e.Value.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
	}
}

// checkEach looks at each entry of a mapping for itself, and where nothing is wrong with
// one, at the whole.
func (c *compiler) checkEach(e document.Entry, wrong func(params.Value) error) {
	found := false
	if e.Value.Kind() == document.Mapping {
		for _, o := range e.Value.Entries() {
			if err := wrong(params.Of(o.Key, o.Value.Value())); err != nil {
				found = true
				c.fail(o.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
			}
		}
	}
	if !found {
		c.check(e, wrong(e.Value.Value()))
	}
}

// turn reads how runs stand in the run queue.
func (c *compiler) turn(t *workflow.Turn, e document.Entry) {
	for _, o := range c.mapping(e) {
		switch o.Key {
		case "priority":
			t.Priority = int(c.integer(o, mostPriority))
		case "weight":
			if t.Weight = int(c.integer(o, workflow.MaxWeight)); t.Weight < 1 {
				c.fail(o.Value.Errorf("a weight must be at least 1"))
			}
		default:
			c.unknownKey(o, "_run_queue", []string{"priority", "weight"})
		}
	}
}

// mostPriority bounds a priority in either direction.
const mostPriority = 1<<31 - 1

// parallel is how the tasks of a group run side by side.
type parallel struct {
	on    bool
	limit int            // members of a chunk; 0 means all
	at    document.Entry // the directive
}

func (c *compiler) parallel(e document.Entry) parallel {
	p := parallel{at: e}
	switch e.Value.Value().(type) {
	case bool, string:
		p.on = c.boolean(e)
	case params.Map:
		p.on = true
		if p.limit = c.parallelLimit(e); p.limit < 1 {
			p.limit = 0
			if l, ok := find(e.Value.Entries(), "limit"); ok && isNumber(l.Value.Value()) {
				c.warn(l.Value.Errorf("a limit of less than 1 is none: all tasks run at a time"))
			}
		}
	default:
		c.fail(e.Value.Errorf("_parallel must be true, false or {limit: N}, not %s", e.Value.What()))
	}
	return p
}

func (c *compiler) parallelLimit(e document.Entry) int {
	limit, found := 0, false
	for _, o := range e.Value.Entries() {
		if o.Key != "limit" {
			c.unknownKey(o, "_parallel", []string{"limit"})
			continue
		}
		found = true
		limit = int(c.integer(o, 1<<31-1))
	}
	if !found {
		c.fail(e.Value.Errorf("_parallel needs a limit"))
	}
	return limit
}

// integer reads an integer or the text of one, of at most the given amount.
func (c *compiler) integer(e document.Entry, most int64) int64 {
	i, ok := params.ToInt(e.Value.Value())
	if f, isFloat := e.Value.Value().(float64); isFloat && ok && f != float64(i) {
		c.warn(e.Value.Errorf("%s is a whole number: it counts as %d", e.Key, i))
	}
	switch {
	case !ok:
		c.fail(e.Value.Errorf("%s must be an integer, not %s", e.Key, e.Value.What()))
	case i > most || i < -most:
		c.fail(e.Value.Errorf("%s must be at most %d", e.Key, most))
		return 0
	}
	return i
}

// isNumber tells of a value that is an integer or the text of one.
func isNumber(v params.Value) bool {
	_, ok := params.ToInt(v)
	return ok
}

const (
	mostRetries = 1<<31 - 1
	mostSeconds = int64(365 * 24 * time.Hour / time.Second)
)

var retryKeys = []string{"limit", "interval", "interval_type", "max_interval"}

// retry reads a _retry as it stands, which is what counts when a task's
// children failed. It is not evaluated for that: one that holds an expression
// gives none.
func (c *compiler) retry(e document.Entry) (r workflow.Retry, computed bool) {
	v := e.Value.Value()
	if params.TemplatedValue(v) {
		return r, true
	}
	switch v.(type) {
	case int64, float64, string:
		r.Limit = c.retryLimit(e)
	case params.Map:
		r = c.retryMapping(e)
	default:
		c.fail(e.Value.Errorf("_retry must be a number of retries or a mapping with a limit, not %s", e.Value.What()))
	}
	return r, false
}

func (c *compiler) retryMapping(e document.Entry) workflow.Retry {
	var r workflow.Retry
	found := false
	for _, o := range e.Value.Entries() {
		switch o.Key {
		case "limit":
			found = true
			r.Limit = c.retryLimit(o)
		case "interval":
			r.Interval = c.seconds(o)
		case "max_interval":
			r.Max = c.seconds(o)
		case "interval_type":
			r.Exponential = c.exponential(o)
		default:
			c.unknownKey(o, "_retry", retryKeys)
		}
	}
	if !found {
		c.fail(e.Value.Errorf("_retry needs a limit"))
	}
	return r
}

func (c *compiler) retryLimit(e document.Entry) int {
	n := c.integer(e, mostRetries)
	if n < 0 {
		c.warn(e.Value.Errorf("a number of retries below 0 is none"))
	}
	return int(max(0, n))
}

func (c *compiler) seconds(e document.Entry) time.Duration {
	s := c.integer(e, mostSeconds)
	if s < 0 {
		c.fail(e.Value.Errorf("%s can't be negative", e.Key))
		return 0
	}
	return time.Duration(s) * time.Second
}

func (c *compiler) exponential(e document.Entry) bool {
	text, _ := e.Value.Text()
	switch strings.ToLower(text) {
	case "exponential":
		return true
	case "constant":
	default:
		c.fail(e.Value.Errorf("interval_type must be constant or exponential, not %s", e.Value.What()).
			Hint("%s", document.DidYouMean(text, []string{"constant", "exponential"})))
	}
	return false
}
