// Package blob is the contract of object storage: immutable pieces of bytes
// under keys, such as the archives of projects and the output of tasks.
//
// It says what every store does and what a key is; the packages below it are
// the stores, and blobtest is the suite that all of them pass. It knows nothing
// of what the bytes mean.
package blob

import (
	"context"
	"io"
	"time"
)

// Store keeps objects. Its methods may be called concurrently.
//
// A key that CheckKey refuses is Invalid. Beside the codes that a method names,
// each may fail with Forbidden when the store refuses its credentials, and with
// Unavailable when the store cannot be reached: trying again may help. When the
// context ends first, the error wraps its error.
type Store interface {
	// Put stores an object; when it returns nil, the object survives a crash.
	// Others see the whole object or none of it. A body that fails, or that
	// does not have exactly the bytes that the options say, stores nothing.
	// The code is Conflict if the object exists and must not.
	//
	// An Unavailable Put may have stored the object all the same.
	Put(ctx context.Context, key string, body io.Reader, options PutOptions) error

	// Get opens an object, as it is now, for reading; the caller closes it. The
	// code is NotFound if there is none. The context counts for the reading,
	// too.
	Get(ctx context.Context, key string) (io.ReadCloser, Object, error)

	// Stat describes an object. The code is NotFound if there is none.
	Stat(ctx context.Context, key string) (Object, error)

	// List returns objects whose keys start with prefix and come after a key in
	// the order of bytes, in that order. They are as many as there are up to
	// limit, which is from 1 to MaxLimit. Fewer than limit are the last.
	List(ctx context.Context, prefix, after string, limit int) ([]Object, error)

	// Delete removes an object; when it returns nil, there is none, even after
	// a crash. It is no error if there was none.
	Delete(ctx context.Context, key string) error

	// SignGet returns a URL from which anyone can get the object for as long as
	// its lifetime, or "" if the store has no such URLs. It does not look
	// whether the object exists.
	SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error)

	// Close releases what the store holds. It comes after all other calls.
	Close() error
}

// MaxLimit is how many objects a list has at most.
const MaxLimit = 1000

// PutOptions says how an object is stored.
type PutOptions struct {
	// Size is the length of the body in bytes.
	Size int64
	// IfAbsent refuses to replace an object. Of several calls at the same time
	// one succeeds.
	IfAbsent bool
	// ContentType is what a store with URLs serves the object as. Defaults to
	// application/octet-stream.
	ContentType string
}

// Object describes what is stored under a key.
type Object struct {
	Key  string
	Size int64 // bytes
	// Modified is when the object was stored, to the precision of the store.
	Modified time.Time
	// Tag is the entity tag of a store that has such; see s3.Compare. Empty where
	// there is none.
	Tag string
}
