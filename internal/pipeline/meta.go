package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

var metaKeys = []string{
	"extract_upstream", "extract_product", "product_relative_to_source", "jupyter_hot_reload",
	"jupyter_functions_as_notebooks", "import_tasks_from", "source_loader", "product_default_class",
}

var configKeys = []string{
	"outdated_by_code", "cache_rendered_status", "hot_reload", "logging_factory", "track_imports",
}

// meta says how tasks are read.
type meta struct {
	extractUpstream, extractProduct bool
	relativeToSource                bool // products are relative to the folder of the source
	importFrom                      *document.Node
	sourceFolders                   []string // where sources are looked up; nil without a loader
	productClass                    map[Class]string
}

func defaultMeta() meta {
	return meta{extractUpstream: true, productClass: map[Class]string{}}
}

func (l *loader) readMeta(n *document.Node) {
	m := &l.meta
	for _, e := range l.mapping(n, "meta") {
		switch e.Key {
		case "extract_upstream":
			m.extractUpstream = l.boolean(e, true)
		case "extract_product":
			m.extractProduct = l.boolean(e, false)
		case "product_relative_to_source":
			m.relativeToSource = l.boolean(e, false)
		case "jupyter_hot_reload":
			l.pipeline.Config.JupyterHotReload = l.boolean(e, true)
		case "jupyter_functions_as_notebooks":
			l.pipeline.Config.JupyterFunctionsAsNotebooks = l.boolean(e, false)
		case "import_tasks_from":
			if !e.Value.IsNull() {
				m.importFrom = e.Value
			}
		case "source_loader":
			m.sourceFolders = l.sourceLoader(e.Value)
		case "product_default_class":
			l.defaultClasses(e.Value)
		default:
			l.fail(e.Errorf("unknown key %q in meta", e.Key).Hint("%s", nearest(e.Key, metaKeys)))
		}
	}
}

func (l *loader) defaultClasses(n *document.Node) {
	for _, e := range l.mapping(n, "product_default_class") {
		task := l.className(e.Key, taskClassNames(), "task", e.Errorf)
		product := l.productClassName(e.Value)
		if task != "" && product != "" {
			l.meta.productClass[Class(task)] = product
		}
	}
}

// sourceLoader returns the folders in which sources are looked up.
func (l *loader) sourceLoader(n *document.Node) []string {
	var paths []string
	base := l.pipeline.Dir
	for _, e := range l.mapping(n, "source_loader") {
		switch e.Key {
		case "path":
			paths = l.texts(e.Value, "path")
		case "module":
			module, ok := l.text(e.Value, "module")
			if !ok {
				continue
			}
			found := l.modules.find(module)
			if found == "" {
				l.fail(e.Value.Errorf("there is no module %q", module))
				continue
			}
			base = filepath.Dir(found)
		default:
			l.fail(e.Errorf("unknown key %q in source_loader", e.Key).Hint("%s", nearest(e.Key, []string{"path", "module"})))
		}
	}
	if n.IsNull() {
		return nil
	}
	folders := []string{}
	for _, path := range paths {
		folders = append(folders, join(base, path))
	}
	if len(folders) == 0 {
		folders = append(folders, base)
	}
	return folders
}

func (l *loader) config(n *document.Node) {
	c := &l.pipeline.Config
	for _, e := range l.mapping(n, "config") {
		switch e.Key {
		case "outdated_by_code":
			c.OutdatedByCode = l.boolean(e, true)
		case "cache_rendered_status":
			c.CacheRenderedStatus = l.boolean(e, false)
		case "hot_reload":
			c.HotReload = l.boolean(e, false)
		case "track_imports":
			c.TrackImports = l.boolean(e, false)
		case "logging_factory":
			c.LoggingFactory = l.optionalCall(e)
		case "differ":
			l.warn(e.Errorf("%q has no effect", e.Key))
		default:
			l.fail(e.Errorf("unknown key %q in config", e.Key).Hint("%s", nearest(e.Key, configKeys)))
		}
	}
}

// executor reads what runs the tasks.
func (l *loader) executor(n *document.Node) *Call {
	text, _ := n.Text()
	near := document.DidYouMean(text, []string{"serial", "parallel"})
	switch {
	case text == "serial" || n.IsNull():
		return nil
	case text == "parallel":
		return &Call{Path: text, Pos: position(n)}
	case near != "" && !strings.Contains(text, "."):
		l.fail(n.Errorf("there is no executor %q", text).Hint("%s", near))
		return nil
	}
	return l.call(n, `an executor other than "serial" and "parallel"`)
}

// clients reads what makes the clients of classes.
func (l *loader) clients(n *document.Node) map[string]*Call {
	clients := map[string]*Call{}
	names := slices.Concat(taskClassNames(), productClasses)
	for _, e := range l.mapping(n, "clients") {
		if e.Value.IsNull() {
			continue
		}
		name := l.className(e.Key, names, "task or product", e.Errorf)
		if call := l.call(e.Value, "a client"); call != nil && name != "" {
			clients[name] = call
		}
	}
	return clients
}
