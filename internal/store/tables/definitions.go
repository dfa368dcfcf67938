package tables

import (
	"crypto/sha256"
	"runtime"
	"sync"
	"weak"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/workflow"
)

// definitions knows those that are in use, so that the many attempts of one
// workflow share it and don't encode and decode it again. It keeps none alive.
type definitions struct {
	numbers string // the dialect's
	mu      sync.Mutex
	hashes  map[weak.Pointer[workflow.Workflow]][sha256.Size]byte
	loaded  map[int64]weak.Pointer[workflow.Workflow]
}

func newDefinitions(numbers string) *definitions {
	return &definitions{
		numbers: numbers,
		hashes:  make(map[weak.Pointer[workflow.Workflow]][sha256.Size]byte),
		loaded:  make(map[int64]weak.Pointer[workflow.Workflow]),
	}
}

// encoded is a definition that is ready to be stored.
type encoded struct {
	hash [sha256.Size]byte
	// body returns the form that has this hash.
	body func() []byte
}

func (d *definitions) encode(w *workflow.Workflow) encoded {
	key := weak.Make(w)
	body := func() []byte { return record.Definition(w) }
	d.mu.Lock()
	hash, ok := d.hashes[key]
	d.mu.Unlock()
	if ok {
		return encoded{hash, body}
	}
	form := body()
	hash = sha256.Sum256(form)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hashes[key] = hash
	runtime.AddCleanup(w, d.forgetHash, key)
	return encoded{hash, func() []byte { return form }}
}

// store returns the id of a definition, which it writes if it is new.
func (e encoded) store(c Conn) (int64, error) {
	id, found, err := number(c, `SELECT id FROM definitions WHERE hash = ?`, e.hash[:])
	if found || err != nil {
		return id, err
	}
	return c.Insert(`INSERT INTO definitions (hash, body) VALUES (?, ?)`, e.hash[:], e.body())
}

// load returns the definition with an id.
func (d *definitions) load(c Conn, id int64) (*workflow.Workflow, error) {
	found, err := d.loadAll(c, []int64{id})
	if err != nil {
		return nil, err
	}
	return found[id].workflow, found[id].err
}

// definition is one that was loaded, or why it was not.
type definition struct {
	workflow *workflow.Workflow
	err      error
}

// loadAll returns the definitions with these ids.
func (d *definitions) loadAll(c Conn, ids []int64) (map[int64]definition, error) {
	found, missing := d.known(ids)
	if len(missing) == 0 {
		return found, nil
	}
	err := c.Query(`SELECT id, body FROM definitions WHERE id IN (`+d.numbers+`)`, func(r Row) error {
		w, err := record.DecodeDefinition(r.Blob(1))
		found[r.Int(0)] = definition{w, err}
		if err == nil {
			d.keep(r.Int(0), w)
		}
		return nil
	}, idList(missing))
	return found, err
}

// known returns those that are in use and, of the others, the ids. That these
// are missing is said of each, until it is found.
func (d *definitions) known(ids []int64) (found map[int64]definition, missing []int64) {
	found = make(map[int64]definition)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		if _, seen := found[id]; seen {
			continue
		}
		if w := d.loaded[id].Value(); w != nil {
			found[id] = definition{workflow: w}
			continue
		}
		found[id] = definition{err: model.Errorf(model.Internal, "definition %d is missing", id)}
		missing = append(missing, id)
	}
	return found, missing
}

// keep lets others share a definition while it is in use.
func (d *definitions) keep(id int64, w *workflow.Workflow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loaded[id] = weak.Make(w)
	runtime.AddCleanup(w, d.forgetLoaded, id)
}

func (d *definitions) forgetHash(key weak.Pointer[workflow.Workflow]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.hashes, key)
}

// forgetLoaded drops the entry of a definition that is gone, unless it was
// loaded once more since.
func (d *definitions) forgetLoaded(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loaded[id].Value() == nil {
		delete(d.loaded, id)
	}
}
