// Package blobplugin is for authors of plug-ins for object storage: programs
// named pawl-blob-NAME through which a server keeps archives and the output of
// tasks in a storage of type NAME.
//
// A plug-in is a Store and a main function:
//
//	func main() { os.Exit(blobplugin.Main("pawl-blob-NAME 1.0", open)) }
//
// The package speaks the protocol of docs/reference/blob-plugins.md, over
// standard input and output. It knows nothing of any storage.
package blobplugin

import (
	"context"
	"io"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// Store keeps objects. Its methods may be called concurrently; contexts end when
// the caller is not interested any more.
type Store = blob.Store

// Object describes what is stored under a key.
type Object = blob.Object

// PutOptions says how an object is stored.
type PutOptions = blob.PutOptions

// Error is an error with a code, which callers go by, and a hint for people.
type Error = model.Error

// Code says what kind of failure an error is.
type Code = model.Code

// The codes that a store's errors have. An error without a code is Internal.
const (
	Internal    = model.Internal
	Invalid     = model.Invalid
	NotFound    = model.NotFound
	Conflict    = model.Conflict
	Forbidden   = model.Forbidden
	Unavailable = model.Unavailable
)

// Errorf returns an error with a code; %w sets its cause.
func Errorf(code Code, format string, args ...any) *Error {
	return model.Errorf(code, format, args...)
}

// CheckKey refuses what is no key, as every method of a Store that takes one does.
func CheckKey(key string) error { return blob.CheckKey(key) }

// CheckLimit refuses a limit that no list has.
func CheckLimit(limit int) error { return blob.CheckLimit(limit) }

// Exactly returns a reader of a body that fails with Invalid, before it gives the
// last byte away, unless the body has exactly size bytes.
func Exactly(body io.Reader, size int64) io.Reader { return blob.Exactly(body, size) }

// Until returns a reader that fails once the context has ended.
func Until(ctx context.Context, r io.Reader) io.Reader { return blob.Until(ctx, r) }

// Settings are those of the storage, by the rest of their keys: what the server
// has as archive.NAME.bucket is bucket.
type Settings map[string]string

// Check refuses settings that are not among the known ones.
func (s Settings) Check(known ...string) error { return wire.CheckSettings(s, known) }

// Open opens the store that settings describe, once for each process. It should
// not wait for the storage: what is wrong there is the error of the first call.
type Open func(ctx context.Context, settings Settings) (Store, error)

// Main runs a plug-in until standard input ends, and returns its exit code.
// Program is its name and version for the server's log. What is printed to
// os.Stdout meanwhile goes to standard error, and that to the server's log.
//
// A plug-in takes no arguments. It lets signals pass that end the server, which
// may have much to store when it gets them.
func Main(program string, open Open) int { return server(program, open).Main() }

// Serve answers what is asked on in until that ends, which is no error; then it
// calls off what is left, waits for it and closes the store.
func Serve(in io.Reader, out io.Writer, program string, open Open) error {
	return server(program, open).Serve(in, out)
}
