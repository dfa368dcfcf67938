package store

import (
	"slices"
	"sync"
)

// Watchers calls those who watch a store, in the order in which they came, for
// implementations. The zero value has none.
type Watchers struct {
	mu  sync.RWMutex
	all []*func()
}

// Watch implements Inbox.Watch.
func (w *Watchers) Watch(f func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, &f)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = slices.DeleteFunc(w.all, func(g *func()) bool { return g == &f })
	}
}

// Call calls all who watch. They must not use Watch, or stop, themselves.
func (w *Watchers) Call() {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, f := range w.all {
		(*f)()
	}
}
