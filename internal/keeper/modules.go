package keeper

import (
	"os"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/source/python"
)

// modules remembers what stands in modules of Python, of which many tasks are
// functions. It is safe for concurrent use.
type modules struct {
	mu   sync.Mutex
	read map[string]*module
}

// module is a file as it was when it was read.
type module struct {
	id        files.Identity
	text      string
	functions []python.Function
}

// maxModules bounds the modules that are remembered.
const maxModules = 64

// of returns the module of a file as it is now.
func (m *modules) of(path string, now time.Time) (*module, error) {
	id, exists, err := files.Identify(path)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	known := m.read[path]
	m.mu.Unlock()
	if known != nil && exists && known.id == id {
		return known, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	found := &module{id, string(text), python.Functions(string(text))}
	if exists && id.Settled(now) {
		m.remember(path, found)
	}
	return found, nil
}

// remember keeps a module, unless the file has changed while it was read.
func (m *modules) remember(path string, found *module) {
	if id, exists, err := files.Identify(path); err != nil || !exists || id != found.id {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.read == nil || len(m.read) >= maxModules {
		m.read = make(map[string]*module)
	}
	m.read[path] = found
}

// source returns the text of the last function of a name, which is the one that
// counts, and whether there is one.
func (m *module) source(name string) (string, bool) {
	if f := last(m.functions, name); f != nil {
		return f.Source(m.text), true
	}
	return "", false
}
