package expr

import (
	"strings"
	"sync"
)

// cache holds what was parsed last, in two generations: what is used moves to
// the younger one, and when that is full the older one is dropped.
type cache struct {
	mu         sync.RWMutex
	young, old map[string]*template
	size       int // bytes of text in young
}

const (
	cacheBytes = 8 << 20
	// cacheEntry is what an entry costs beside its text, roughly.
	cacheEntry = 1 << 10
)

// templates is shared by all evaluators: what a text says depends on nothing else.
var templates cache

func (c *cache) get(text string) *template {
	c.mu.RLock()
	t, ok := c.young[text]
	if !ok {
		t = c.old[text]
	}
	c.mu.RUnlock()
	if !ok && t != nil {
		c.put(text, t)
	}
	return t
}

func (c *cache) put(text string, t *template) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(text) + cacheEntry
	if size > cacheBytes/8 {
		return
	}
	if c.young == nil || c.size+size > cacheBytes {
		c.young, c.old, c.size = make(map[string]*template), c.young, 0
	}
	if _, known := c.young[text]; !known {
		c.young[strings.Clone(text)] = t
		c.size += size
	}
}
