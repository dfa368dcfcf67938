package pawl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/operators/gofunc"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// compile returns the workflow of a process in which steps were chosen for
// dynamic places.
func (p *process) compile(chosen map[string][]string) (*workflow.Workflow, error) {
	c := compiler{p, chosen}
	w := &workflow.Workflow{Name: p.name, Dialect: workflow.Program, Scope: workflow.Shared}
	w.Root = &workflow.Node{Name: "+" + p.name, Children: c.line("", p.steps)}
	return w, w.Finish()
}

type compiler struct {
	of     *process
	chosen map[string][]string
}

// line returns steps that come one after the other.
func (c compiler) line(above string, steps []*step) []*workflow.Node {
	return c.withHooks(above, steps, c.ordered(above, steps))
}

func (c compiler) ordered(above string, steps []*step) []*workflow.Node {
	nodes := make([]*workflow.Node, len(steps))
	for i, s := range steps {
		nodes[i] = c.node(above, s)
		if i > 0 {
			nodes[i].After = []workflow.Edge{{From: i - 1}}
			if steps[i-1].optional {
				nodes[i].After[0].On = workflow.OnDone
			}
		}
	}
	return nodes
}

// withHooks adds to the nodes of a group what runs when its steps have ended well. The
// steps are those of the last of the nodes.
func (c compiler) withHooks(above string, steps []*step, nodes []*workflow.Node) []*workflow.Node {
	n, first := &workflow.Node{Children: nodes}, len(nodes)-len(steps)
	for i, s := range steps {
		if s.onSuccess != nil {
			name, path := nodes[first+i].Name, join(join(above, s.name), host.OnSuccessWord)
			n.AfterSuccess(first+i, c.hook(name+host.OnSuccess, path, s.onSuccess))
		}
	}
	return n.Children
}

// node returns the task of a step, and of all below it.
func (c compiler) node(above string, s *step) *workflow.Node {
	path := join(above, s.name)
	n := &workflow.Node{Name: "+" + s.name}
	switch s.kind {
	case sequence:
		n.Children = c.line(path, s.kids)
	case parallel:
		n.Children = c.beside(path, s.kids)
		n.Join = s.join.compiled()
	case decides:
		n.Children = c.branches(path, s)
	case lists:
		c.each(n, path, s)
	case dynamic:
		n.Children, n.Config = c.choice(path, s), params.Of("_command", "any of "+quoted(s.kids)+", as a run is started with")
		if len(n.Children) > 0 {
			n.Join = s.join.compiled()
		}
	default:
		c.action(n, path, s)
		c.waits(n, s)
	}
	c.policies(n, path, s)
	return n
}

// action has a task call the function of a step.
func (c compiler) action(n *workflow.Node, path string, s *step) {
	n.Operator, n.Config = gofunc.Name, gofunc.Config(c.of.name, c.of.version, path, s.does())
	n.Redrive = s.lost
	if s.memo != nil {
		n.Config = n.Config.Set(workflow.MemoKey, s.memo.config())
	}
	if s.leave {
		n.Config = n.Config.Set(leaveKey, true)
	}
}

// does says what a step does, for people.
func (s *step) does() string {
	switch s.kind {
	case sends:
		return "send to " + string(s.topic)
	case listens:
		return "listen to " + string(s.to.topic) + " by " + strings.Join(s.to.params, " or ")
	case waits:
		return "wait " + s.when.String()
	case polls:
		if s.interval.PeriodParam != "" {
			return "every " + s.interval.PeriodParam
		}
		return "every " + s.interval.Period.String()
	case calls:
		return "call " + s.child.name
	case decides:
		return "decide"
	case lists:
		if s.child != nil {
			return "call " + s.child.name + " for each item"
		}
		return "execute for each item"
	}
	return "execute"
}

// String returns the time in words.
func (w When) String() string {
	switch {
	case !w.set:
		return "never"
	case w.param != "":
		return "until " + w.param
	}
	return "for " + w.after.String()
}

func (j Join) compiled() workflow.Join {
	return workflow.Join{Any: j != All, LeaveLosers: j == AnyLeave}
}

func (c compiler) beside(above string, steps []*step) []*workflow.Node {
	return c.withHooks(above, steps, c.loose(above, steps))
}

func (c compiler) loose(above string, steps []*step) []*workflow.Node {
	nodes := make([]*workflow.Node, len(steps))
	for i, s := range steps {
		nodes[i] = c.node(above, s)
	}
	return nodes
}

// branches returns what decides, and the steps of which it names one.
func (c compiler) branches(path string, s *step) []*workflow.Node {
	decider := &workflow.Node{Name: host.Decider, Retry: s.retry.policy()}
	c.action(decider, path, s)
	nodes := []*workflow.Node{decider}
	for _, n := range c.loose(path, s.kids) {
		n.After = []workflow.Edge{{From: 0, On: workflow.OnOutput, Output: strings.TrimPrefix(n.Name, "+")}}
		nodes = append(nodes, n)
	}
	return c.withHooks(path, s.kids, nodes)
}

// choice returns the steps that were chosen for a dynamic place. One that was
// chosen again gets a number.
func (c compiler) choice(path string, s *step) []*workflow.Node {
	var steps []*step
	times := make(map[string]int)
	for _, name := range c.chosen[path] {
		steps = append(steps, s.kids[slices.IndexFunc(s.kids, func(k *step) bool { return k.name == name })])
	}
	arranged := c.ordered
	if s.beside {
		arranged = c.loose
	}
	nodes := arranged(path, steps)
	for i, s := range steps {
		if times[s.name]++; times[s.name] > 1 {
			nodes[i].Name += " #" + strconv.Itoa(times[s.name])
		}
	}
	return c.withHooks(path, steps, nodes)
}

// waits has a task wait for what its step waits for.
func (c compiler) waits(n *workflow.Node, s *step) {
	switch s.kind {
	case listens:
		n.Wait = s.to.wait()
	case waits:
		n.Wait = s.when.wait()
	case polls:
		n.Wait = s.interval.From.wait()
		if until := s.interval.Until; until.set {
			n.Limit = until.limit(Skip)
		}
	}
}

// wait returns what waits for a time; nil is for none.
func (w When) wait() *workflow.Wait {
	if !w.set {
		return nil
	}
	return &workflow.Wait{For: w.after, Until: w.param}
}

func (w When) limit(then Effect) workflow.Limit {
	return workflow.Limit{
		After: w.after, Until: w.param,
		Then: map[Effect]workflow.LimitEffect{Fail: workflow.LimitFails, Skip: workflow.LimitSkips, Continue: workflow.LimitNotifies}[then],
	}
}

// policies says how a task is run.
func (c compiler) policies(n *workflow.Node, path string, s *step) {
	if s.kind != decides && s.kind != lists { // of which the decision, or each item, is tried again
		n.Retry = s.retry.policy()
	}
	if s.deadline != nil {
		n.Limit = s.deadline.when.limit(s.deadline.then)
	}
	if s.onDeadline != nil {
		n.Limit.Hook = c.hook(host.OnDeadline, join(path, host.OnDeadlineWord), s.onDeadline)
	}
	if s.onFailure != nil {
		n.OnFailure = []*workflow.Node{c.hook(host.OnFailure, join(path, host.OnFailureWord), s.onFailure)}
	}
	if s.onStop != nil {
		n.OnStop = []*workflow.Node{c.hook(host.OnStop, join(path, host.OnStopWord), s.onStop)}
	}
	if s.optional {
		n.Failure.Effect = workflow.Isolate
	}
	n.Again = s.rerun
}

// hook returns what runs a step beside another.
func (c compiler) hook(name, path string, s *step) *workflow.Node {
	return &workflow.Node{Name: name, Children: c.line(path, []*step{s})}
}

func (r retry) policy() workflow.Retry {
	return workflow.Retry{Limit: r.times, Interval: r.first, Exponential: r.most > 0, Max: r.most}
}

// workflowWith returns the workflow in which steps are chosen for dynamic places.
func (p *process) workflowWith(chosen map[string][]string) (*workflow.Workflow, error) {
	if len(chosen) == 0 {
		return p.definition, nil
	}
	for path, names := range chosen {
		place, ok := p.places[path]
		if !ok {
			return nil, fmt.Errorf("process %s has no dynamic step %q: %w", p.name, path, ErrInvalid)
		}
		for _, name := range names {
			if !named(place.kids, name) {
				return nil, fmt.Errorf("%q is none of the steps of %s, which are %s: %w", name, path, quoted(place.kids), ErrInvalid)
			}
		}
	}
	key := fmt.Sprintf("%q", chosen)
	p.mu.Lock()
	defer p.mu.Unlock()
	if w, ok := p.made[key]; ok {
		return w, nil
	}
	w, err := p.compile(chosen)
	if err != nil {
		return nil, err
	}
	if len(p.made) >= maxMade {
		clear(p.made)
	}
	p.made[key] = w
	return w, nil
}

// maxMade bounds the definitions that a process remembers.
const maxMade = 1000

// written returns the process for people, as the configuration of its workflow.
func (p *process) written() params.Map {
	return params.Of("process", p.version, "params", p.shape).Merge(writtenNode(p.definition.Root))
}

func writtenNode(n *workflow.Node) params.Map {
	if !n.IsGroup() {
		does, _ := n.Config.Get("_command")
		return params.Of("go>", does)
	}
	m := params.Map{}
	if n.Join.Any || len(n.Children) > 1 && len(n.Children[1].After) == 0 {
		m = m.Set("_parallel", true)
	}
	for _, c := range n.Children {
		m = m.Set(c.Name, writtenNode(c))
	}
	return m
}
