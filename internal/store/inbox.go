package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// PostID numbers what was posted to a store, in order.
type PostID int64

// Post is a command on its way to the owner of an attempt, from somebody who
// is not: a message's consumer, a client, a worker on another machine.
type Post struct {
	ID      PostID
	Attempt model.AttemptID
	// Command is to be applied once. Posts of one attempt are applied in
	// order. Trees in it are finished, and so they are when it is read.
	Command engine.Command
	// Unowned says that nobody owned the attempt when it came. Only Load tells.
	Unowned bool
	// Err is why the command can't be read, which is zero then. Only Posted
	// returns such posts; of an attempt that has one, Load fails.
	Err error
}

// Inbox carries commands to the owners of attempts.
type Inbox interface {
	// Post puts commands into the inboxes of their attempts, all or none, and
	// numbers them in order of success. An attempt without owner is to be
	// woken at once, unless it is held back by another session, or by the queue: then
	// what is posted waits with it. One that is done is a Conflict, one that does not exist
	// is NotFound. The ids given are ignored. What is in the inbox of an
	// attempt when it ends is gone.
	Post(ctx context.Context, posts []Post) error
	// Posted returns up to n posts with an id above after, in order, that came
	// while owner owned their attempts in that epoch, that no commit has consumed,
	// and whose attempts it owns still. Load has those that came before, so that
	// this costs nothing for what waits in the inboxes of others.
	Posted(ctx context.Context, owner string, epoch int64, after PostID, n int) ([]Post, error)
	// Watch calls f, from any goroutine and from several at once, after
	// something was written that another process or an idle conductor may
	// have to act upon: a post, an attempt without owner, a schedule, a record
	// to be sent, a message that will expire. It may be called without reason,
	// and a call may be lost: it saves waiting, and nothing depends on it. It
	// must be quick and not use the store. The watching ends with stop, which
	// waits for a call that is under way.
	Watch(f func()) (stop func())
}
