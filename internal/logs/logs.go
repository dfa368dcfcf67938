// Package logs keeps what tries print.
//
// Store is the contract. A Dir is a folder with one file for each try. A Bucket
// is object storage that many machines share: what is printed goes to a file of
// the machine first, and from there to an object for each run of a try. Logs are
// made when a try prints for the first time, so one that prints nothing costs
// nothing. Logstest is the suite that both pass.
//
// The package knows neither secrets nor who looks at the output.
package logs

import (
	"context"
	"io"

	"github.com/pawlhq/pawl/internal/model"
)

// Store is where logs are kept. Its methods may be called concurrently, also in
// several processes. A task is named by its full name.
type Store interface {
	// Append opens what a try prints from now on, on this machine. It is added to
	// what earlier runs of the same try have printed. The caller closes it, which
	// may wait for a moment.
	Append(id model.TryID, task string) (*Log, error)

	// List returns the logs of an attempt, in order of task and try.
	List(ctx context.Context, id model.AttemptID) ([]File, error)

	// Open opens the log of a try as it is now: reading it ends, although more is
	// printed. The caller closes it. The code is NotFound if there is none. The
	// context counts for the reading, too.
	Open(ctx context.Context, id model.TryID, task string, show Show) (io.ReadCloser, error)

	// FollowFrom reads the log of a try, which need not exist yet, from an offset
	// on. Its io.EOF means that there is nothing more as yet: a later call goes on
	// where that one ended. What another machine or another run prints may show
	// some seconds late, but a new reader finds all that is there.
	FollowFrom(ctx context.Context, id model.TryID, task string, show Show, offset int64) Reader

	// Watch calls f, from any goroutine, after something was written to the log
	// of a try. The log need not exist yet: f is called when this process makes
	// it. Several writes may be one call, and a call may come without reason. f
	// must be quick, and use neither Watch nor stop.
	//
	// Watch reports false where it can't tell of all writes, so that whoever
	// follows the log has to look from time to time. The watching ends with
	// stop, after which f is not called.
	Watch(id model.TryID, task string, f func()) (stop func(), tells bool)

	// Link returns a URL from which anyone can get a log of a list for some
	// time, compressed by gzip, with a first line that says whose it is. It is
	// "" if the log has no URL.
	Link(ctx context.Context, f File) (string, error)

	// Remove deletes all logs of an attempt that has ended.
	Remove(ctx context.Context, id model.AttemptID) error
}

// File is the log of one try.
type File struct {
	ID model.TryID
	// Name is what is kept of the full name of its task (see KeptName).
	Name string
	// Size is how many bytes it takes as yet where it is kept.
	Size int64
	// object is the key of the object that is the whole log, or empty.
	object string
}
