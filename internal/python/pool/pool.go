// Package pool keeps the Pythons of projects warm for whoever needs one.
package pool

import (
	"context"
	"io"
	"path/filepath"
	"sync"

	"github.com/pawlhq/pawl/internal/python"
)

// Place is where a pipeline is, and from where it is run.
type Place struct {
	// Dir is the folder of its definition, Root that of the project, which may be
	// above. Both are absolute.
	Dir, Root string
	// Cwd is where tasks and hooks run.
	Cwd string
	// Env is the environment, as KEY=VALUE.
	Env []string
	// Once says that nobody will ask for this place again, because the folder is
	// removed after this use.
	Once bool
}

// Pool holds Pythons. The zero Pool is ready; close it when nobody uses one.
type Pool struct {
	// Output receives what hooks and whatever else is no task print. Nil discards
	// it. It must be safe for concurrent use where there are several Pythons.
	Output io.Writer
	// Terminal is where people talk to debuggers; see python.Config.
	Terminal *python.Terminal
	// Only, when set, is the Python of every place. Whoever sets it closes it.
	Only *python.Host

	mu   sync.Mutex
	used map[key]*entry
	turn int // counts the uses
}

// maxIdle bounds the Pythons that are kept warm while nobody uses them.
const maxIdle = 4

type key struct{ python, dir, cwd string }

type entry struct {
	host  *python.Host
	users int
	last  int  // turn of the last use
	once  bool // to be ended with the last use
}

// Of returns the Python of a pipeline, until release is called. It starts when it
// is first asked for something.
func (p *Pool) Of(ctx context.Context, at Place) (host *python.Host, release func(), err error) {
	if p.Only != nil {
		return p.Only, func() {}, nil
	}
	found, err := python.Find(python.Search{Dir: at.Root, Env: at.Env})
	if err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key{found.Path, at.Dir, at.Cwd}
	e := p.used[k]
	if e == nil {
		host, err := python.Start(ctx, python.Config{
			Python: found.Path, Dir: at.Dir, Cwd: at.Cwd, Env: at.Env, Output: p.Output, Terminal: p.Terminal,
			Path: []string{at.Cwd, at.Root, filepath.Join(at.Root, "src")},
		})
		if err != nil {
			return nil, nil, err
		}
		if p.used == nil {
			p.used = make(map[key]*entry)
		}
		e = &entry{host: host, once: at.Once}
		p.used[k] = e
	}
	p.turn++
	e.users, e.last = e.users+1, p.turn
	return e.host, sync.OnceFunc(func() { p.release(k, e) }), nil
}

// release ends one use of a Python, and the Pythons that have been idle longest.
func (p *Pool) release(of key, e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.users--
	if e.once && e.users == 0 && p.used[of] == e {
		e.host.Close()
		delete(p.used, of)
		return
	}
	for {
		idle := 0
		var oldest key
		for k, e := range p.used {
			if e.users > 0 {
				continue
			}
			idle++
			if o := p.used[oldest]; o == nil || e.last < o.last {
				oldest = k
			}
		}
		if idle <= maxIdle {
			return
		}
		p.used[oldest].host.Close()
		delete(p.used, oldest)
	}
}

// Close ends all Pythons.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.used {
		e.host.Close()
	}
	p.used = nil
}
