package sim

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// topic is where all messages come from.
const topic = "news"

// generator makes workflows that use everything a definition has.
type generator struct {
	dice
	// steady leaves out what makes the outcome depend on who is faster.
	steady bool
	// size is how many tasks may still be made.
	size int
	// label is what the names of the tasks begin with.
	label string
	made  int
}

// newWorkflow makes a definition.
func newWorkflow(d dice, name string, steady bool) *workflow.Workflow {
	g := &generator{dice: d, steady: steady, size: 3 + d.IntN(22), label: "+"}
	root := g.group(0)
	root.Name = "+" + name
	w := &workflow.Workflow{Name: name, Root: root, Scope: pick(d, workflow.Tree, workflow.Tree, workflow.Shared)}
	return w
}

// newSubtasks makes what a task generates.
func newSubtasks(seed uint64, steady bool) *workflow.Node {
	g := &generator{dice: newDice(seed, "subtasks"), steady: steady, size: 4, label: "^"}
	return g.node(3)
}

// loose is true once in 1/p times, but never where the outcome is to be steady.
func (g *generator) loose(p float64) bool { return !g.steady && g.chance(p) }

func (g *generator) name() string {
	g.made++
	g.size--
	return fmt.Sprintf("%s%d", g.label, g.made)
}

// maxDepth bounds how deep generated groups nest.
const maxDepth = 4

func (g *generator) node(depth int) *workflow.Node {
	if depth < maxDepth && g.size > 1 && g.chance(0.35) {
		return g.group(depth)
	}
	return g.action(depth)
}

func (g *generator) group(depth int) *workflow.Node {
	n := &workflow.Node{Name: g.name()}
	g.policies(n, depth)
	if depth > 0 && g.chance(0.15) {
		n.Each = &workflow.Each{Source: "list", Key: "item", Config: g.source()}
		n.Each.Window = g.made % 3 // not by dice: what a seed once found stays what it draws
		if !g.steady && g.made%2 == 0 {
			n.Each.Config = n.Each.Config.Set("rows", rowsOfItems[g.made/2%len(rowsOfItems)])
			n.Each.OnFailure = workflow.ItemFailure(g.made / 2 % 3)
		}
		n.Children = []*workflow.Node{g.node(depth + 1)}
	} else {
		for i := 0; g.size > 0 && (i == 0 && depth == 0 || g.chance(0.75)); i++ {
			c := g.node(depth + 1)
			g.edges(n.Children, c)
			n.Children = append(n.Children, c)
		}
	}
	if len(n.Children) > 0 && g.loose(0.2) {
		n.Join = workflow.Join{Any: true, FirstDone: g.chance(0.5), LeaveLosers: g.chance(0.5)}
	}
	return n
}

// rowsOfItems is how many items a collection has for each that a source lists which
// makes rows of them.
var rowsOfItems = []int64{1, 2, 3, 90}

// source is what a collection's source does.
func (g *generator) source() params.Map {
	m := params.Of("items", g.IntN(4))
	if g.chance(0.2) {
		m = m.Set("fails", int64(1))
	}
	if g.chance(0.2) {
		m = m.Set("polls", int64(1))
	}
	return m
}

// edges has a node come after some of its elder siblings.
func (g *generator) edges(elder []*workflow.Node, n *workflow.Node) {
	for i, from := range elder {
		if !g.chance(0.4) {
			continue
		}
		e := workflow.Edge{From: i}
		switch outputs := (script{from.Config}).names("outputs"); {
		case g.chance(0.15):
			e.On = workflow.OnDone
		case len(outputs) > 0 && g.chance(0.6), g.chance(0.03):
			e.On, e.Output = workflow.OnOutput, pick(g.dice, "left", "right")
		}
		n.After = append(n.After, e)
	}
}

// policies gives a node what groups and actions have alike.
func (g *generator) policies(n *workflow.Node, depth int) {
	if g.chance(0.3) {
		n.Export = params.Of("export", n.Name, "deep", params.Of(n.Name, int64(g.made)))
	}
	if g.chance(0.3) {
		n.Retry = workflow.Retry{
			Limit:       1 + g.IntN(2),
			Interval:    pick(g.dice, 0, time.Second, 7*time.Second),
			Exponential: g.chance(0.5),
			Max:         pick(g.dice, 0, 10*time.Second),
		}
	}
	n.Failure.Effect = pick(g.dice, workflow.FinishOthers, workflow.CancelOthers, workflow.Isolate)
	if g.loose(0.5) {
		n.Failure.Scope = workflow.WholeGroup
	}
	if g.loose(0.12) {
		n.Limit.After = g.between(time.Second, 40*time.Second)
		n.Limit.Then = pick(g.dice, workflow.LimitFails, workflow.LimitSkips, workflow.LimitNotifies)
		if g.size > 0 && g.chance(0.5) {
			n.Limit.Hook = g.node(depth + 1)
		}
	}
	for g.size > 0 && len(n.OnFailure) < 2 && g.chance(0.12) {
		n.OnFailure = append(n.OnFailure, g.node(depth+1))
	}
	n.Again = g.loose(0.1)
	if g.loose(0.2) {
		n.Redrive = workflow.FailLost
	}
}

func (g *generator) action(depth int) *workflow.Node {
	n := &workflow.Node{Name: g.name(), Operator: "script"}
	g.policies(n, depth)
	n.Config = g.script(depth)
	if g.size > 0 && g.chance(0.1) {
		n.Check = g.node(depth + 1)
	}
	if g.chance(0.15) {
		n.Wait = g.wait()
		n.Config = n.Config.Delete("idle") // it would wait for the next message for ever
	}
	return n
}

func (g *generator) script(depth int) params.Map {
	var m params.Map
	if g.chance(0.25) {
		m = m.Set(pick(g.dice, "fails", "rounds"), int64(1+g.IntN(3)))
	}
	if g.chance(0.15) {
		m = m.Set("polls", int64(1+g.IntN(3)))
	}
	if g.chance(0.1) {
		m = m.Set("messages", int64(1+g.IntN(2)))
	}
	if g.chance(0.1) {
		m = m.Set(pick(g.dice, "stop", "replayed", "idle"), true)
	}
	if g.chance(0.2) {
		m = m.Set("outputs", pick(g.dice, []any{"left"}, []any{"right"}, []any{"left", "right"}))
	}
	if g.chance(0.5) {
		m = m.Set("store", params.Of("last", int64(g.made), "by", params.Of(fmt.Sprint("t", g.made), true)))
	}
	if g.chance(0.1) {
		m = m.Set("reset", []any{pick(g.dice, "last", "by", "deep.none", "order")})
	}
	if g.chance(0.2) {
		m = m.Set("export", params.Of("exported", int64(g.made)))
	}
	if depth < maxDepth && g.chance(0.1) {
		m = m.Set("subtasks", g.Int64())
	}
	return m
}

// wait is what holds an action back: a time, messages, or either.
func (g *generator) wait() *workflow.Wait {
	w := &workflow.Wait{}
	signals := []workflow.Signal{{Topic: topic, Param: pick(g.dice, "order", "order", "later")}}
	switch {
	case g.chance(0.4):
		w.For = g.between(time.Second, 30*time.Second)
	case g.chance(0.5):
		w.Until = pick(g.dice, "past", "soon", "seconds", "order")
	case g.steady:
		signals[0].Param = "order"
		w.Signals = signals
	default:
		w.Signals = signals
		if g.chance(0.5) {
			w.For = g.between(time.Second, 30*time.Second)
		}
	}
	if len(w.Signals) > 0 {
		g.listener(w)
	}
	return w
}

// listener says what becomes of messages: not by dice, so that what a seed once
// found stays what it draws.
func (g *generator) listener(w *workflow.Wait) {
	n := int(hashOf(fmt.Sprint(g.label, g.made, g.size)) % 1024)
	w.Signals[0].One = n%2 == 0
	w.Early = [...]workflow.Early{workflow.WhenReached, workflow.KeepEarly, workflow.JumpEarly, workflow.DropEarly}[n/2%4]
	if n/8%2 == 0 {
		w.OnBadMessage = workflow.BuryMessage
	}
	w.Again = [...]workflow.Again{workflow.AgainNever, workflow.AgainHandler, workflow.AgainDownstream}[n/16%3]
	if g.steady {
		w.Again, w.OnBadMessage = workflow.AgainNever, workflow.FailTask
		if w.Early == workflow.JumpEarly {
			w.Early = workflow.KeepEarly
		}
	}
}

// newParams are what an attempt begins with.
func newParams(n int) params.Map {
	return params.Of(
		"order", fmt.Sprint("order-", n),
		"past", int64(1),
		"soon", origin.Add(45*time.Second).Time().Format(time.RFC3339Nano),
		"seconds", int64(origin/1e6)+30,
		"deep", params.Of("order", n),
	)
}
