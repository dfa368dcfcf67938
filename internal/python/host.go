package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// Config says which Python a host is, and what its code finds.
type Config struct {
	// Python is the absolute path of the interpreter; see Find.
	Python string
	// Dir is the folder of the pipeline's definition: the first in which modules
	// are looked for, and where calls that are part of loading it run.
	Dir string
	// Cwd is where hooks and tasks run. Defaults to Dir.
	Cwd string
	// Path are more folders with modules. They come after Dir.
	Path []string
	// Env is the environment, as KEY=VALUE. PYTHONPATH gets the library in front.
	Env []string
	// Output receives what requests print, in one go with the answer or before.
	// Nil discards it.
	Output io.Writer
	// Terminal is where people talk to debuggers. Nil is nowhere.
	Terminal *Terminal
	// Preload names the modules of tasks that will run. What they import first
	// thing from installed libraries is imported once, before tasks are forked.
	Preload []string
	// Mode says how tasks get their processes unless they say it themselves.
	// Defaults to what PAWL_PYTHON_MODE says, or Automatic.
	Mode Mode
	// Cache is the folder in which the library is unpacked. Defaults to one in
	// the user's folder of caches.
	Cache string
}

// Terminal is what people type on, and what they see.
type Terminal struct{ Input, Output *os.File }

// Host is a Python of a project. Its methods may be called concurrently.
type Host struct {
	config  Config
	library string
	env     []string

	life context.Context // ends with Close
	end  context.CancelFunc

	// made is the factory that has made the pipeline, once there is one; what
	// else runs needs it, too.
	made atomic.Pointer[params.Value]
	// adopted tells that the process that answers was there before the host.
	adopted bool

	noting sync.Mutex
	noted  time.Time // when it was noted last that the library is used

	templates templates
	stems     templates // forked from the process that has made the pipeline
	cannot    sync.Once // says in a task's output that nothing can be forked

	debugged atomic.Bool // people have looked into a task that has failed

	preloading sync.Mutex
	preload    []params.Value // names of modules, each once

	asking  sync.Mutex // one request at a time
	servant *servant
}

// ErrClosed says that a host was closed.
var ErrClosed = errors.New("the host of Python is closed")

// Start returns a host, which starts its interpreter when it is first needed.
// ctx bounds the unpacking of the library and nothing else. Close the host.
func Start(ctx context.Context, c Config) (*Host, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if !filepath.IsAbs(c.Python) || !filepath.IsAbs(c.Dir) {
		return nil, fmt.Errorf("the paths of Python and of the pipeline must be absolute, not %q and %q", c.Python, c.Dir)
	}
	if err := c.Mode.check("mode"); err != nil {
		return nil, err
	}
	if c.Cwd == "" {
		c.Cwd = c.Dir
	}
	folder, err := unpack(c.Cache)
	if err != nil {
		return nil, fmt.Errorf("unpack the library of Python: %w", err)
	}
	h := &Host{config: c, library: folder, env: withLibrary(c.Env, folder), noted: time.Now()}
	h.Preload(c.Preload...)
	h.life, h.end = context.WithCancel(context.WithoutCancel(ctx))
	return h, nil
}

// keepLibrary sees to it, once a day, that the library is there and stays.
func (h *Host) keepLibrary() error {
	h.noting.Lock()
	defer h.noting.Unlock()
	now := time.Now()
	if now.Sub(h.noted) < usedEvery {
		return nil
	}
	if _, err := unpack(h.config.Cache); err != nil {
		return fmt.Errorf("unpack the library of Python: %w", err)
	}
	h.noted = now
	return nil
}

// withLibrary returns env with a folder in front of PYTHONPATH.
func withLibrary(env []string, folder string) []string {
	const name = "PYTHONPATH"
	if old, _ := process.Variable(env, name); old != "" {
		folder += string(os.PathListSeparator) + old
	}
	return append(slices.Clip(env), name+"="+folder)
}

// Close ends all that the host has started. No task may run any more.
func (h *Host) Close() {
	if h.asking.TryLock() {
		h.servant.dismiss()
		h.servant = nil
		h.asking.Unlock()
	}
	h.end() // also of a request that is under way
	h.asking.Lock()
	defer h.asking.Unlock()
	h.servant.dismiss()
	h.servant = nil
	h.stems.close()
	h.templates.close()
}

// Preload names more modules of tasks that will run, as Config.Preload does.
func (h *Host) Preload(modules ...string) {
	h.preloading.Lock()
	defer h.preloading.Unlock()
	for _, name := range modules {
		if !slices.Contains(h.preload, params.Value(name)) {
			h.preload = append(h.preload, name)
		}
	}
}

// Warm begins to start what tasks are forked from, for somebody who has other
// things to do before the first task. What goes wrong, that task is told.
func (h *Host) Warm() {
	mode, err := modeOf(Automatic, h.config.Mode, h.config.Env)
	if err == nil && mode != Cold && h.made.Load() == nil {
		h.templates.warm(h)
	}
}

// preloads returns the modules that are known until now.
func (h *Host) preloads() []params.Value {
	h.preloading.Lock()
	defer h.preloading.Unlock()
	return slices.Clone(h.preload)
}

// folders returns where modules are looked for.
func (h *Host) folders() []params.Value {
	if h.adopted {
		return nil // it looks where it has looked before
	}
	list := []params.Value{h.config.Dir}
	for _, folder := range h.config.Path {
		list = append(list, folder)
	}
	return list
}
