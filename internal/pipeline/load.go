// Package pipeline reads pipeline.yaml, the definition language of Ploomber,
// and directories and patterns of notebooks, into tasks with their products.
//
// It finds the file, expands its templates, decides the class of each task,
// reads the sources, finds what comes after what, and renders SQL and shell. It
// runs no Python: functions are found by reading modules, and what only user
// code knows it asks a Caller for. It reads files; it writes a source only
// where Options say so, and makes the folders that an env.yaml asks for. It
// knows nothing of the state of products, of stores and of interpreters.
package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Options say what to load, and in which surroundings.
type Options struct {
	// Dir is the working directory, absolute.
	Dir string
	// Entry is the entry point: a file, a directory, a pattern, the dotted path
	// of a factory, or "module::file.yaml". Empty means what is found from Dir.
	Entry string
	// Args are the arguments of a factory.
	Args params.Map
	// Made says that there is a pipeline already, which the Caller describes, and
	// that no entry point is looked for.
	Made bool
	// Env replaces keys of the top level of env.yaml.
	Env params.Map
	// Set replaces single values of env.yaml, as --env--a--b does.
	Set []Setting
	// Caller returns who answers what only user code knows, for a pipeline in a
	// folder of a project. Without it, what needs it is an error of the definition.
	Caller func(dir, root string) Caller
	// Lookup reads an environment variable. Defaults to os.LookupEnv.
	Lookup func(name string) (value string, ok bool)
	// Within, when set, is a folder that is not left, absolute and without
	// symbolic links: what is elsewhere counts as missing, and no folders are
	// made.
	Within string
	// Now is what {{now}} is, in its time zone. Defaults to the time of the call.
	Now time.Time
	// User is what {{user}} is. Defaults to the login name.
	User string
	// Git tells about the work tree around a folder, and whether there is one with
	// a commit. It is called only if {{git}} or {{git_hash}} is used. Without it
	// these are not defined.
	Git func(ctx context.Context, dir string) (Repository, bool)
	// AddCells inserts a cell for parameters into notebooks that have none,
	// which rewrites the user's files; a warning tells of each. Without it they
	// are read as if they had that cell.
	AddCells bool
}

// Repository is what {{git}} and {{git_hash}} are.
type Repository struct {
	Location string // the branch, or the hash when none is checked out
	Hash     string // "git describe --tags --always --dirty=-dirty"
}

// Setting is a value that replaces one of env.yaml.
type Setting struct {
	Path  []string // keys from the top
	Value string   // read as texts in env.yaml are
}

// Caller runs user code. Calls come one at a time.
type Caller interface {
	// Call calls a function that decides something in a definition, such as the
	// value of a param, and returns its result. An error is one of user code and
	// ends up in the errors of the definition.
	Call(ctx context.Context, call Call) (params.Value, error)
	// Inspect imports a function whose text can't be found by reading modules.
	Inspect(ctx context.Context, dotted string) (FunctionInfo, error)
	// Describe calls a factory and returns the pipeline that it makes in the
	// form of a pipeline.yaml, whose tasks have a name, a class, a product and
	// an upstream. The zero Call is for a pipeline that is there already. What is
	// described may also be {file, env, set}, or {spec, dir, env} for the text of
	// what could be a file of that folder.
	Describe(ctx context.Context, call Call) (params.Map, error)
}

// FunctionInfo is what Python knows of a function.
type FunctionInfo struct {
	File   string // absolute path of the module; "" if it has none
	Line   int    // from 1, of the first line of Code
	Code   string // the text of the definition with its decorators
	Doc    string // the documentation
	Params []FunctionParam
}

// FunctionParam is a parameter of a function.
type FunctionParam struct {
	Name       string
	HasDefault bool
	// Variadic is for *args and **kwargs.
	Variadic bool
}

// Load reads a pipeline. All that is wrong with it is in one document.Errors;
// other errors have the code NotFound if there is no pipeline.
func Load(ctx context.Context, o Options) (*Pipeline, error) {
	l := newLoader(ctx, o)
	e, err := l.entry()
	if err != nil {
		return nil, l.with(err)
	}
	switch e.kind {
	case entryFile:
		l.file(l.files.resolve(e.path))
	case entrySources:
		l.sources(e)
	case entryFactory:
		l.factory(document.Of(e.path), Call{Path: e.path, Args: o.Args})
	}
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.pipeline.Inputs = l.files.inputs()
	l.pipeline.Paths = l.files.paths()
	l.pipeline.Volatile = l.volatile
	l.note()
	l.pipeline.Warnings = l.warns.Sorted()
	return l.pipeline, nil
}

// loader makes one pipeline.
type loader struct {
	ctx      context.Context // the loader lives as long as one call of Load
	options  Options
	lookup   func(name string) (string, bool)
	files    *files
	modules  *modules
	env      *env
	meta     meta
	pipeline *Pipeline
	drafts   []*draft
	settings []document.Entry // what stands beside the tasks
	literals map[document.Pos]literal
	// described tells that a factory made the pipeline: there is nothing to infer.
	described bool
	// rereads tells that the pipeline was loaded before and that single drafts are
	// read again.
	rereads  bool
	broken   broken
	volatile bool // what is loaded follows not from files and options alone
	errs     document.Errors
	warns    document.Errors
}

func newLoader(ctx context.Context, o Options) *loader {
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.User == "" {
		o.User = login(o.Lookup)
	}
	l := &loader{ctx: ctx, options: o, lookup: o.Lookup, files: newFiles(o.Within), pipeline: &Pipeline{}}
	l.settle(o.Dir, o.Dir)
	return l
}

// caller returns who runs user code; options have one.
func (l *loader) caller() Caller { return l.options.Caller(l.pipeline.Dir, l.pipeline.Root) }

// login returns the name of the user as Python's getpass finds it.
func login(lookup func(string) (string, bool)) string {
	for _, name := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if v, ok := lookup(name); ok && v != "" {
			return v
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// settle says where the pipeline is.
func (l *loader) settle(dir, root string) {
	p := l.pipeline
	p.Dir, p.Root, p.Name = dir, root, filepath.Base(dir)
	l.modules = newModules(l.files, l.searchPath())
}

// searchPath returns the folders in which modules are looked for.
func (l *loader) searchPath() []string {
	path := []string{l.pipeline.Dir, l.options.Dir, l.pipeline.Root}
	if more, ok := l.lookup("PYTHONPATH"); ok {
		for dir := range strings.SplitSeq(more, string(filepath.ListSeparator)) {
			if dir != "" {
				path = append(path, l.within(dir))
			}
		}
	}
	return append(path, filepath.Join(l.pipeline.Root, "src"))
}

func (l *loader) fail(e *document.Error) { l.errs.Add(e) }
func (l *loader) warn(e *document.Error) { l.warns.Add(e) }

// with returns an error together with what was found before.
func (l *loader) with(err error) error {
	if model.CodeOf(err) != model.NotFound && l.errs.Take(err) {
		return l.errs.Err()
	}
	return err
}

// take collects what is wrong with something that was written at a node.
func (l *loader) take(at *document.Node, err error) {
	if !l.errs.Take(err) {
		l.fail(at.Errorf("%v", err))
	}
}

// document reads a YAML file. It returns nil if it can't.
func (l *loader) document(path string) *document.Node {
	text, err := l.files.read(path)
	if err != nil {
		l.fail(fileError(path, err))
		return nil
	}
	n, err := document.Format{Scalars: document.Python}.Parse(path, []byte(text))
	if err == nil {
		return n
	}
	var errs document.Errors
	errs.Take(err) // a format has no other errors
	for _, e := range errs {
		if strings.Contains(e.Source, "{{") {
			e = e.Hint("a value that has {{placeholders}} needs quotes around it")
		}
		l.fail(e)
	}
	return nil
}

// fileError is a fault of a whole file.
func fileError(path string, err error) *document.Error {
	message := err.Error()
	var p *fs.PathError
	if errors.As(err, &p) {
		message = p.Err.Error()
	}
	return &document.Error{Pos: document.Pos{File: path}, Message: message}
}

// join returns a path below a folder, unless it is absolute.
func join(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// isoformat writes a time as Python does.
func isoformat(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04:05.000000")
}
