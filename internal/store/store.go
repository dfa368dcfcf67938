// Package store is the contract of durable state: sessions, attempts, their
// tasks and events, written in batches. Implementations live below it and
// pass the suite in storetest. The package decides nothing about workflows.
package store

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Store keeps the state of attempts. All methods are safe for concurrent use
// and durable when they return nil, unless the implementation says that it
// forgets. Errors carry a model.Code; a method that failed changed nothing,
// except Commit, which says more.
type Store interface {
	Starts
	Attempts
	History
	Values
	Owners
	// Close releases what the store holds. Calls after it fail.
	Close() error
}

// Session is a planned run of a workflow, unique by project, workflow and key.
type Session struct {
	ID       model.SessionID
	UUID     string
	Project  string
	Workflow string
	// Key tells the sessions of a workflow apart, such as a session time.
	Key string
	// Time is the instant that the session is for; zero when it has none.
	Time model.Instant
}

// Attempt is one execution of a session.
type Attempt struct {
	engine.AttemptRow
	Session Session
	// Name tells the attempts of a session apart; the first has none.
	Name string
	// Index counts the attempts of a session from 1.
	Index int
	// Zone is the time zone of the attempt, as in its workflow.
	Zone    string
	Created model.Instant
	// Owner is the conductor that drives it, or empty.
	Owner string
	Epoch int64
}

// Start asks for an attempt of a session that may or may not exist.
type Start struct {
	// Session describes it. Its ID is given by the store; UUID and Time count
	// for a new session only.
	Session Session
	// Name is the attempt's name.
	Name   string
	Zone   string
	Params params.Map
	// Definition is stored once for each content and pinned by the attempt.
	Definition *workflow.Workflow
	Created    model.Instant
	// Owner and Epoch claim the attempt for a conductor as it is made; an
	// empty owner leaves it unowned.
	Owner string
	Epoch int64
}

// Starts makes attempts.
type Starts interface {
	// StartAttempt makes the session if there is none for its key, and an
	// attempt of it. When the session has an attempt of that name already,
	// nothing is made, and the existing one is returned with made false.
	// Session ids, attempt ids and indexes grow in the order of success. It is
	// a Conflict when an attempt would be made for an owner whose lease does
	// not stand at that epoch.
	StartAttempt(ctx context.Context, s Start) (a Attempt, made bool, err error)
}

// Attempts reads and advances attempts.
type Attempts interface {
	// Attempt returns one attempt, or a NotFound error.
	Attempt(ctx context.Context, id model.AttemptID) (Attempt, error)
	// ListAttempts returns attempts that match, newest first, at most
	// page.Limit of them, and the cursor of the next page ("" at the end).
	// Its cost does not depend on how many come before the page. A limit or
	// cursor that no page has is Invalid.
	ListAttempts(ctx context.Context, f Filter, page Page) ([]Attempt, string, error)
	// Load returns all that restoring an attempt takes, as it was at one
	// moment, or a NotFound error. Tasks are in order of id, growths in order
	// of First and then of their writing.
	Load(ctx context.Context, id model.AttemptID) (*Snapshot, error)
	// Commit writes the batch in one transaction. When the batch names an
	// owner, every attempt in it must be owned by it in that epoch, and the
	// lease of the owner must stand at that epoch; otherwise nothing is
	// written and the error is Conflict. An attempt that does not exist is
	// NotFound, or Conflict for an owner. After any other error the caller
	// must assume that the batch may have been written: writing the same
	// batch again, alone or as the beginning of a larger one, is harmless,
	// and a Conflict where it released an attempt.
	Commit(ctx context.Context, b *Batch) error
}

// Filter selects attempts; zero fields match all.
type Filter struct {
	Project  string
	Workflow string
	Key      string
	Session  model.SessionID
	// Running selects attempts that are not done.
	Running bool
	// Unowned selects attempts without an owner.
	Unowned bool
	// Owner selects attempts of one owner.
	Owner string
}

// Page bounds a list. Limit is at most 1000; 0 means 100.
type Page struct {
	Limit  int
	Cursor string
}

// Snapshot is the stored state of one attempt.
type Snapshot struct {
	Attempt    Attempt
	Definition *workflow.Workflow
	Tasks      []engine.TaskRow
	Growths    []engine.Growth
	// Seq is the number of the newest event.
	Seq int64
}

// Batch is what one commit writes. The store keeps no reference to it.
type Batch struct {
	Owner string
	Epoch int64
	// Attempts update the state of existing attempts (their Params excepted).
	Attempts []engine.AttemptRow
	// Tasks are inserted, or replace the row with the same attempt and id;
	// the last of several rows of one task counts.
	Tasks []engine.TaskRow
	// Grown are added; one with the attempt, First, Parent and Kind of another
	// takes its place.
	Grown []engine.Growth
	// Events are added, in rising order of Seq for each attempt; those that
	// are there already stay.
	Events []engine.Event
	// Release names attempts that the owner lets go of.
	Release []model.AttemptID
}

// History reads events.
type History interface {
	// Events returns up to limit events of an attempt with a sequence number
	// above after, in order, or a NotFound error. A limit of 0 means 1000; a
	// negative one is Invalid.
	Events(ctx context.Context, id model.AttemptID, after int64, limit int) ([]engine.Event, error)
}

// Values keeps small shared values, by key, that expire.
type Values interface {
	// SetValues writes all pairs or none. Each lives until expires, when it
	// is gone; those that are gone by now may be forgotten.
	SetValues(ctx context.Context, pairs params.Map, now, expires model.Instant) error
	// GetValues returns those of the keys that exist and have not expired, in
	// the order of the keys.
	GetValues(ctx context.Context, keys []string, now model.Instant) (params.Map, error)
}

// Owners keeps the leases of conductors.
type Owners interface {
	// Lease makes or renews the lease of owner until the given instant. A new
	// lease, and one that had run out, gets a higher epoch than any before;
	// renewing with an epoch that is no longer the lease's is a Conflict.
	// Epoch 0 asks for a new lease: Conflict while another epoch of the same
	// owner has not run out. A lease has run out once now reaches its end;
	// what it owned is released when the next one is made.
	Lease(ctx context.Context, owner string, epoch int64, now, until model.Instant) (int64, error)
	// EndLease gives the lease up and releases every attempt it owned. Ending
	// a lease that does not stand at that epoch any more changes nothing.
	EndLease(ctx context.Context, owner string, epoch int64) error
	// Claim gives up to n running attempts to owner that have no owner, or
	// one whose lease has run out or whose process is known to be dead, oldest
	// first. With ids given, only those are considered. No attempt is given
	// twice. The other leases that have run out end by it; when owner's own
	// does not stand at that epoch or has run out, it is a Conflict.
	Claim(ctx context.Context, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error)
}

// ValueTTL is how long a shared value lives when nothing else is said.
const ValueTTL = 90 * 24 * time.Hour
