package workflow

import (
	"encoding/binary"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// The binary form of a definition is a version byte and the fields in order.
// Integers are varints, strings have their length before them, parameters are
// as package params writes them. Strings that repeat, such as the names of
// operators and files, are symbols: written once, then referred to by number.
//
// A node starts with the set of its fields that are not zero, so that a plain
// task costs little more than its name and parameters. These numbers are
// stored: a new field gets the next bit, a change of meaning a new version.
const codecVersion = 1

// Fields of a node. The most usual ones come first and share one byte.
const (
	hasOperator = 1 << iota
	hasConfig
	hasPos
	hasAfterPrevious // it comes after the sibling before it, and only that
	hasExport
	hasRetry
	hasChildren
	hasAfter
	hasOnFailure
	hasCheck
	hasFailure
	hasJoin
	hasEach
	hasLimit
	hasWait
	hasProducts
	hasSkipTo // of earlier versions: its messages jump
	hasRedrive
	hasListener // what the node does with messages, and whether it runs again
	hasLimitUntil
	hasOnStop
	hasSkip // nothing more
	hasPast
	hasResources
	hasItemFailure // of a collection
	hasSlots
	hasTime // of Resources

	allFields = 1<<iota - 1
)

// Symbols below this number are special.
const (
	symbolEmpty = iota // the empty string
	symbolNew          // a string that follows and gets the next number
	symbolFirst
)

// AppendBinary appends the compact form of the definition that Decode reads.
func (w *Workflow) AppendBinary(dst []byte) []byte {
	e := newEncoder(dst)
	e.string(w.Name)
	e.string(w.Dialect)
	e.string(w.Zone)
	e.byte(byte(w.Scope))
	e.params(w.Schedule)
	e.params(w.SLA)
	e.bool(w.Root != nil)
	if w.Root != nil {
		e.node(w.Root, 0)
	}
	if set := partsOf(w); set != 0 { // a definition without any ends here, as all did once
		e.uint(set)
		if set&hasInputs != 0 {
			e.params(w.Inputs)
		}
		if set&hasTurn != 0 {
			e.turn(&w.Turn)
		}
		if set&hasSensor != 0 {
			e.params(w.Sensor)
		}
	}
	return e.dst
}

// Parts of a definition that few have.
const (
	hasInputs = 1 << iota
	hasTurn
	hasSensor

	allParts = 1<<iota - 1
)

// partsOf returns the set of those parts that a definition has.
func partsOf(w *Workflow) (set uint64) {
	if w.Inputs.Len() > 0 {
		set |= hasInputs
	}
	if !w.Turn.isZero() {
		set |= hasTurn
	}
	if w.Sensor.Len() > 0 {
		set |= hasSensor
	}
	return set
}

// AppendBinary appends the compact form of the tree that DecodeNode reads.
func (n *Node) AppendBinary(dst []byte) []byte {
	e := newEncoder(dst)
	e.node(n, 0)
	return e.dst
}

type encoder struct {
	dst     []byte
	symbols map[string]uint64
}

func newEncoder(dst []byte) *encoder {
	return &encoder{dst: append(dst, codecVersion), symbols: map[string]uint64{}}
}

func (e *encoder) byte(b byte) { e.dst = append(e.dst, b) }

func (e *encoder) bool(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) uint(u uint64) { e.dst = binary.AppendUvarint(e.dst, u) }

func (e *encoder) int(i int) { e.dst = binary.AppendVarint(e.dst, int64(i)) }

func (e *encoder) duration(d time.Duration) { e.dst = binary.AppendVarint(e.dst, int64(d)) }

func (e *encoder) string(s string) {
	e.uint(uint64(len(s)))
	e.dst = append(e.dst, s...)
}

func (e *encoder) symbol(s string) {
	if s == "" {
		e.uint(symbolEmpty)
		return
	}
	if number, known := e.symbols[s]; known {
		e.uint(number)
		return
	}
	e.symbols[s] = symbolFirst + uint64(len(e.symbols))
	e.uint(symbolNew)
	e.string(s)
}

func (e *encoder) params(m params.Map) { e.dst = params.AppendBinary(e.dst, m) }

// fields returns the set of fields of n that are not zero. The index is n's
// among its siblings.
func fields(n *Node, index int) uint64 {
	var set uint64
	add := func(field uint64, present bool) {
		if present {
			set |= field
		}
	}
	previous := len(n.After) == 1 && n.After[0] == Edge{From: index - 1}
	add(hasOperator, n.Operator != "")
	add(hasConfig, n.Config.Len() > 0)
	add(hasPos, n.Pos != Pos{})
	add(hasAfterPrevious, previous)
	add(hasExport, n.Export.Len() > 0)
	add(hasRetry, n.Retry != Retry{})
	add(hasChildren, len(n.Children) > 0)
	add(hasAfter, len(n.After) > 0 && !previous)
	add(hasOnFailure, len(n.OnFailure) > 0)
	add(hasCheck, n.Check != nil)
	add(hasFailure, n.Failure != Failure{})
	add(hasJoin, n.Join != Join{})
	add(hasEach, n.Each != nil)
	add(hasLimit, n.Limit != Limit{})
	add(hasLimitUntil, n.Limit.Until != "")
	add(hasOnStop, len(n.OnStop) > 0)
	add(hasSkip, n.Skip)
	add(hasWait, n.Wait != nil)
	add(hasPast, n.Past != nil)
	add(hasProducts, len(n.Products) > 0)
	add(hasResources, n.Resources != nil)
	add(hasSlots, len(n.Slots) > 0)
	add(hasTime, n.Resources != nil && n.Resources.Time != 0)
	add(hasItemFailure, n.Each != nil && n.Each.OnFailure != CancelItems)
	add(hasRedrive, n.Redrive != Rerun)
	add(hasListener, n.Again || n.Wait != nil && (n.Wait.Early != WhenReached || n.Wait.OnBadMessage != FailTask || n.Wait.Again != AgainNever))
	return set
}

func (e *encoder) node(n *Node, index int) {
	set := fields(n, index)
	e.uint(set)
	e.string(n.Name)
	if set&hasOperator != 0 {
		e.symbol(n.Operator)
	}
	if set&hasConfig != 0 {
		e.params(n.Config)
	}
	if set&hasPos != 0 {
		e.symbol(n.Pos.File)
		e.int(n.Pos.Line)
		e.int(n.Pos.Column)
	}
	if set&hasExport != 0 {
		e.params(n.Export)
	}
	if set&hasRetry != 0 {
		e.retry(n.Retry)
	}
	if set&hasChildren != 0 {
		e.nodes(n.Children)
	}
	if set >= hasAfter { // the rest is rare
		e.rare(n, set)
	}
}

func (e *encoder) nodes(list []*Node) {
	e.uint(uint64(len(list)))
	for i, n := range list {
		e.node(n, i)
	}
}

func (e *encoder) retry(r Retry) {
	e.int(r.Limit)
	e.duration(r.Interval)
	e.bool(r.Exponential)
	e.duration(r.Max)
}

func (e *encoder) rare(n *Node, set uint64) {
	if set&hasAfter != 0 {
		e.after(n.After)
	}
	if set&hasOnFailure != 0 {
		e.nodes(n.OnFailure)
	}
	if set&hasCheck != 0 {
		e.node(n.Check, 0)
	}
	if set&hasFailure != 0 {
		e.byte(byte(n.Failure.Scope))
		e.byte(byte(n.Failure.Effect))
	}
	if set&hasJoin != 0 {
		e.bool(n.Join.Any)
		e.bool(n.Join.FirstDone)
		e.bool(n.Join.LeaveLosers)
	}
	if set&hasEach != 0 {
		e.each(n.Each)
	}
	if set&hasLimit != 0 {
		e.limit(n.Limit)
	}
	if set&hasWait != 0 {
		e.wait(n.Wait)
	}
	if set&hasProducts != 0 {
		e.uint(uint64(len(n.Products)))
		for _, p := range n.Products {
			e.symbol(p.Type)
			e.params(p.Config)
		}
	}
	if set&hasRedrive != 0 {
		e.byte(byte(n.Redrive))
	}
	if set&hasListener != 0 {
		e.listener(n)
	}
	if set&hasLimitUntil != 0 {
		e.symbol(n.Limit.Until)
	}
	if set&hasOnStop != 0 {
		e.nodes(n.OnStop)
	}
	if set&hasPast != 0 {
		e.wait(n.Past)
		e.messages(n.Past)
	}
	if set&hasResources != 0 {
		e.resources(n.Resources)
	}
	if set&hasItemFailure != 0 {
		e.byte(byte(n.Each.OnFailure))
	}
	if set&hasSlots != 0 {
		e.slots(n.Slots)
	}
	if set&hasTime != 0 {
		e.uint(uint64(n.Resources.Time))
	}
}

func (e *encoder) listener(n *Node) {
	e.bool(n.Again)
	w := n.Wait
	if w == nil {
		w = &Wait{}
	}
	e.messages(w)
}

// messages writes what becomes of messages.
func (e *encoder) messages(w *Wait) {
	e.byte(byte(w.Early))
	e.byte(byte(w.OnBadMessage))
	e.byte(byte(w.Again))
}

func (e *encoder) after(list []Edge) {
	e.uint(uint64(len(list)))
	for _, edge := range list {
		e.int(edge.From)
		e.byte(byte(edge.On))
		e.symbol(edge.Output)
	}
}

func (e *encoder) each(each *Each) {
	e.symbol(each.Source)
	e.params(each.Config)
	e.symbol(each.Key)
	e.int(each.Window)
}

func (e *encoder) limit(l Limit) {
	e.duration(l.After)
	e.byte(byte(l.Then))
	e.bool(l.Hook != nil)
	if l.Hook != nil {
		e.node(l.Hook, 0)
	}
}

func (e *encoder) wait(w *Wait) {
	e.symbol(w.Until)
	e.duration(w.For)
	e.uint(uint64(len(w.Signals)))
	for _, s := range w.Signals {
		e.symbol(s.Topic)
		e.symbol(s.Param)
		e.bool(s.One)
	}
}
