package pipeline

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Pipeline is what an entry point defines: tasks with their products, and what
// is to be run around them.
type Pipeline struct {
	// Name is that of the folder of the file.
	Name string
	// File is the pipeline.yaml, absolute and without symbolic links; empty for
	// a directory, a pattern or a factory.
	File string
	// Root is the folder that relative sources and products are in: that of the
	// file, or of setup.py in a package.
	Root string
	// Dir is the folder of the file. It is on the module search path, and user
	// code that is called while loading has it as working directory.
	Dir string
	// Tasks are in the order of their definition; those of a grid are in a row.
	Tasks []*Task
	// Config are the settings of the whole.
	Config Config
	// Executor is nil for the serial one, has the path "parallel" for the
	// parallel one, and else makes one.
	Executor *Call
	// Clients makes the clients of task and product classes, by their name.
	Clients map[string]*Call
	// Serializer and Unserializer are the defaults of functions; may be nil.
	Serializer, Unserializer *Call
	// OnRender, OnFinish and OnFailure are the hooks of the pipeline; may be nil.
	OnRender, OnFinish, OnFailure *Call
	// Zone and Schedule say when a server runs the pipeline, as in .dig files;
	// they are checked, and may be empty.
	Zone     string
	Schedule params.Map
	// Inputs are all files that were read or looked for, absolute, sorted: as
	// long as none of them changes or appears, Paths lead where they do, and
	// Volatile is false, loading with the same options and variables gives the
	// same pipeline.
	Inputs []string
	// Paths are the folders of sources and products, there or not, and files that
	// are symbolic links, each with the path without such links.
	Paths map[string]string
	// Volatile tells whether something else than files, options and environment
	// variables decided: user code, git or {{now}}.
	Volatile bool
	// Warnings are what is likely not what was meant.
	Warnings document.Errors

	sourceFolders []string // where sources are looked up; nil without a loader

	// What Notes are made of.
	settings []document.Entry
	drafts   []noted
	readers  map[string][]int
}

// Config are the settings of a pipeline.
type Config struct {
	// OutdatedByCode makes a task outdated when its code or params change.
	// Defaults to true.
	OutdatedByCode bool
	// CacheRenderedStatus keeps what was found out about the state of products.
	CacheRenderedStatus bool
	// HotReload imports the modules of functions again when they change.
	HotReload bool
	// TrackImports makes a task outdated when a local module that its source
	// imports, directly or not, changes.
	TrackImports bool
	// LoggingFactory configures the logging of tasks; may be nil.
	LoggingFactory *Call
	// JupyterHotReload and JupyterFunctionsAsNotebooks are for editors.
	JupyterHotReload, JupyterFunctionsAsNotebooks bool
}

// Class is how a task works. Its text is the name that is written in a file.
type Class string

// Classes of tasks.
const (
	PythonCallable   Class = "PythonCallable"
	NotebookRunner   Class = "NotebookRunner"
	ScriptRunner     Class = "ScriptRunner"
	ShellScript      Class = "ShellScript"
	SQLScript        Class = "SQLScript"
	SQLDump          Class = "SQLDump"
	SQLTransfer      Class = "SQLTransfer"
	SQLUpload        Class = "SQLUpload"
	PostgresCopyFrom Class = "PostgresCopyFrom"
	DownloadFromURL  Class = "DownloadFromURL"
	UploadToS3       Class = "UploadToS3"
	// Link and Input stand for what others make. Only code can name them: they
	// run nothing. What is linked is up to date, and what is put in never is.
	Link  Class = "Link"
	Input Class = "Input"
)

// Task is one task of a pipeline.
type Task struct {
	// Name is unique in the pipeline.
	Name string
	// Class is how the task works.
	Class Class
	// Source is what it runs.
	Source Source
	// Products are what it makes, in the order in which they are written: one,
	// or those of a map or list. All have the same class.
	Products []Product
	// Keyed tells that the products are a map or a list of them, so that even a
	// single one is reached by its key.
	Keyed bool
	// Params are the user's, in order, without upstream and product. Dates are
	// ISO texts, tuples are lists, and keys of maps that are not texts are their
	// literals (see Typed); "resources_" is a map of absolute paths.
	Params params.Map
	// Typed lists what in Params is not what its JSON value says.
	Typed []Typed
	// Prepare is what makes the metadata of the products, or "".
	Prepare string
	// Resources are the files that Params names under "resources_", in order.
	Resources []Resource
	// Upstream are the tasks that this one comes after, in the order in which
	// they were found, each once.
	Upstream []Upstream
	// Client and ProductClient make the clients of the task and of its
	// products; nil means what the pipeline has for the class.
	Client, ProductClient *Call
	// Serializer and Unserializer are those of a function, the pipeline's
	// defaults applied; may be nil.
	Serializer, Unserializer *Call
	// OnRender, OnFinish and OnFailure are the task's hooks; may be nil.
	OnRender, OnFinish, OnFailure *Call
	// Options are what was written of the extras of the class, checked, such as
	// "chunksize"; defaults are not filled in.
	Options params.Map
	// Code is what metadata keeps as the source code: the text of the function,
	// the cells of the notebook, the rendered text of SQL and shell, the source
	// itself for classes whose source is no code.
	Code string
	// Language says how Code is compared: "py" for functions, "sql" for SQL,
	// and "" for everything else, byte for byte.
	Language string
	// Doc is the first line of the documentation, or "".
	Doc string
	// Line is the line of a function in the file of its source, else 0.
	Line int
	// Imports are the local modules that the source imports, directly or not:
	// absolute paths, sorted; only with Config.TrackImports.
	Imports []string
	// ImportsDigest is a digest of their contents, hexadecimal; "" without any.
	ImportsDigest string
	// Pos is where the task was written.
	Pos workflow.Pos
}

// Source is what a task runs.
type Source struct {
	// Kind says which of the fields count.
	Kind SourceKind
	// Path is the absolute path of a file: the source itself, or the module of
	// a function.
	Path string
	// Dotted is the dotted path of a function.
	Dotted string
	// Text is the source of a Text, as written.
	Text string
	// Suffix is that of the file in which a Text would be, such as ".py"; "" if
	// that is not known.
	Suffix string
}

// SourceKind says what a source is.
type SourceKind uint8

// Kinds of sources.
const (
	// File is a file with code or, for SQLUpload and the like, with data.
	File SourceKind = iota
	// Function is a Python function.
	Function
	// Text is a text that is no path, such as a URL.
	Text
)

// Product is a persistent thing that a task makes.
type Product struct {
	// Key is that of a map, or the number of an item of a list; "" for one alone.
	Key string
	// Class is File, SQLRelation, SQLiteRelation, PostgresRelation,
	// GenericProduct or GenericSQLRelation.
	Class string
	// Path is that of a File, absolute and without symbolic links; for a
	// GenericProduct its identifier as written.
	Path string
	// Text is a path as tasks and templates see it, where that is not Path: what
	// code has made says where it is from the working directory.
	Text string
	// Schema, Name and Kind ("table" or "view") are those of a relation. Schema
	// is "" where none is given.
	Schema, Name, Kind string
}

// String returns the product as it reads in a template: a path, or a relation
// with its schema.
func (p Product) String() string {
	switch {
	case p.Text != "":
		return p.Text
	case p.Name == "":
		return p.Path
	case p.Schema == "":
		return p.Name
	}
	return p.Schema + "." + p.Name
}

// Upstream is a task that another one comes after.
type Upstream struct {
	// Task is its name.
	Task string
	// Group is the pattern that found it, under which it is reached then; or "".
	Group string
}

// Resource is a file that a task uses, whose content counts as a param.
type Resource struct {
	Name   string // in resources_
	Path   string // absolute
	Digest string // MD5 of the content, hexadecimal
}

// Call names a Python function and what to call it with.
type Call struct {
	// Path is "module.function" or "module::function", as written.
	Path string
	// Args are keyword arguments.
	Args params.Map
	// Pos is where it was written.
	Pos workflow.Pos
}

// Tracked returns the params that metadata keeps: those that hold a date are
// left out, and resources are the digests of their contents. Floats may be
// infinite or no numbers.
func (t *Task) Tracked() params.Map { return withFloats(t.tracked(), t.Typed) }

// Strict reports whether the code of a notebook has to be looked over before
// anything is run.
func (t *Task) Strict() bool {
	level, _ := t.Options.StringOr("static_analysis", "")
	return level == "strict" && (t.Class == NotebookRunner || t.Class == ScriptRunner)
}

// tracked is Tracked with all that JSON can't hold as texts.
func (t *Task) tracked() params.Map {
	tracked := t.Params
	for _, typed := range t.Typed {
		switch typed.Type {
		case "date", "datetime", "object":
			tracked = tracked.Delete(typed.Path[0])
		}
	}
	for _, r := range t.Resources {
		tracked = tracked.SetAt(r.Digest, "resources_", r.Name)
	}
	return tracked
}
