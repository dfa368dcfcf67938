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
	mu     sync.Mutex
	hashes map[weak.Pointer[workflow.Workflow]][sha256.Size]byte
	loaded map[int64]weak.Pointer[workflow.Workflow]
}

func newDefinitions() *definitions {
	return &definitions{
		hashes: make(map[weak.Pointer[workflow.Workflow]][sha256.Size]byte),
		loaded: make(map[int64]weak.Pointer[workflow.Workflow]),
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
	d.mu.Lock()
	w := d.loaded[id].Value()
	d.mu.Unlock()
	if w != nil {
		return w, nil
	}
	err := c.Query(`SELECT body FROM definitions WHERE id = ?`, func(r Row) (err error) {
		w, err = record.DecodeDefinition(r.Blob(0))
		return err
	}, id)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, model.Errorf(model.Internal, "definition %d is missing", id)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loaded[id] = weak.Make(w)
	runtime.AddCleanup(w, d.forgetLoaded, id)
	return w, nil
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

// EncodeDefinition returns the hash that a definition is known by, and a
// function that returns the form that has it.
func (t *Tables) EncodeDefinition(w *workflow.Workflow) (hash [sha256.Size]byte, body func() []byte) {
	e := t.definitions.encode(w)
	return e.hash, e.body
}
