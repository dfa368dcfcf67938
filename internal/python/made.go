package python

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// Factory is a function that makes a pipeline, and what it is called with.
type Factory struct {
	// Path is its dotted path, and Args keyword arguments.
	Path string
	Args params.Map
	// Words are arguments as a command line has them: those of required
	// parameters in their order, and "--name=value" or "--name" for any.
	Words []string
	// Env are values that replace those of the env of a function with one.
	Env []Replaced
}

// Replaced is a value that replaces one of an env.
type Replaced struct {
	Path  []string
	Value string
}

// Value is the factory as the library reads it.
func (f Factory) Value() params.Value {
	words, env := make([]params.Value, len(f.Words)), make([]params.Value, len(f.Env))
	for i, word := range f.Words {
		words[i] = word
	}
	for i, r := range f.Env {
		path := make([]params.Value, len(r.Path))
		for k, name := range r.Path {
			path[k] = name
		}
		env[i] = []params.Value{path, r.Value}
	}
	return params.Of("path", f.Path, "args", f.Args, "words", words, "env", env)
}

// Pipeline calls a factory and returns what it makes in the form of a
// pipeline.yaml. From then on, what is asked for and the tasks find what lives
// in that pipeline alone: tasks are forked from the process that has called the
// factory or, where nothing can be forked, call it again if they need to.
//
// A host that was adopted has its pipeline, and calls nothing.
func (h *Host) Pipeline(ctx context.Context, f Factory) (params.Map, error) {
	if !h.adopted {
		v := f.Value()
		h.made.Store(&v)
	}
	v, err := h.ask(ctx, "pipeline", h.config.Dir, params.Map{})
	if err != nil {
		return params.Map{}, err
	}
	m, ok := v.(params.Map)
	if !ok {
		return m, fmt.Errorf("Python described the pipeline as %T", v) //nolint:staticcheck // a name
	}
	return m, nil
}

// withMade adds the factory to what Python is asked.
func (h *Host) withMade(request params.Map) params.Map {
	if made := h.made.Load(); made != nil && *made != nil {
		return request.Set("made", *made)
	}
	return request
}

// Adopt returns a host whose process has started by itself: it has made a
// pipeline, and answers at the other end of a connection, which becomes the
// host's. The configuration needs no Python.
func Adopt(ctx context.Context, c Config, conn net.Conn) *Host {
	none := params.Value(nil)
	h := &Host{config: c, env: c.Env, adopted: true}
	h.made.Store(&none)
	h.life, h.end = context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan ending)
	close(ended) // nothing of it has to be waited for
	h.servant = &servant{conn: conn, lines: bufio.NewReader(conn), output: nil, kill: func() {}, ended: ended}
	return h
}

// fresh is a new Python that runs a task. That of an adopted host is like the
// process that was there: it has all but what lives in that.
func (h *Host) fresh(ctx context.Context, cwd string, output io.Writer) (*process.Command, error) {
	if !h.adopted {
		return h.child(cwd, output, "run"), nil
	}
	v, err := h.ask(ctx, "python", h.config.Dir, params.Map{})
	if err != nil {
		return nil, err
	}
	r := reader{v}
	env := append(slices.Clip(h.env), "PYTHONPATH="+r.text("path"))
	like := Host{config: Config{Python: r.text("program")}, library: r.text("library"), env: env}
	return like.child(cwd, output, "run"), nil
}

// Tell tells an adopted process something of what it has started pawl for.
func (h *Host) Tell(ctx context.Context, what string, value params.Value) error {
	_, err := h.ask(ctx, "tell", h.config.Dir, params.Of("what", what, "value", value))
	return err
}
