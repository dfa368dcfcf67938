package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

var topKeys = []string{
	"tasks", "meta", "config", "executor", "clients", "serializer", "unserializer",
	"on_render", "on_finish", "on_failure", "timezone", "schedule",
}

// file loads a pipeline.yaml.
func (l *loader) file(path string) {
	p := l.pipeline
	p.File = path
	dir := filepath.Dir(path)
	l.settle(dir, dir)
	doc := l.document(path)
	if doc == nil {
		return
	}
	root, err := l.files.root(dir, filepath.Base(path))
	if err != nil {
		l.take(doc, err)
		return
	}
	l.settle(dir, root)
	if nested := l.files.nested(root, filepath.Base(path)); nested != nil {
		l.warn(nested)
	}
	l.loadEnv(path)
	if doc = l.expand(doc); doc.Kind() == document.List {
		l.spec(doc, nil, doc)
		return
	}
	if doc.Kind() != document.Mapping {
		l.fail(doc.Errorf("a pipeline must be a mapping or a list of tasks, not %s", doc.What()))
		return
	}
	if location, rest := without(doc.Entries(), "location"); location != nil {
		l.location(*location, rest)
		return
	}
	l.fileSpec(doc)
}

func (l *loader) fileSpec(doc *document.Node) {
	tasks, rest := without(doc.Entries(), "tasks")
	switch {
	case tasks == nil:
		if !meantTasks(rest) {
			l.fail(doc.Errorf("there is no %q", "tasks").Hint("a pipeline is a list of tasks, or a mapping with one"))
		}
	case tasks.Value.Kind() != document.List:
		l.fail(tasks.Errorf("tasks must be a list, not %s", tasks.Value.What()))
	default:
		l.spec(doc, rest, tasks.Value)
		return
	}
	l.top(rest)
}

// meantTasks reports whether one of the keys was meant to be tasks: its own fault says so.
func meantTasks(entries []document.Entry) bool {
	return slices.ContainsFunc(entries, func(e document.Entry) bool { return len(document.Suggest(e.Key, []string{"tasks"})) > 0 })
}

// location loads a pipeline that a factory makes.
func (l *loader) location(e document.Entry, others []document.Entry) {
	for _, other := range others {
		l.fail(other.Errorf("a pipeline with %q can't have other keys: %q", "location", other.Key))
	}
	if call := l.call(e.Value, "location"); call != nil && len(others) == 0 {
		l.factory(e.Value, *call)
	}
}

// sources loads a pipeline that is made of notebooks alone.
func (l *loader) sources(e entry) {
	l.settle(e.path, e.path)
	l.env = l.newEnv("", "")
	tasks := make([]params.Value, len(e.sources))
	for i, source := range e.sources {
		tasks[i] = params.Of("source", source)
	}
	extract := document.Of(params.Of("meta", params.Of("extract_upstream", true, "extract_product", true)))
	l.spec(extract, extract.Entries(), document.Of(tasks))
}

// spec loads the tasks, and all else that belongs to them.
func (l *loader) spec(doc *document.Node, others []document.Entry, tasks *document.Node) {
	l.settings = others
	l.top(others)
	l.pipeline.sourceFolders = l.meta.sourceFolders
	defer l.ahead(tasks.Items())()
	for _, n := range tasks.Items() {
		l.draft(n, l.pipeline.Root)
	}
	if from := l.meta.importFrom; from != nil {
		l.importTasks(from)
	}
	if len(l.drafts) == 0 && len(l.errs) == 0 && len(tasks.Items()) == 0 {
		l.warn(doc.Errorf("there are no tasks"))
	}
	if l.pipeline.File != "" {
		l.warnUnused()
	}
	l.connect()
	l.checkProducts()
	l.code()
	if l.pipeline.Config.TrackImports {
		l.trackImports()
	}
}

// top reads what stands beside the tasks.
func (l *loader) top(entries []document.Entry) {
	p := l.pipeline
	scheduled := false
	p.Config.OutdatedByCode, p.Config.JupyterHotReload = true, true
	l.meta = defaultMeta()
	for _, e := range entries {
		switch e.Key {
		case "meta":
			l.readMeta(e.Value)
		case "config":
			l.config(e.Value)
		case "executor":
			p.Executor = l.executor(e.Value)
		case "clients":
			p.Clients = l.clients(e.Value)
		case "serializer":
			p.Serializer = l.optionalCall(e)
		case "unserializer":
			p.Unserializer = l.optionalCall(e)
		case "on_render":
			p.OnRender = l.optionalCall(e)
		case "on_finish":
			p.OnFinish = l.optionalCall(e)
		case "on_failure":
			p.OnFailure = l.optionalCall(e)
		case "timezone", "schedule":
			scheduled = true
		default:
			l.fail(e.Errorf("unknown key %q", e.Key).Hint("%s", topHint(e.Key)))
		}
	}
	if scheduled {
		l.calendar()
	}
}

func topHint(key string) string {
	switch {
	case key == "env":
		return "values for placeholders are in a file of their own, env.yaml"
	case key == "params":
		return "each task has its own params"
	}
	return nearest(key, topKeys)
}

// nearest offers the names that a key may have been meant to be, or all.
func nearest(key string, names []string) string {
	if found := document.DidYouMean(key, names); found != "" {
		return found
	}
	return "valid are " + strings.Join(names, ", ")
}

// importTasks adds the tasks of a file, or of each of a list of files.
func (l *loader) importTasks(from *document.Node) {
	if from.Kind() == document.List {
		for _, one := range from.Items() {
			l.importTasks(one)
		}
		return
	}
	name, ok := from.Text()
	if !ok {
		l.fail(from.Errorf("import_tasks_from must be the path of a file, or a list of them, not %s", from.What()))
		return
	}
	path := join(l.pipeline.Dir, name)
	if !l.files.isFile(path) {
		l.fail(from.Errorf("there is no file %q", path).Hint("%s", l.similar(path)))
		return
	}
	doc := l.document(path)
	if doc == nil {
		return
	}
	if doc = l.expand(doc); doc.Kind() != document.List || len(doc.Items()) == 0 {
		l.fail(doc.Errorf("a file of tasks must be a list of them, not %s", doc.What()))
		return
	}
	for _, n := range doc.Items() {
		l.draft(n, l.files.resolve(filepath.Dir(path)))
	}
}
