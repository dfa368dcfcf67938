package pipeline

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// draft is what a file says of a task, or of all tasks of a grid.
type draft struct {
	at    *document.Node // the whole
	base  string         // the folder of relative sources
	class class
	name  string // what the tasks are called if nothing else is written
	tasks []*Task

	source, product, className, productClass, named, params, grid *document.Node
	client, productClient, serializer, unserializer               *document.Entry
	onRender, onFinish, onFailure, upstream                       *document.Entry
	extras                                                        []document.Entry

	given    *given // what no file can say; nil where that counts for nothing
	faulty   bool   // what is wrong with it would only be told again
	code     code   // of the source, with what all tasks of a grid have in common
	declared []wanted
}

// commonKeys are those that a task of any class may have.
var commonKeys = []string{
	"source", "product", "name", "class", "product_class", "upstream", "params", "grid",
	"client", "product_client", "on_render", "on_finish", "on_failure",
}

// draft reads one item of the list of tasks and adds what it defines.
func (l *loader) draft(n *document.Node, base string) {
	if l.errs.Full() || l.ctx.Err() != nil {
		return
	}
	l.files.reader = len(l.drafts)
	defer func() { l.files.reader = whole }()
	d := &draft{at: n, base: base}
	if _, ok := n.Text(); ok {
		d.source = n
	} else if n.Kind() != document.Mapping {
		l.fail(n.Errorf("a task must be a mapping or a source, not %s", n.What()))
		return
	}
	entries := n.Entries()
	if l.described {
		entries = d.takeGiven(entries)
	}
	d.sort(entries)
	source, ok := l.checkRequired(d)
	if !ok || !l.classify(d, source) {
		l.lose(d, source)
		return
	}
	l.fill(d)
}

// sort puts the keys of a task where they belong.
func (d *draft) sort(entries []document.Entry) {
	for i := range entries {
		e := &entries[i]
		switch e.Key {
		case "source":
			d.source = e.Value
		case "product":
			d.product = e.Value
		case "name":
			d.named = e.Value
		case "class":
			d.className = e.Value
		case "product_class":
			d.productClass = e.Value
		case "upstream":
			d.upstream = e
		case "params":
			d.params = e.Value
		case "grid":
			d.grid = e.Value
		case "client":
			d.client = e
		case "product_client":
			d.productClient = e
		case "serializer":
			d.serializer = e
		case "unserializer":
			d.unserializer = e
		case "on_render":
			d.onRender = e
		case "on_finish":
			d.onFinish = e
		case "on_failure":
			d.onFailure = e
		default:
			d.extras = append(d.extras, *e)
		}
	}
}

// checkRequired checks which keys there are, and returns the source.
func (l *loader) checkRequired(d *draft) (source string, ok bool) {
	before := len(l.errs)
	extracts := l.meta.extractProduct && !l.described
	switch {
	case d.source == nil:
		l.fail(d.at.Errorf("the task has no source").Hint("%s", misspelt(d, "source")))
	case extracts && d.product != nil && !d.product.IsNull():
		l.fail(d.product.Errorf("the task can't have a product: its source declares it").
			Hint("that is what extract_product in meta asks for"))
	case !extracts && (d.product == nil || d.product.IsNull()):
		l.fail(d.at.Errorf("the task has no product").Hint("%s", productHint(d)))
	}
	if d.upstream != nil && !empty(d.upstream.Value) && l.meta.extractUpstream && !l.described {
		l.fail(d.upstream.Errorf("the task can't have an upstream: its source declares it").
			Hint("set extract_upstream in meta to false to write it here"))
	}
	if d.source != nil {
		source, ok = d.source.Text()
		if !ok || source == "" {
			l.fail(d.source.Errorf("a source must be a text, not %s", d.source.What()))
		}
	}
	return source, len(l.errs) == before && !l.errs.Full()
}

func empty(n *document.Node) bool {
	text, isText := n.Text()
	return n.IsNull() || isText && text == "" || !isText && n.Kind() == document.List && len(n.Items()) == 0
}

// misspelt asks whether a key was meant to be another one.
func misspelt(d *draft, key string) string {
	for _, e := range d.extras {
		if len(document.Suggest(e.Key, []string{key})) > 0 {
			return "did you mean it by " + e.Key + "?"
		}
	}
	return ""
}

func productHint(d *draft) string {
	if hint := misspelt(d, "product"); hint != "" {
		return hint
	}
	source, _ := d.source.Text()
	if suffixes[pythonSuffix(source)] == NotebookRunner {
		return "add one, such as product: {nb: products/report.ipynb, data: products/data.csv}"
	}
	return "add one, such as product: products/data.csv"
}

// classify finds the class of a task and reads its source.
func (l *loader) classify(d *draft, source string) bool {
	var name Class
	if d.className != nil && !d.className.IsNull() {
		text, ok := l.text(d.className, "class")
		if ok {
			name = Class(l.className(text, taskClassNames(), "task", d.className.Errorf))
		}
	} else {
		name = l.infer(d, source)
	}
	if name == "" {
		return false
	}
	d.class = classOf(name)
	l.unknownKeys(d, name)
	return l.readSource(d, name, source)
}

// unknownKeys refuses keys that the class has not.
func (l *loader) unknownKeys(d *draft, name Class) {
	valid := slices.Concat(commonKeys, d.class.options)
	refuse := func(e document.Entry) {
		l.fail(e.Errorf("unknown key %q in a task of the class %s", e.Key, name).Hint("%s", extraHint(e.Key, valid)))
	}
	for _, e := range d.extras {
		if !slices.Contains(d.class.options, e.Key) {
			refuse(e)
		}
	}
	for _, e := range []*document.Entry{d.serializer, d.unserializer} {
		if e != nil && name != PythonCallable {
			refuse(*e)
		}
	}
	if e := d.client; e != nil && !e.Value.IsNull() && !d.class.client {
		l.fail(e.Errorf("a task of the class %s has no client", name).Hint("%s", clientHint(name)))
	}
}

func clientHint(name Class) string {
	if name == NotebookRunner || name == ScriptRunner || name == PythonCallable {
		return `product_client is that of its products`
	}
	return ""
}

// extraHint tells which class has a key, or which key is nearest.
func extraHint(key string, valid []string) string {
	if found := document.DidYouMean(key, valid); found != "" {
		return found
	}
	var owners []string
	for _, name := range taskClasses {
		if c := classOf(name); slices.Contains(c.options, key) || key == "client" && c.client {
			owners = append(owners, string(name))
		}
	}
	if len(owners) > 0 {
		return "it is for tasks of the class " + strings.Join(owners, ", ")
	}
	return nearest(key, valid)
}

// fill makes the tasks of a draft.
func (l *loader) fill(d *draft) {
	before := len(l.errs)
	if d.upstream != nil && !empty(d.upstream.Value) {
		d.declared = l.ordered(d.upstream.Value)
	}
	l.complete(d)
	if d.grid != nil {
		l.expandGrid(d)
	} else {
		l.single(d)
	}
	d.faulty = len(l.errs) > before
	l.drafts = append(l.drafts, d)
	l.pipeline.Tasks = append(l.pipeline.Tasks, d.tasks...)
}

func itemsOrSelf(n *document.Node) []*document.Node {
	if n.Kind() == document.List {
		return n.Items()
	}
	return []*document.Node{n}
}

// single makes the task of a draft without a grid.
func (l *loader) single(d *draft) {
	t := &d.code.task
	switch {
	case d.named != nil && !d.named.IsNull():
		t.Name, _ = l.text(d.named, "name")
	case d.name == "":
		l.fail(d.at.Errorf("a task of the class %s needs a name", t.Class))
	default:
		t.Name = d.name
	}
	if d.params != nil {
		b := paramsBuilder{loader: l}
		for _, e := range l.mapping(d.params, "params") {
			b.add(e)
		}
		if d.given != nil {
			b.typed = append(b.typed, d.given.typed...)
		}
		b.finish(t)
	}
	l.products(d, t)
	d.tasks = []*Task{t}
	l.checkOptions(d, t)
}

// complete adds to the task of a draft what does not depend on a grid.
func (l *loader) complete(d *draft) {
	t := &d.code.task
	t.Pos = position(d.at)
	if d.given != nil {
		t.Prepare = d.given.prepare
	}
	t.Client, t.ProductClient = l.maybeCall(d.client), l.maybeCall(d.productClient)
	t.OnRender, t.OnFinish, t.OnFailure = l.maybeCall(d.onRender), l.maybeCall(d.onFinish), l.maybeCall(d.onFailure)
	if t.Class == PythonCallable {
		t.Serializer = l.callOr(d.serializer, l.pipeline.Serializer)
		t.Unserializer = l.callOr(d.unserializer, l.pipeline.Unserializer)
	}
}

// maybeCall reads a call that may be missing.
func (l *loader) maybeCall(e *document.Entry) *Call { return l.callOr(e, nil) }

// callOr is maybeCall with a default for what is not written. Null is written.
func (l *loader) callOr(e *document.Entry, otherwise *Call) *Call {
	if e == nil {
		return otherwise
	}
	return l.optionalCall(*e)
}
