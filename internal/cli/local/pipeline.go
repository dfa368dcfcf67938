package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/notebooks"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/workflow"
)

// pipelineOptions choose the pipeline that a command works on.
type pipelineOptions struct {
	owner
	entry string
	// words are the arguments of a factory.
	words []string
	// envFile is the file with values for placeholders; "" for the one that is
	// found.
	envFile string
	// set are the values given by --env--KEY.
	set []pipeline.Setting
	// addCells has notebooks without a cell for parameters rewritten.
	addCells bool
}

func (o *pipelineOptions) flags(f *pflag.FlagSet) {
	f.VarP(entryValue{o}, "entry-point", "e", "`file`, folder, pattern or factory of the pipeline (default: the pipeline.yaml that is found from here)")
	o.envFileFlag(f)
	o.ownerFlag(f)
}

func (o *pipelineOptions) envFileFlag(f *pflag.FlagSet) {
	f.StringVar(&o.envFile, "env-file", "", "`file` with values for placeholders (default: PLOOMBER_ENV_FILENAME, or the env.yaml that is found)")
}

// around is the world that the pipeline is in: its file of values is known to all
// that look for one.
func (o *pipelineOptions) around(world console.IO) console.IO {
	if o.envFile != "" {
		world.Env = append(slices.Clip(world.Env), "PLOOMBER_ENV_FILENAME="+o.envFile)
	}
	return world
}

// wanted reports whether a pipeline is asked for.
func (o *pipelineOptions) wanted() bool {
	return o.entry != "" || o.envFile != "" || len(o.set) > 0 || o.fd > 0
}

// ownerFlag gives a command the flag by which Python has it work on a pipeline
// that it has made.
func (o *pipelineOptions) ownerFlag(f *pflag.FlagSet) {
	f.IntVar(&o.fd, "python-fd", 0, "descriptor of a connection to the Python that has made the pipeline")
	_ = f.MarkHidden("python-fd") // it was just made
}

// envPrefix begins the flags that replace values of env.yaml.
const envPrefix = "--env--"

// envFlags gives a command the flags --env--KEY that are on a command line: which
// there are, the pipeline's env.yaml says, and it refuses others.
func (o *pipelineOptions) envFlags(c *cobra.Command, args []string) {
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		if !strings.HasPrefix(name, envPrefix) || c.Flags().Lookup(name[2:]) != nil {
			continue
		}
		path := strings.Split(strings.TrimPrefix(name, envPrefix), "--")
		c.Flags().Var(&envValue{o: o, path: path}, name[2:], "value of env.yaml")
		_ = c.Flags().MarkHidden(name[2:]) // it was just made
	}
}

// envValue is a flag for one value of env.yaml.
type envValue struct {
	o    *pipelineOptions
	path []string
	text string
}

func (v *envValue) String() string { return v.text }

func (v *envValue) Type() string { return "value" }

func (v *envValue) Set(text string) error {
	v.text = text
	v.o.set = append(v.o.set, pipeline.Setting{Path: v.path, Value: text})
	return nil
}

// opened is a pipeline that was loaded, with the Python that it may need.
type opened struct {
	*pipeline.Pipeline
	// began is when loading began.
	began time.Time
	// variables are those of the environment that loading has looked up.
	variables map[string]*string
	options   *pipelineOptions
	factory   params.Value // that has made it, as Python reads it; nil for none
	pool      *pool.Pool
	place     pool.Place
	clients   *keeper.Clients
	// host is nil until it is needed.
	host    *python.Host
	release func()
}

// open loads the pipeline and prints warnings. Close what it returns.
func (o *pipelineOptions) open(ctx context.Context, world console.IO) (*opened, error) {
	return o.openWith(ctx, world, (&ProjectOptions{World: world}).Warn)
}

// openWith is open with its own way to tell of warnings.
func (o *pipelineOptions) openWith(ctx context.Context, world console.IO, warn func(document.Errors)) (*opened, error) {
	world = o.around(world)
	if o.fd > 0 && o.host == nil {
		if err := o.adopt(world); err != nil {
			return nil, err
		}
	}
	at := newOpened(o, world)
	p, err := pipeline.Load(ctx, pipeline.Options{
		Dir: world.Dir, Entry: o.entry, Made: o.host != nil, Set: o.set, AddCells: o.addCells, Now: world.Clock.Now(), Git: repository,
		Lookup: func(name string) (string, bool) {
			v, ok := lookup(world.Env, name)
			if at.variables[name] = nil; ok {
				at.variables[name] = &v
			}
			return v, ok
		},
		Caller: func(dir, root string) pipeline.Caller {
			at.place = pool.Place{Dir: dir, Root: root, Cwd: world.Dir, Env: world.Env}
			return caller{at}
		},
	})
	if err != nil {
		at.close()
		return nil, err
	}
	at.use(p, world)
	warn(p.Warnings)
	return at, nil
}

// newOpened returns what is still to be given a pipeline.
func newOpened(o *pipelineOptions, world console.IO) *opened {
	return &opened{
		options: o, began: world.Clock.Now(), variables: make(map[string]*string),
		pool: &pool.Pool{Output: world.Stderr, Terminal: terminalOf(world), Only: o.host}, release: func() {},
	}
}

// use gives p its pipeline.
func (p *opened) use(of *pipeline.Pipeline, world console.IO) {
	p.Pipeline, p.place = of, pool.Place{Dir: of.Dir, Root: of.Root, Cwd: world.Dir, Env: world.Env}
	p.clients = &keeper.Clients{Root: of.Root, Env: world.Env, Python: p.python}
}

func lookup(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v, true
		}
	}
	return "", false
}

func (p *opened) close() {
	if p.clients != nil {
		_ = p.clients.Close() // what was copied is copied
	}
	p.release()
	p.pool.Close()
}

// python returns the Python of the pipeline.
func (p *opened) python(ctx context.Context) (*python.Host, error) {
	if p.host != nil {
		return p.host, nil
	}
	host, release, err := p.pool.Of(ctx, p.place)
	if err != nil {
		return nil, err
	}
	p.host, p.release = host, release
	return host, nil
}

// plan decides what is to be run.
func (p *opened) plan(ctx context.Context, world console.IO, o build.Options) (*build.Plan, error) {
	o.Catalog, o.Now = p.clients, world.Clock.Now()
	o.Memo = memoFile(p.Root, p.File, p.Name)
	if err := notebooks.CheckStrict(ctx, p.Pipeline, func() (notebooks.Analyst, error) { return p.python(ctx) }); err != nil {
		return nil, err
	}
	plan, err := build.New(ctx, p.Pipeline, o)
	if err != nil {
		return nil, p.explained(ctx, err)
	}
	return plan, plan.Broken()
}

// explained returns the mistakes in what the pipeline names of Python, with their places,
// where code that was asked has failed and there are some; else the error.
func (p *opened) explained(ctx context.Context, err error) error {
	var failed *python.Failure
	var mistakes document.Errors
	if errors.As(err, &failed) && mistakes.Take(checkModules(ctx, p, func(document.Errors) {})) {
		return mistakes
	}
	return err
}

// memoFile keeps what is known of the products of a pipeline.
func memoFile(root, file, name string) string {
	return instance.StatePath(root, filepath.Join("cache", "products-"+fileWord(file, name)))
}

// fileWord names a pipeline in the name of a file.
func fileWord(file, name string) string {
	if file != "" {
		name = filepath.Base(file)
	}
	return strings.Map(func(r rune) rune {
		if r == os.PathSeparator || r < ' ' {
			return '-'
		}
		return r
	}, name)
}

// caller answers what a definition asks of user code.
type caller struct{ p *opened }

func (c caller) Call(ctx context.Context, call pipeline.Call) (params.Value, error) {
	host, err := c.p.python(ctx)
	if err != nil {
		return nil, err
	}
	return host.Call(ctx, python.Call{Path: call.Path, Args: call.Args})
}

func (c caller) Inspect(ctx context.Context, dotted string) (pipeline.FunctionInfo, error) {
	host, err := c.p.python(ctx)
	if err != nil {
		return pipeline.FunctionInfo{}, err
	}
	f, err := host.Inspect(ctx, dotted)
	if err != nil {
		var failure *python.Failure
		if errors.As(err, &failure) && inCode(failure) != nil {
			return pipeline.FunctionInfo{}, inCode(failure)
		}
		return pipeline.FunctionInfo{}, err
	}
	info := pipeline.FunctionInfo{File: f.File, Line: f.Line, Code: f.Source, Doc: f.Doc}
	for _, p := range f.Parameters {
		info.Params = append(info.Params, pipeline.FunctionParam{
			Name: p.Name, HasDefault: !p.Required, Variadic: strings.HasPrefix(p.Kind, "var_"),
		})
	}
	return info, nil
}

// Describe calls a factory. What the command line has for it counts where it is
// the entry point itself.
func (c caller) Describe(ctx context.Context, call pipeline.Call) (params.Map, error) {
	host, err := c.p.python(ctx)
	if err != nil {
		return params.Map{}, err
	}
	f := python.Factory{Path: call.Path, Args: call.Args}
	if call.Pos == (workflow.Pos{}) {
		f.Words = c.p.options.words
		for _, s := range c.p.options.set {
			f.Env = append(f.Env, python.Replaced{Path: s.Path, Value: s.Value})
		}
	}
	c.p.factory = f.Value()
	m, err := host.Pipeline(ctx, f)
	return m, located(err)
}

// located is an error of user code as one at the place where it was raised.
func located(err error) error {
	var f *python.Failure
	if !errors.As(err, &f) || f.File == "" {
		return err
	}
	e := &document.Error{Pos: document.Pos{File: f.File, Line: f.Line, Column: 1}, Message: f.Error()}
	if text, err := os.ReadFile(f.File); err == nil { // else there is no excerpt
		if lines := strings.Split(string(text), "\n"); f.Line >= 1 && f.Line <= len(lines) {
			e.Source = lines[f.Line-1]
		}
	}
	return e
}
