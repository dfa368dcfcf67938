package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// reading says what the source of a class is.
type reading uint8

const (
	readFunction reading = iota
	readNotebook
	readTemplate // a file that is rendered
	readPath     // no code: a path or URL
	readNothing
)

// class is what there is to know of a task class.
type class struct {
	reading  reading
	products []string // classes of products that it can make; nil for all
	product  string   // the class of its products unless another one is written
	client   bool     // whether it has a client
	options  []string // extra keys
	language string   // how code is compared
}

var (
	allRelations   = []string{"PostgresRelation", "SQLiteRelation", "GenericSQLRelation", "SQLRelation"}
	ownRelations   = allRelations[:3]
	productClasses = []string{"File", "SQLRelation", "SQLiteRelation", "PostgresRelation", "GenericProduct", "GenericSQLRelation"}
)

// classOf returns a class by its name, which was checked.
func classOf(name Class) class {
	switch name {
	case PythonCallable:
		return class{reading: readFunction, product: "File", language: "py",
			options: []string{"serializer", "unserializer", "debug_mode"}}
	case NotebookRunner:
		return class{reading: readNotebook, product: "File", products: []string{"File"}, options: []string{
			"executor", "executor_params", "papermill_params", "kernelspec_name", "nbconvert_exporter_name",
			"ext_in", "nb_product_key", "static_analysis", "nbconvert_export_kwargs", "local_execution",
			"check_if_kernel_installed", "debug_mode"}}
	case ScriptRunner:
		return class{reading: readNotebook, product: "File", products: []string{"File"},
			options: []string{"ext_in", "static_analysis", "local_execution"}}
	case ShellScript:
		return class{reading: readTemplate, product: "File", client: true}
	case SQLScript:
		return class{reading: readTemplate, product: "SQLRelation", products: allRelations, client: true, language: "sql"}
	case SQLDump:
		return class{reading: readTemplate, product: "File", products: []string{"File", "GenericProduct"}, client: true,
			language: "sql", options: []string{"chunksize", "io_handler"}}
	case SQLTransfer:
		return class{reading: readTemplate, products: ownRelations, client: true, language: "sql", options: []string{"chunksize"}}
	case SQLUpload:
		return class{reading: readPath, products: ownRelations, client: true,
			options: []string{"chunksize", "io_handler", "to_sql_kwargs"}}
	case PostgresCopyFrom:
		return class{reading: readPath, products: []string{"PostgresRelation"}, client: true, options: []string{"columns"}}
	case DownloadFromURL:
		return class{reading: readPath}
	case Link, Input:
		return class{reading: readNothing}
	case UploadToS3:
		return class{reading: readPath, options: []string{"bucket", "client_kwargs", "upload_file_kwargs"}}
	}
	return class{}
}

// taskClasses are all that a file can name.
var taskClasses = []Class{
	PythonCallable, NotebookRunner, ScriptRunner, ShellScript, SQLScript, SQLDump, SQLTransfer,
	SQLUpload, PostgresCopyFrom, DownloadFromURL, UploadToS3,
}

func taskClassNames() []string {
	names := make([]string, len(taskClasses))
	for i, c := range taskClasses {
		names[i] = string(c)
	}
	return names
}

// className checks the name of a class. It returns "" after a fault.
func (l *loader) className(name string, names []string, kind string, errorf func(string, ...any) *document.Error) string {
	if slices.Contains(names, name) || l.described && (name == string(Link) || name == string(Input)) {
		return name
	}
	e := errorf("%q is no %s class", name, kind)
	if slices.Contains([]string{"Link", "Input", "TaskGroup"}, name) {
		l.fail(e.Hint("%s exists for Python only, it has no source", name))
		return ""
	}
	l.fail(e.Hint("%s", nearestClass(name, names)))
	return ""
}

// nearestClass is nearest, whatever the case and the marks between words.
func nearestClass(name string, names []string) string {
	plain := strings.NewReplacer("-", "", "_", "", " ", "")
	for _, n := range names {
		if strings.EqualFold(plain.Replace(name), n) {
			return "did you mean \"" + n + "\"?"
		}
	}
	return nearest(name, names)
}

func (l *loader) productClassName(n *document.Node) string {
	text, ok := l.text(n, "a product class")
	if !ok {
		return ""
	}
	return l.className(text, productClasses, "product", n.Errorf)
}

// suffixes give the class of a task whose source is a file.
var suffixes = map[string]Class{
	".py": NotebookRunner, ".R": NotebookRunner, ".r": NotebookRunner, ".Rmd": NotebookRunner,
	".ipynb": NotebookRunner, ".sql": SQLScript, ".sh": ShellScript,
}

const validSuffixes = "valid are .py, .ipynb, .R, .r, .Rmd, .sql and .sh for files, and module.function for functions"

// infer returns the class that follows from source and product; "" after a fault.
func (l *loader) infer(d *draft, source string) Class {
	suffix := pythonSuffix(source)
	name, known := suffixes[suffix]
	switch {
	case known && !strings.Contains(source, "/") && l.isFunctionNamedLikeFile(source):
		return PythonCallable
	case known && name == SQLScript:
		return l.inferSQL(d)
	case known:
		return name
	case strings.Contains(source, "/"):
		l.fail(d.source.Errorf("the class of a task with the source %q can't be told: %s", source, saysSuffix(suffix)).
			Hint("%s", suffixHint(suffix)))
	case strings.Contains(source, "."):
		return PythonCallable
	default:
		l.fail(d.source.Errorf("the source %q is neither a file nor a function", source).Hint(validSuffixes))
	}
	return ""
}

// isFunctionNamedLikeFile tells a function such as etl.py or tasks.sql from a
// file with that name.
func (l *loader) isFunctionNamedLikeFile(source string) bool {
	if l.files.exists(join(l.pipeline.Root, source)) || !isDotted(source) {
		return false
	}
	_, ok := l.modules.function(source)
	return ok
}

func saysSuffix(suffix string) string {
	if suffix == "" {
		return "it has no suffix"
	}
	return "it ends in " + suffix
}

func suffixHint(suffix string) string {
	known := make([]string, 0, len(suffixes))
	for s := range suffixes {
		known = append(known, s)
	}
	slices.Sort(known)
	if found := document.Suggest(suffix, known); len(found) > 0 && suffix != "" {
		return "did you mean " + found[0] + "?"
	}
	return validSuffixes
}

// dumpSuffixes are those of products that a query is dumped to.
var dumpSuffixes = []string{".csv", ".parquet"}

func (l *loader) inferSQL(d *draft) Class {
	product, ok := "", false
	if d.product != nil {
		product, ok = d.product.Text()
	}
	if !ok {
		return SQLScript
	}
	suffix := pythonSuffix(product)
	if slices.Contains(dumpSuffixes, suffix) {
		return SQLDump
	}
	if near := document.Suggest(suffix, dumpSuffixes); suffix != "" && len(near) > 0 {
		l.fail(d.product.Errorf("%q is not the suffix of a product that a query can be dumped to", suffix).
			Hint("did you mean %s?", near[0]))
	}
	return SQLScript
}

// pythonSuffix returns the suffix of a path as pathlib does: none for ".x" and "x.".
func pythonSuffix(path string) string {
	name := filepath.Base(path)
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 {
		return ""
	}
	return name[i:]
}

// pythonStem returns the last part of a path without its suffix.
func pythonStem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), pythonSuffix(path))
}
