package workflow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

var errCodec = errors.New("definition is damaged")

// Decode reads what Workflow.AppendBinary wrote. Any input is safe; what is not
// a definition is an error. The result equals what was written, except that
// Finish has not been called. It keeps a copy of b alive.
func Decode(b []byte) (*Workflow, error) {
	d := newDecoder(b)
	w := &Workflow{
		Name:     d.string(),
		Dialect:  d.string(),
		Zone:     d.string(),
		Scope:    Scope(d.enum(byte(Shared))),
		Schedule: d.params(),
		SLA:      d.params(),
	}
	if d.bool() {
		w.Root = d.node(0, 0)
	}
	if d.err == nil && d.pos < len(d.raw) {
		d.parts(w)
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return w, nil
}

// parts reads what few definitions have.
func (d *decoder) parts(w *Workflow) {
	set := d.uint()
	if set == 0 || set > allParts {
		d.fail(errCodec)
		return
	}
	if set&hasInputs != 0 {
		if w.Inputs = d.params(); w.Inputs.Len() == 0 {
			d.fail(errCodec)
		}
	}
	if set&hasTurn != 0 {
		w.Turn = d.turn()
	}
	if set&hasSensor != 0 {
		if w.Sensor = d.params(); w.Sensor.Len() == 0 {
			d.fail(errCodec)
		}
	}
}

// DecodeNode reads what Node.AppendBinary wrote, with the promises of Decode.
func DecodeNode(b []byte) (*Node, error) {
	d := newDecoder(b)
	n := d.node(0, 0)
	if err := d.end(); err != nil {
		return nil, err
	}
	return n, nil
}

// decoder reads fields. After the first error all of them are zero.
type decoder struct {
	raw     []byte
	pos     int             // in raw, of what comes next
	values  *params.Decoder // of parameters and other strings
	symbols []string
	slab    []Node // not yet used
	edges   []Edge // not yet used
	err     error
}

func newDecoder(b []byte) *decoder {
	d := &decoder{raw: b, values: params.NewDecoder(b)}
	if version := d.byte(); d.err == nil && version != codecVersion {
		d.fail(fmt.Errorf("definition has the unknown version %d", version))
	}
	return d
}

// fail ends the reading: nothing is left, so that no loop goes on for long.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.pos = len(d.raw)
}

func (d *decoder) end() error {
	if d.err == nil && d.pos < len(d.raw) {
		return errCodec
	}
	return d.err
}

func (d *decoder) byte() byte {
	if d.pos == len(d.raw) {
		d.fail(errCodec)
		return 0
	}
	b := d.raw[d.pos]
	d.pos++
	return b
}

// enum reads one of the values from 0 to last.
func (d *decoder) enum(last byte) byte {
	b := d.byte()
	if b > last {
		d.fail(errCodec)
		return 0
	}
	return b
}

func (d *decoder) bool() bool { return d.enum(1) == 1 }

func (d *decoder) uint() uint64 {
	u, n := binary.Uvarint(d.raw[d.pos:])
	if n <= 0 {
		d.fail(errCodec)
		return 0
	}
	d.pos += n
	return u
}

func (d *decoder) int64() int64 {
	u := d.uint()
	return int64(u>>1) ^ -int64(u&1) // as binary.Varint
}

func (d *decoder) int() int { return int(d.int64()) }

func (d *decoder) duration() time.Duration { return time.Duration(d.int64()) }

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	count := d.uint()
	if count > uint64((len(d.raw)-d.pos)/size) {
		d.fail(errCodec)
		return 0
	}
	return int(count)
}

func (d *decoder) string() string {
	n := d.count(1)
	start := d.pos
	d.pos += n
	return d.values.Text(start, d.pos)
}

func (d *decoder) symbol() string {
	number := d.uint()
	switch {
	case number == symbolEmpty:
		return ""
	case number == symbolNew:
		s := d.string()
		d.symbols = append(d.symbols, s)
		return s
	case number-symbolFirst >= uint64(len(d.symbols)):
		d.fail(errCodec)
		return ""
	}
	return d.symbols[number-symbolFirst]
}

func (d *decoder) params() params.Map {
	if d.err != nil {
		return params.Map{}
	}
	v, end, err := d.values.Value(d.pos)
	m, ok := v.(params.Map)
	if err != nil || !ok {
		d.fail(errors.Join(errCodec, err))
		return params.Map{}
	}
	d.pos = end
	return m
}

func (d *decoder) newNode() *Node {
	if len(d.slab) == 0 {
		d.slab = make([]Node, 64)
	}
	n := &d.slab[0]
	d.slab = d.slab[1:]
	return n
}

// newEdges returns a list of count edges.
func (d *decoder) newEdges(count int) []Edge {
	if len(d.edges) < count {
		d.edges = make([]Edge, max(count, 64))
	}
	list := d.edges[:count:count]
	d.edges = d.edges[count:]
	return list
}

// afterPrevious returns the edge to the sibling before the one at index.
func (d *decoder) afterPrevious(index int) []Edge {
	list := d.newEdges(1)
	list[0].From = index - 1
	return list
}

func (d *decoder) node(index, depth int) *Node {
	if depth > MaxDepth {
		d.fail(fmt.Errorf("definition nests tasks more than %d deep", MaxDepth))
		return nil
	}
	n := d.newNode()
	set := d.uint()
	if set > allFields {
		d.fail(errCodec)
		return nil
	}
	n.Name = d.string()
	if set&hasOperator != 0 {
		n.Operator = d.symbol()
	}
	if set&hasConfig != 0 {
		n.Config = d.params()
	}
	if set&hasPos != 0 {
		n.Pos = Pos{File: d.symbol(), Line: d.int(), Column: d.int()}
	}
	if set&hasAfterPrevious != 0 {
		n.After = d.afterPrevious(index)
	}
	if set&hasExport != 0 {
		n.Export = d.params()
	}
	if set&hasRetry != 0 {
		n.Retry = Retry{Limit: d.int(), Interval: d.duration(), Exponential: d.bool(), Max: d.duration()}
	}
	if set&hasChildren != 0 {
		n.Children = d.nodes(depth)
	}
	if set >= hasAfter {
		d.rare(n, set, depth)
	}
	return n
}

// nodes reads nodes one level below depth.
func (d *decoder) nodes(depth int) []*Node {
	list := make([]*Node, d.count(2))
	for i := range list {
		if list[i] = d.node(i, depth+1); d.err != nil {
			return nil
		}
	}
	return list
}

func (d *decoder) rare(n *Node, set uint64, depth int) {
	if set&hasAfter != 0 {
		n.After = d.after()
	}
	if set&hasOnFailure != 0 {
		n.OnFailure = d.nodes(depth)
	}
	if set&hasCheck != 0 {
		n.Check = d.node(0, depth+1)
	}
	if set&hasFailure != 0 {
		n.Failure = Failure{
			Scope:  FailureScope(d.enum(byte(WholeGroup))),
			Effect: FailureEffect(d.enum(byte(Isolate))),
		}
	}
	if set&hasJoin != 0 {
		n.Join = Join{Any: d.bool(), FirstDone: d.bool(), LeaveLosers: d.bool()}
	}
	if set&hasEach != 0 {
		n.Each = &Each{Source: d.symbol(), Config: d.params(), Key: d.symbol(), Window: d.int()}
	}
	if set&hasLimit != 0 {
		n.Limit = Limit{After: d.duration(), Then: LimitEffect(d.enum(byte(LimitNotifies)))}
		if d.bool() {
			n.Limit.Hook = d.node(0, depth+1)
		}
	}
	if set&hasWait != 0 {
		n.Wait = d.wait()
	}
	if set&hasProducts != 0 {
		n.Products = make([]Product, d.count(2))
		for i := range n.Products {
			n.Products[i] = Product{Type: d.symbol(), Config: d.params()}
		}
	}
	if set&hasSkipTo != 0 && n.Wait != nil && len(n.Wait.Signals) > 0 {
		n.Wait.Early = JumpEarly
	}
	if set&hasRedrive != 0 {
		n.Redrive = Redrive(d.enum(byte(HoldLost)))
	}
	if set&hasListener != 0 {
		d.listener(n)
	}
	if set&hasLimitUntil != 0 {
		n.Limit.Until = d.symbol()
	}
	if set&hasOnStop != 0 {
		n.OnStop = d.nodes(depth)
	}
	if set&hasPast != 0 {
		n.Past = d.wait()
		d.messages(n.Past)
	}
	if set&hasResources != 0 {
		n.Resources = d.resources()
	}
	if set&hasItemFailure != 0 {
		if n.Each == nil {
			d.fail(errCodec)
			return
		}
		n.Each.OnFailure = ItemFailure(d.enum(byte(CancelAll)))
	}
	if set&hasSlots != 0 {
		n.Slots = d.slots()
	}
	if set&hasTime != 0 {
		if at := time.Duration(d.uint()); n.Resources != nil {
			n.Resources.Time = at
		}
	}
	n.Skip = set&hasSkip != 0
}

// listener reads what a node does with messages. What is there for a node that
// does not wait is damage.
func (d *decoder) listener(n *Node) {
	n.Again = d.bool()
	w := n.Wait
	if w == nil {
		w = &Wait{}
	}
	d.messages(w)
	if n.Wait == nil && (w.Early != WhenReached || w.OnBadMessage != FailTask || w.Again != AgainNever) {
		d.fail(errCodec)
	}
}

// messages reads what becomes of messages.
func (d *decoder) messages(w *Wait) {
	w.Early = Early(d.enum(byte(DropEarly)))
	w.OnBadMessage = BadMessage(d.enum(byte(BuryMessage)))
	w.Again = Again(d.enum(byte(AgainDownstream)))
}

func (d *decoder) after() []Edge {
	list := d.newEdges(d.count(3))
	for i := range list {
		list[i] = Edge{From: d.int(), On: On(d.enum(byte(OnOutput))), Output: d.symbol()}
	}
	return list
}

func (d *decoder) wait() *Wait {
	w := &Wait{Until: d.symbol(), For: d.duration()}
	if count := d.count(3); count > 0 {
		w.Signals = make([]Signal, count)
	}
	for i := range w.Signals {
		w.Signals[i] = Signal{Topic: d.symbol(), Param: d.symbol(), One: d.bool()}
	}
	return w
}
