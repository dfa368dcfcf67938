package engine_test

import (
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"pgregory.net/rapid"
)

// uniform are numbers from 0 to 1023, all as likely: the generators of numbers
// that rapid has prefer small ones. It shrinks to 0.
var uniform = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range 10 {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n |= 1
		}
	}
	return n
})

// chance draws true about so many times in a hundred; it shrinks to false.
func chance(t *rapid.T, percent int, label string) bool {
	return uniform.Draw(t, label)*100 >= (100-percent)*1024
}

// pick draws one of several values; it shrinks to the first.
func pick[T any](t *rapid.T, label string, from ...T) T {
	return from[uniform.Draw(t, label)*len(from)/1024]
}

// randomWorkflow draws a small definition that may use every feature.
func randomWorkflow(t *rapid.T) *workflow.Workflow {
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}}
	if chance(t, 20, "shared") {
		def.Scope = workflow.Shared
	}
	if chance(t, 15, "collection") {
		randomCollection(t, def.Root, 0)
	} else {
		randomGroup(t, def.Root, 0)
	}
	randomPolicies(t, def.Root, 0)
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	return def
}

func randomNode(t *rapid.T, name string, depth int) *workflow.Node {
	n := &workflow.Node{Name: name}
	switch {
	case depth < 3 && chance(t, 30, "group"):
		randomGroup(t, n, depth)
	case depth < 3 && chance(t, 10, "collection"):
		randomCollection(t, n, depth)
	default:
		n.Operator = "do"
		randomAction(t, n, depth)
	}
	randomPolicies(t, n, depth)
	return n
}

func randomGroup(t *rapid.T, n *workflow.Node, depth int) {
	for i := range pick(t, "children", 0, 1, 2, 3, 4) {
		c := randomNode(t, "+"+string(rune('a'+i)), depth+1)
		for from := range i {
			if chance(t, 40, "after") {
				c.After = append(c.After, workflow.Edge{
					From: from, On: pick(t, "on", workflow.OnSuccess, workflow.OnSuccess, workflow.OnDone, workflow.OnOutput),
				})
			}
		}
		for i := range c.After {
			if e := &c.After[i]; e.On == workflow.OnOutput {
				e.Output = pick(t, "output", "x", "y")
			}
		}
		n.Children = append(n.Children, c)
	}
	for i := range len(n.Children) {
		if chance(t, 10, "on success") {
			n.AfterSuccess(i, randomNode(t, n.Children[i].Name+workflow.SuccessHook, depth+1))
		}
	}
	if len(n.Children) > 0 {
		randomJoin(t, n)
	}
}

func randomCollection(t *rapid.T, n *workflow.Node, depth int) {
	n.Each = &workflow.Each{Source: "list", Key: "item", Window: pick(t, "window", 0, 1, 1, 2, 3)}
	n.Children = []*workflow.Node{randomNode(t, "+body", depth+1)}
	randomJoin(t, n)
}

func randomJoin(t *rapid.T, n *workflow.Node) {
	if chance(t, 20, "any") {
		n.Join = workflow.Join{Any: true, FirstDone: chance(t, 50, "first done"), LeaveLosers: chance(t, 50, "leave")}
	}
}

func randomAction(t *rapid.T, n *workflow.Node, depth int) {
	if chance(t, 30, "wait") {
		n.Wait = &workflow.Wait{}
		if chance(t, 50, "signals") {
			n.Wait.Signals = []workflow.Signal{{Topic: "t", Param: pick(t, "key", "k", "l")}}
			randomListener(t, n.Wait)
		}
		if chance(t, 20, "until") {
			n.Wait.Until = pick(t, "instant", "k", "m")
		} else if len(n.Wait.Signals) == 0 || chance(t, 30, "for") {
			n.Wait.For = 10 * time.Second
		}
	}
	if depth < 3 && chance(t, 15, "check") {
		n.Check = randomNode(t, "^check", depth+1)
	}
	n.Redrive = pick(t, "lost", workflow.Rerun, workflow.Rerun, workflow.Rerun, workflow.FailLost, workflow.HoldLost)
}

func randomListener(t *rapid.T, w *workflow.Wait) {
	w.Early = pick(t, "early", workflow.WhenReached, workflow.KeepEarly, workflow.JumpEarly, workflow.DropEarly)
	w.Again = pick(t, "late", workflow.AgainNever, workflow.AgainHandler, workflow.AgainDownstream)
	if chance(t, 50, "buries") {
		w.OnBadMessage = workflow.BuryMessage
	}
}

func randomPolicies(t *rapid.T, n *workflow.Node, depth int) {
	if chance(t, 30, "failure") {
		n.Failure = workflow.Failure{
			Scope:  pick(t, "scope", workflow.Descendants, workflow.WholeGroup),
			Effect: pick(t, "effect", workflow.FinishOthers, workflow.CancelOthers, workflow.Isolate),
		}
	}
	if chance(t, 25, "retry") {
		n.Retry = workflow.Retry{Limit: 1, Interval: pick(t, "interval", 0, 10*time.Second)}
	}
	if chance(t, 15, "limit") {
		n.Limit.After = pick(t, "limit", 5*time.Second, 15*time.Second)
		if chance(t, 20, "until") {
			n.Limit.Until = pick(t, "instant", "k", "m")
		}
		n.Limit.Then = pick(t, "then", workflow.LimitFails, workflow.LimitSkips, workflow.LimitNotifies)
		if depth < 3 && chance(t, 50, "hook") {
			n.Limit.Hook = randomNode(t, "^late", depth+1)
		}
	}
	if depth < 3 && chance(t, 15, "on-failure") {
		n.OnFailure = []*workflow.Node{randomNode(t, "^error", depth+1)}
	}
	if depth < 3 && chance(t, 15, "on-stop") {
		n.OnStop = []*workflow.Node{randomNode(t, "^stop", depth+1)}
	}
	if chance(t, 30, "export") {
		n.Export = randomParams(t)
	}
	n.Again = chance(t, 30, "runs again")
}

// randomParams draws values for few keys, so that they get in each other's way.
func randomParams(t *rapid.T) params.Map {
	m := params.Map{}
	for _, path := range rapid.SliceOfN(rapid.SampledFrom([][]string{{"k"}, {"l"}, {"m", "a"}, {"m", "b"}}), 0, 2).Draw(t, "keys") {
		m = m.SetAt(int64(rapid.IntRange(0, 99).Draw(t, "value")), path...)
	}
	return m
}

// randomTree draws what an action generates or a command adds.
func randomTree(t *rapid.T, name string) *workflow.Node {
	n := randomNode(t, name, 2)
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// randomCommand draws a command, most often one that fits.
func randomCommand(t *rapid.T, a *engine.Attempt) engine.Command {
	task := model.TaskID(uniform.Draw(t, "task") * a.Len() / 1024)
	if running := tasksIn(a, model.Running); len(running) > 0 && chance(t, 60, "report") {
		return randomReport(t, a.Task(pick(t, "running", running...)))
	}
	if waiting := tasksIn(a, model.Waiting); len(waiting) > 0 && chance(t, 30, "deliver") {
		return randomDelivery(t, pick(t, "waiting", waiting...))
	}
	if listeners := listenersIn(a); len(listeners) > 0 && chance(t, 20, "to a listener") {
		return randomDelivery(t, pick(t, "listener", listeners...))
	}
	switch c := (engine.Command{Task: task}); pick(t, "command",
		"stale", "deliver", "append", "again", "cancel", "edit", "skip-to", "again", "skip-to", "skip", "append", "kill") {
	case "stale":
		c = randomReport(t, a.Task(task))
		c.Try = int32(pick(t, "try", 0, 1, 2))
		return c
	case "deliver":
		return randomDelivery(t, task)
	case "append":
		c.Kind, c.Node = engine.Append, randomTree(t, "+more")
		return c
	case "again":
		c.Kind = engine.Again
		return c
	case "cancel":
		c.Kind = engine.Cancel
		return c
	case "edit":
		c.Task, c.Kind, c.Params = 0, engine.Edit, randomParams(t)
		return c
	case "skip-to":
		c.Kind = engine.SkipTo
		return c
	case "skip":
		c.Kind = engine.Skip
		return c
	default:
		return engine.Command{Kind: engine.Kill}
	}
}

func tasksIn(a *engine.Attempt, s model.State) []model.TaskID {
	var ids []model.TaskID
	for v := range a.Tasks() {
		if v.State == s {
			ids = append(ids, v.ID)
		}
	}
	return ids
}

// listenersIn returns the tasks whose definition has them listen, whatever has
// become of them.
func listenersIn(a *engine.Attempt) []model.TaskID {
	var ids []model.TaskID
	for v := range a.Tasks() {
		if listens(v) {
			ids = append(ids, v.ID)
		}
	}
	return ids
}

func randomDelivery(t *rapid.T, id model.TaskID) engine.Command {
	source := pick(t, "source", "m0", "m1", "m2", sole+"0", sole+"1", sole+"2")
	return engine.Command{Kind: engine.Deliver, Task: id, Message: messageFrom(source, "t")}
}

// randomReport draws what a runner says of a task's newest try.
func randomReport(t *rapid.T, v engine.View) engine.Command {
	c := engine.Command{Task: v.ID, Try: v.Try}
	switch pick(t, "outcome", "ok", "ok", "ok", "ok", "fail", "fail", "retry", "wait", "keys", "cancelled", "lost", "judged") {
	case "ok":
		c.Kind, c.Result = engine.Succeed, randomResult(t, v.Node)
	case "judged":
		c.Kind, c.Verdict = engine.Judge, &engine.Verdict{Reason: "changed"}
	case "fail":
		c.Kind = engine.Fail
		c.Failure = &engine.Failure{Error: params.Of("message", v.Name, "task", int64(v.ID))}
	case "retry":
		c.Kind = engine.Fail
		c.Failure = &engine.Failure{
			Retry: workflow.Retry{Limit: 1, Interval: pick(t, "interval", 0, 5*time.Second)},
			State: params.Of("try", int64(v.Try)),
		}
	case "wait":
		// A wait for the length of the history is one for ever.
		c.Kind = engine.WaitFor
		c.Wait = &engine.Wait{Until: epoch.Add(pick(t, "until", 0, time.Second, time.Minute, time.Hour))}
	case "keys":
		c.Kind = engine.WaitFor
		c.Wait = &engine.Wait{Keys: []engine.Key{{Topic: "t", Param: pick(t, "param", "", "asked"), Value: "1", Fresh: chance(t, 20, "fresh")}}, Records: randomRecords(t)}
	case "cancelled":
		c.Kind = engine.TryCancelled
	case "lost":
		c.Kind = engine.Lose
	}
	return c
}

func randomRecords(t *rapid.T) []engine.Record {
	return make([]engine.Record, pick(t, "records", 0, 0, 0, 1, 2))
}

func randomResult(t *rapid.T, n *workflow.Node) *engine.Result {
	r := &engine.Result{Stop: chance(t, 5, "stop"), Replayed: chance(t, 5, "replayed"), Records: randomRecords(t)}
	if chance(t, 60, "store") {
		r.Store = randomParams(t)
	}
	if chance(t, 15, "export") {
		r.Export = randomParams(t)
	}
	if chance(t, 15, "reset") {
		r.Reset = []string{pick(t, "reset", "k", "m.a", "m")}
	}
	for _, o := range []string{"x", "y"} {
		if chance(t, 40, "emit") {
			r.Outputs = append(r.Outputs, o)
		}
	}
	switch {
	case n.Each != nil:
		for i := range pick(t, "items", 0, 1, 2, 3, 5) {
			r.Items = append(r.Items, int64(i))
		}
	case chance(t, 20, "subtasks"):
		r.Node = randomTree(t, "^sub")
	}
	return r
}
