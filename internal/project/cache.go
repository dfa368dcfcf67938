package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// cache keeps archives as files. The ones that were used least lately make room.
type cache struct {
	dir      string
	largest  int64 // bytes of one archive
	capacity int64 // bytes of all

	mu      sync.Mutex
	entries map[string]*cached
	size    int64  // bytes of all entries
	uses    uint64 // counts up, to tell which entry was used last
}

// cached is an archive in the cache, or on its way there.
type cached struct {
	key  string
	turn chan struct{} // who has put something in may look at file and size
	file string        // empty until the archive is there
	size int64

	// Guarded by the cache's mutex.
	users int
	used  uint64
	gone  bool // not among the entries any more
}

func newCache(dir string, largest, capacity int64) *cache {
	return &cache{dir: dir, largest: largest, capacity: capacity, entries: map[string]*cached{}}
}

// acquire returns an archive that stays until it is released. If a fetch fails,
// the next one who waits for the archive tries.
func (c *cache) acquire(ctx context.Context, key string, fetch Fetch) (*cached, error) {
	e := c.enter(key)
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), c.release(e))
	}
	err := c.fill(ctx, e, fetch)
	<-e.turn
	if err != nil {
		return nil, errors.Join(err, c.release(e))
	}
	return e, nil
}

func (c *cache) enter(key string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		e = &cached{key: key, turn: make(chan struct{}, 1)}
		c.entries[key] = e
	}
	e.users++
	c.uses++
	e.used = c.uses
	return e
}

// fill fetches an archive unless it is there.
func (c *cache) fill(ctx context.Context, e *cached, fetch Fetch) error {
	if e.file != "" {
		return nil
	}
	body, err := fetch(ctx)
	if err != nil {
		return err
	}
	file, size, err := c.save(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("fetch archive: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e.file, e.size = file, size
	if !e.gone {
		c.size += size
	}
	return nil
}

func (c *cache) save(body io.Reader) (name string, size int64, err error) {
	f, err := os.CreateTemp(c.dir, "archive-*.tar.gz")
	if err != nil {
		return "", 0, err
	}
	size, err = io.Copy(f, &capped{r: body, left: c.largest, limit: c.largest})
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, errors.Join(err, os.Remove(f.Name()))
	}
	return filepath.Clean(f.Name()), size, nil
}

// forget makes the next acquire fetch the archive again.
func (c *cache) forget(e *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(e)
}

// drop takes an entry out. Its file goes with its last user.
func (c *cache) drop(e *cached) {
	if !e.gone {
		e.gone = true
		delete(c.entries, e.key)
		c.size -= e.size
	}
}

// release ends the use of an archive and makes room.
func (c *cache) release(e *cached) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.users--
	if e.users == 0 && e.file == "" {
		c.drop(e)
	}
	unused := []*cached{e}
	for c.size > c.capacity {
		old := c.oldest()
		if old == nil {
			break
		}
		c.drop(old)
		unused = append(unused, old)
	}
	var errs []error
	for _, e := range unused {
		if e.gone && e.users == 0 && e.file != "" {
			errs = append(errs, os.Remove(e.file))
			e.file = ""
		}
	}
	return errors.Join(errs...)
}

// oldest returns the entry that nobody uses and whose last use is the longest
// ago, or nil.
func (c *cache) oldest() *cached {
	var old *cached
	for _, e := range c.entries {
		if e.users == 0 && (old == nil || e.used < old.used) {
			old = e
		}
	}
	return old
}
