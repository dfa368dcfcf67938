package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The tests write workflows and commands in a compact notation, of words,
// brackets, and JSON objects and lists. A task with brackets is a group, one
// without is an action:
//
//	+main retry 2/10s (
//	  +a export {"x": 1}
//	  +b after +a done  limit 10s skip  on-failure (+tell)
//	)

// words reads a text in the notation one word at a time.
type words struct {
	tb   testing.TB
	text string
}

func (w *words) failf(format string, args ...any) {
	w.tb.Helper()
	w.tb.Fatalf(format+", before %q", append(args, w.text)...)
}

// more reports whether there is another word.
func (w *words) more() bool {
	for {
		w.text = strings.TrimLeft(w.text, " \n")
		if !strings.HasPrefix(w.text, "#") {
			return w.text != ""
		}
		_, w.text, _ = strings.Cut(w.text, "\n")
	}
}

// peek returns the next word and leaves it.
func (w *words) peek() string {
	if !w.more() {
		return ""
	}
	switch w.text[0] {
	case '(', ')':
		return w.text[:1]
	case '{', '[', '"':
		return w.text[:w.jsonEnd()]
	}
	if i := strings.IndexAny(w.text, " \n()"); i >= 0 {
		return w.text[:i]
	}
	return w.text
}

// jsonEnd returns the length of the JSON value that the text starts with.
func (w *words) jsonEnd() int {
	depth, quoted := 0, false
	for i := 0; i < len(w.text); i++ {
		switch c := w.text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth == 0 && !quoted {
			return i + 1
		}
	}
	w.failf("unfinished JSON")
	return 0
}

func (w *words) next() string {
	word := w.peek()
	if word == "" {
		w.failf("more words expected")
	}
	w.text = w.text[len(word):]
	return word
}

// accept takes the next word if it is the given one.
func (w *words) accept(word string) bool {
	if w.peek() != word {
		return false
	}
	w.next()
	return true
}

func (w *words) expect(word string) {
	if got := w.next(); got != word {
		w.failf("got %q, want %q", got, word)
	}
}

func (w *words) value() params.Value {
	v, err := params.ParseJSON([]byte(w.next()))
	if err != nil {
		w.failf("%v", err)
	}
	return v
}

func (w *words) object() params.Map {
	m, ok := w.value().(params.Map)
	if !ok {
		w.failf("a JSON object expected")
	}
	return m
}

func (w *words) duration() time.Duration {
	d, err := time.ParseDuration(w.next())
	if err != nil {
		w.failf("%v", err)
	}
	return d
}

// parseWorkflow reads a definition: options, then the tree.
func parseWorkflow(tb testing.TB, text string) (*workflow.Workflow, params.Map) {
	w := &words{tb: tb, text: text}
	def := &workflow.Workflow{Name: "w"}
	var p params.Map
	if w.accept("shared") {
		def.Scope = workflow.Shared
	}
	if w.accept("params") {
		p = w.object()
	}
	def.Root = w.node(nil)
	if w.more() {
		w.failf("more than one tree")
	}
	if err := def.Finish(); err != nil {
		tb.Fatal(err)
	}
	return def, p
}

// node reads a task that follows the given siblings.
func (w *words) node(siblings []*workflow.Node) *workflow.Node {
	n := &workflow.Node{Name: w.next()}
	if !strings.HasPrefix(n.Name, "+") && !strings.HasPrefix(n.Name, "^") {
		w.failf("got %q, want the name of a task", n.Name)
	}
	for w.accept("after") {
		n.After = append(n.After, w.edge(siblings))
	}
	for {
		read, ok := properties[w.peek()]
		if !ok {
			break
		}
		w.next()
		read(w, n)
	}
	if w.peek() == "(" {
		n.Children = w.nodes()
	} else {
		n.Operator = "do"
	}
	return n
}

// nodes reads tasks in brackets.
func (w *words) nodes() []*workflow.Node {
	var nodes []*workflow.Node
	w.expect("(")
	for !w.accept(")") {
		nodes = append(nodes, w.node(nodes))
	}
	return nodes
}

// one reads a single task in brackets.
func (w *words) one() *workflow.Node {
	nodes := w.nodes()
	if len(nodes) != 1 {
		w.failf("want one task, got %d", len(nodes))
	}
	return nodes[0]
}

// tree reads a single task in brackets that is not part of a definition.
func (w *words) tree() *workflow.Node {
	n := w.one()
	if err := n.Finish(); err != nil {
		w.failf("%v", err)
	}
	return n
}

func (w *words) edge(siblings []*workflow.Node) workflow.Edge {
	name := w.next()
	e := workflow.Edge{From: -1}
	for i, s := range siblings {
		if s.Name == name {
			e.From = i
		}
	}
	switch {
	case w.accept("done"):
		e.On = workflow.OnDone
	case w.accept("output"):
		e.On, e.Output = workflow.OnOutput, w.next()
	}
	return e
}

// properties reads what may follow the name and the edges of a task.
var properties map[string]func(*words, *workflow.Node)

func init() {
	properties = map[string]func(*words, *workflow.Node){
		"export":     func(w *words, n *workflow.Node) { n.Export = w.object() },
		"any":        func(w *words, n *workflow.Node) { n.Join.Any = true },
		"first-done": func(w *words, n *workflow.Node) { n.Join.FirstDone = true },
		"leave":      func(w *words, n *workflow.Node) { n.Join.LeaveLosers = true },
		"each":       func(w *words, n *workflow.Node) { n.Each = &workflow.Each{Source: "list", Key: w.next()} },
		"window": func(w *words, n *workflow.Node) {
			size, _ := params.ToInt(w.next())
			n.Each.Window = int(size)
		},
		"failure":    (*words).failure,
		"retry":      func(w *words, n *workflow.Node) { n.Retry = w.retry() },
		"limit":      (*words).limit,
		"wait":       (*words).wait,
		"check":      func(w *words, n *workflow.Node) { n.Check = w.one() },
		"on-failure": func(w *words, n *workflow.Node) { n.OnFailure = w.nodes() },
		"on-stop":    func(w *words, n *workflow.Node) { n.OnStop = w.nodes() },
		"runs-again": func(w *words, n *workflow.Node) { n.Again = true },
		"early":      (*words).early,
		"buries":     func(w *words, n *workflow.Node) { n.Wait.OnBadMessage = workflow.BuryMessage },
		"late":       (*words).late,
		"lost-fails": func(w *words, n *workflow.Node) { n.Redrive = workflow.FailLost },
		"lost-held":  func(w *words, n *workflow.Node) { n.Redrive = workflow.HoldLost },

		"passed-over": func(w *words, n *workflow.Node) { n.Skip = true },
	}
}

// failure reads "failure [group] [cancel|isolate]".
func (w *words) failure(n *workflow.Node) {
	if w.accept("group") {
		n.Failure.Scope = workflow.WholeGroup
	}
	switch {
	case w.accept("cancel"):
		n.Failure.Effect = workflow.CancelOthers
	case w.accept("isolate"):
		n.Failure.Effect = workflow.Isolate
	}
}

// retry reads "LIMIT/INTERVAL", or "LIMIT/INTERVAL/MAX" for doubled waits.
func (w *words) retry() workflow.Retry {
	parts := strings.Split(w.next(), "/")
	limit, ok := params.ToInt(parts[0])
	if !ok || len(parts) > 3 {
		w.failf("want a retry as 2/10s or 2/10s/1m")
	}
	r := workflow.Retry{Limit: int(limit)}
	for i, to := range []*time.Duration{&r.Interval, &r.Max}[:len(parts)-1] {
		d, err := time.ParseDuration(parts[i+1])
		if err != nil {
			w.failf("%v", err)
		}
		*to = d
	}
	r.Exponential = r.Max > 0
	return r
}

// early reads "early keep|jump|drop".
func (w *words) early(n *workflow.Node) {
	n.Wait.Early = map[string]workflow.Early{
		"keep": workflow.KeepEarly, "jump": workflow.JumpEarly, "drop": workflow.DropEarly,
	}[w.next()]
}

// late reads "late handler|downstream".
func (w *words) late(n *workflow.Node) {
	n.Wait.Again = map[string]workflow.Again{
		"handler": workflow.AgainHandler, "downstream": workflow.AgainDownstream,
	}[w.next()]
}

// limit reads "limit DURATION|until PARAM fail|skip|notify [hook (TASK)]".
func (w *words) limit(n *workflow.Node) {
	effects := map[string]workflow.LimitEffect{
		"fail": workflow.LimitFails, "skip": workflow.LimitSkips, "notify": workflow.LimitNotifies,
	}
	if w.accept("until") {
		n.Limit.Until = w.next()
	} else {
		n.Limit.After = w.duration()
	}
	effect, ok := effects[w.next()]
	if !ok {
		w.failf("want fail, skip or notify")
	}
	n.Limit.Then = effect
	if w.accept("hook") {
		n.Limit.Hook = w.one()
	}
}

// wait reads "wait for DURATION", "wait until PARAM" and "wait signal TOPIC
// PARAM [one]".
func (w *words) wait(n *workflow.Node) {
	if n.Wait == nil {
		n.Wait = &workflow.Wait{}
	}
	switch word := w.next(); word {
	case "for":
		n.Wait.For = w.duration()
	case "until":
		n.Wait.Until = w.next()
	case "signal":
		s := workflow.Signal{Topic: w.next(), Param: w.next()}
		s.One = w.accept("one")
		n.Wait.Signals = append(n.Wait.Signals, s)
	default:
		w.failf("got %q, want for, until or signal", word)
	}
}

// epoch is when every test begins.
const epoch model.Instant = 1_000_000_000_000
