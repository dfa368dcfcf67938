package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// extras checks the extra keys of a class and returns them.
func (l *loader) extras(d *draft, name Class) params.Map {
	var kv []any
	for _, e := range d.extras {
		if slices.Contains(d.class.options, e.Key) && l.checkOption(e) {
			kv = append(kv, e.Key, e.Value.Value())
		}
	}
	options := params.Of(kv...)
	if name == NotebookRunner {
		options = l.notebookOptions(d, options)
	}
	if name == UploadToS3 && !options.Has("bucket") {
		l.fail(d.at.Errorf("a task of the class %s needs a bucket", name))
	}
	return options
}

// checkOption checks the value of one extra key.
func (l *loader) checkOption(e document.Entry) bool {
	n := e.Value
	switch e.Key {
	case "chunksize":
		v, ok := n.Value().(int64)
		return l.check(n, n.IsNull() || ok && v > 0, "chunksize must be a positive number or null")
	case "executor":
		return l.oneOf(e, "papermill", "ploomber-engine")
	case "static_analysis":
		return l.oneOf(e, "regular", "strict", "disable")
	case "debug_mode":
		return n.IsNull() || l.oneOf(e, "now", "later")
	case "local_execution", "check_if_kernel_installed":
		_, ok := n.Value().(bool)
		return l.check(n, ok, e.Key+" must be true or false")
	case "executor_params", "papermill_params", "nbconvert_export_kwargs", "to_sql_kwargs", "client_kwargs", "upload_file_kwargs":
		return l.check(n, n.IsNull() || n.Kind() == document.Mapping, e.Key+" must be a mapping")
	case "nb_product_key":
		return len(l.texts(n, e.Key)) > 0
	case "kernelspec_name":
		name, _ := n.Value().(string)
		return l.check(n, n.IsNull() || name != "", "kernelspec_name must be the name of a kernel")
	case "nbconvert_exporter_name":
		if n.Kind() == document.Mapping || n.IsNull() {
			return true
		}
		fallthrough
	case "ext_in", "bucket", "io_handler":
		if n.IsNull() {
			return e.Key != "bucket"
		}
		_, ok := l.text(n, e.Key)
		return ok
	case "columns":
		return l.check(n, n.IsNull() || n.Kind() == document.List, "columns must be a list")
	}
	return true
}

func (l *loader) check(n *document.Node, ok bool, message string) bool {
	if !ok {
		l.fail(n.Errorf("%s, not %s", message, n.What()))
	}
	return ok
}

func (l *loader) oneOf(e document.Entry, valid ...string) bool {
	text, _ := e.Value.Text()
	if slices.Contains(valid, text) {
		return true
	}
	l.fail(e.Value.Errorf("%s can't be %s", e.Key, e.Value.What()).Hint("%s", nearest(text, valid)))
	return false
}

// notebookOptions checks how the extras of notebooks go together.
func (l *loader) notebookOptions(d *draft, o params.Map) params.Map {
	executor, _ := o.StringOr("executor", "papermill")
	own, _ := o.MapOr("executor_params", params.Map{})
	if old, _ := o.MapOr("papermill_params", params.Map{}); old.Len() > 0 {
		l.warn(d.at.Errorf("papermill_params is called executor_params now"))
		if own.Len() == 0 {
			own = old
			o = o.Set("executor_params", own)
		}
	}
	o = o.Delete("papermill_params")
	engine, hasEngine := own.Get("engine_name")
	local, _ := o.BoolOr("local_execution", false)
	debug, _ := o.StringOr("debug_mode", "")
	switch {
	case hasEngine && debug != "":
		l.fail(d.at.Errorf("executor_params can't have an engine_name together with debug_mode"))
	case hasEngine && engine != executor:
		l.fail(d.at.Errorf("executor is %q, but the engine_name in executor_params is %v", executor, engine).
			Hint("leave one of them out"))
	}
	if local && own.Has("cwd") {
		l.fail(d.at.Errorf("executor_params can't have a cwd together with local_execution"))
	}
	return o
}

// exporters are the suffixes of products that tell into what a notebook is
// converted.
var exporters = []string{".ipynb", ".html", ".md", ".tex", ".pdf", ".rst"}

// options checks what extras and products have to do with each other.
func (l *loader) checkOptions(d *draft, t *Task) {
	if t.Class != NotebookRunner {
		return
	}
	if lang := d.code.notebook.Language(); lang == "r" {
		if executor, _ := t.Options.StringOr("executor", ""); executor == "ploomber-engine" {
			l.fail(d.at.Errorf("ploomber-engine does not run R").Hint("leave executor out"))
		}
	}
	keys, several := notebookKeys(t)
	if !t.Keyed {
		keys = []string{""}
	}
	l.checkExporters(d, t, keys, several)
	for _, key := range keys {
		i := slices.IndexFunc(t.Products, func(p Product) bool { return p.Key == key })
		if i < 0 {
			l.fail(d.product.Errorf("there is no %q among the products: it is where the executed notebook goes", key).
				Hint("add it, or name another one by nb_product_key"))
			continue
		}
		l.checkExporter(d, t, t.Products[i])
	}
	if t.Keyed && several {
		l.noMoreDocuments(d, t, keys)
	}
}

// notebookKeys returns the keys of the products that notebooks go to, and
// whether they are a list.
func notebookKeys(t *Task) (keys []string, several bool) {
	v, _ := t.Options.Get("nb_product_key")
	switch v := v.(type) {
	case nil:
		return []string{"nb"}, false
	case []params.Value:
		for _, key := range v {
			keys = append(keys, params.Literal(key))
		}
		return keys, true
	}
	return []string{params.Literal(v)}, false
}

// checkExporters checks that there is an exporter for each document.
func (l *loader) checkExporters(d *draft, t *Task, keys []string, several bool) {
	v, _ := t.Options.Get("nbconvert_exporter_name")
	named, isMap := v.(params.Map)
	_, isText := v.(string)
	switch {
	case isText && several:
		l.fail(d.at.Errorf("nbconvert_exporter_name must be a mapping where nb_product_key is a list"))
	case isMap && !several:
		l.fail(d.at.Errorf("nbconvert_exporter_name must be one text where nb_product_key is no list"))
	}
	for name := range named.Keys() {
		if several && !slices.Contains(keys, name) {
			l.fail(d.at.Errorf("nbconvert_exporter_name has the key %q, which is not in nb_product_key", name).
				Hint("%s", nearest(name, keys)))
		}
	}
}

func (l *loader) checkExporter(d *draft, t *Task, p Product) {
	v, _ := t.Options.Get("nbconvert_exporter_name")
	if named, ok := v.(params.Map); ok {
		v, _ = named.Get(p.Key)
	}
	suffix := pythonSuffix(p.Path)
	switch {
	case v == "webpdf" && suffix != ".pdf":
		l.fail(d.product.Errorf("the exporter webpdf makes a file that ends in .pdf, not %s", filepath.Base(p.Path)))
	case v != nil || slices.Contains(exporters, suffix):
	default:
		l.fail(d.product.Errorf("it can't be told what kind of document %s is", filepath.Base(p.Path)).
			Hint("valid suffixes are %s; else add nbconvert_exporter_name. To have more products than the notebook, write a map of them with the key nb",
				strings.Join(exporters, ", ")))
	}
}

// noMoreDocuments refuses documents that are not said to be made of the notebook.
func (l *loader) noMoreDocuments(d *draft, t *Task, keys []string) {
	for _, p := range t.Products {
		if slices.Contains(exporters, pythonSuffix(p.Path)) && !slices.Contains(keys, p.Key) {
			l.fail(d.product.Errorf("the product %q is a document, but is not in nb_product_key", p.Key))
		}
	}
}
