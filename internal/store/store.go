// Package store is the contract of durable state: sessions, attempts, their
// tasks and events, written in batches. Implementations live below it and
// pass the suite in storetest. The package decides nothing about workflows.
package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Store keeps the state of attempts. All methods are safe for concurrent use
// and durable when they return nil, unless the implementation says that it
// forgets. Errors carry a model.Code; a method that failed changed nothing,
// except Commit, which says more.
type Store interface {
	Projects
	Schedules
	Sensors
	Ticks
	Starts
	Attempts
	Inbox
	Signals
	History
	Log
	Digests
	Notes
	Values
	Owners
	Tags
	Backfills
	Queue
	Slots
	// Records keeps secrets of projects. A secret of a project that does not
	// exist, or was deleted, can't be put: NotFound.
	secret.Records
	Tokens
	Audit
	Orphans
	Pruner
	Items
	Versions
	Facts
	// Close releases what the store holds. Calls after it fail.
	Close() error
}

// Session is a planned run of a workflow, unique by project, workflow and key.
type Session struct {
	ID   model.SessionID
	UUID string
	// Project is zero for the runs of a folder, which is no stored project.
	Project  model.ProjectID
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
	Zone string
	// Workflow is the stored workflow that it runs, or zero.
	Workflow model.WorkflowID
	// Resume says what it takes over.
	Resume  Resume
	Created model.Instant
	// Due is when it was to be started, from which an SLA counts; zero for an
	// attempt that has none.
	Due model.Instant
	// After is the session whose attempts it comes after, or zero.
	After model.SessionID
	// Wake is when the attempt is to be driven on, while it has no owner. It
	// is model.Never while an attempt of the session After is unfinished; the
	// commit that ends the last one of them wakes it at once, or puts it into the
	// queue. It is InQueue while it waits there.
	Wake model.Instant
	// Owner is the conductor that drives it, or empty.
	Owner string
	Epoch int64
}

// Resume says whose finished tasks an attempt takes over instead of running
// them again. The zero value takes over nothing.
type Resume struct {
	// Attempt is the one that finished them.
	Attempt model.AttemptID
	// From is the full name of the task from which on everything is to run
	// again; empty takes over all tasks that succeeded, as does Anew. It has MaxFrom
	// bytes at most.
	From string
}

// MaxFrom bounds what is said of the tasks that are to run again, as it is read with
// every attempt of a list.
const MaxFrom = 64 << 10

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
	// Workflow is the stored workflow that Definition is of, or zero. When
	// there is none of that id, or its project was deleted, an attempt that
	// would be made is NotFound.
	Workflow model.WorkflowID
	Resume   Resume
	// After holds the attempt back while the session with that id has an
	// unfinished one. AfterFormer, in StartAll only, is the session of the
	// start before this one instead; the first start has none.
	After       model.SessionID
	AfterFormer bool
	// MaxRunning, if not zero, makes the start Exhausted where it would leave
	// more than that many attempts of stored projects unfinished, those that
	// are held back included. Those of programs, in pools of their own, don't
	// count.
	MaxRunning int
	Created    model.Instant
	// Tags are those that the attempt begins with.
	Tags model.Tags
	// Queue, if not nil, has the attempt wait in the run queue, after the session
	// that it comes after. It has no owner then.
	Queue *Turn
	// Due is when the attempt is to be started by, as Attempt.Due.
	Due model.Instant
	// Private puts the attempt into the pool of that name, whatever it runs.
	Private bool
	// Owner and Epoch claim the attempt for a conductor as it is made; an
	// empty owner leaves it unowned.
	Owner string
	Epoch int64
}

// OfItem is the From of an attempt that runs one item of a collection again, besides
// what has not succeeded: the full name of the collection, and the index of the item.
func OfItem(collection string, index int64) string {
	return "[" + strconv.FormatInt(index, 10) + "]" + collection // as no name of a task begins
}

// Item returns what OfItem has put into From, if anything.
func (r Resume) Item() (collection string, index int64, ok bool) {
	rest, found := strings.CutPrefix(r.From, "[")
	text, name, closed := strings.Cut(rest, "]")
	index, err := strconv.ParseInt(text, 10, 64)
	return name, index, found && closed && err == nil
}

// OfTasks is the From of an attempt that runs some tasks again, by their full names,
// with what all others did that ended well.
func OfTasks(names []string) string {
	text, _ := json.Marshal(names) // texts can be written
	return string(text)
}

// Tasks returns the names that OfTasks has put into From, if it has.
func (r Resume) Tasks() (names map[string]bool, ok bool) {
	var list []string
	if !strings.HasPrefix(r.From, `["`) || json.Unmarshal([]byte(r.From), &list) != nil {
		return nil, false
	}
	names = make(map[string]bool, len(list))
	for _, name := range list {
		names[name] = true
	}
	return names, true
}

// Anew is the From of an attempt that takes nothing over but what ended well in its
// Attempt, if it has one: its tasks are run also where what they give was made before.
const Anew = "*"

// Changed is the From of an attempt that goes on with no other, and whose memoised tasks
// are run only where what they give was not made before.
const Changed = "**"

// Task is the full name of the task from which on everything is to run again; "" for
// none, as where From says something else.
func (r Resume) Task() string {
	_, _, item := r.Item()
	if _, some := r.Tasks(); some || item || r.From == Anew || r.From == Changed {
		return ""
	}
	return r.From
}

// Again reports whether tasks that are run are to be so even where what they give was
// made before: what was asked to be done once more is done.
func (r Resume) Again() bool { return r.From != "" && r.From != Changed }

// Starts makes attempts.
type Starts interface {
	// StartAttempt makes the session if there is none for its key, and an
	// attempt of it. When the session has an attempt of that name already,
	// nothing is made, and the existing one is returned with made false.
	// Session ids, attempt ids and indexes grow in the order of success. It is
	// a Conflict when an attempt would be made for an owner whose lease does
	// not stand at that epoch.
	StartAttempt(ctx context.Context, s Start) (a Attempt, made bool, err error)
	// StartAll makes an attempt for each start, in order, in one transaction,
	// or none. It is a Conflict when the session of one has an attempt of
	// that name already; the error's message names the session by its key.
	StartAll(ctx context.Context, starts []Start) ([]Attempt, error)
}

// Attempts reads and advances attempts.
type Attempts interface {
	// Attempt returns one attempt, or a NotFound error.
	Attempt(ctx context.Context, id model.AttemptID) (Attempt, error)
	// Session returns one session with its newest attempt, or NotFound.
	Session(ctx context.Context, id model.SessionID) (SessionEntry, error)
	// FindSession returns the session of a workflow by its key, with its newest
	// attempt, or NotFound.
	FindSession(ctx context.Context, project model.ProjectID, workflow, key string) (SessionEntry, error)
	// LastSessionTime returns the latest Time of a workflow's sessions that is
	// before a time, or zero.
	LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (model.Instant, error)
	// ListSessions returns sessions that match, newest first, with pages as
	// those of ListAttempts.
	ListSessions(ctx context.Context, f SessionFilter, page Page) ([]SessionEntry, string, error)
	// ListAttempts returns attempts that match, newest first, at most
	// page.Limit of them, and the cursor of the next page ("" at the end).
	// Its cost does not depend on how many come before the page. A limit or
	// cursor that no page has is Invalid.
	ListAttempts(ctx context.Context, f Filter, page Page) ([]Attempt, string, error)
	// SearchAttempts returns attempts that match, newest first. Where no index
	// leads to them, it looks at a bounded number of attempts: a page may be short,
	// or empty, and have a cursor even so. Only an empty cursor is the end. What
	// can't be asked for is Invalid, as are a limit and a cursor that no page has.
	SearchAttempts(ctx context.Context, s Search, page Page) ([]Attempt, string, error)
	// Load returns all that restoring an attempt takes, as it was at one
	// moment, or a NotFound error. Tasks are in order of id, growths in order
	// of First and then of their writing.
	Load(ctx context.Context, id model.AttemptID) (*Snapshot, error)
	// LoadAll returns what Load does, for each of the ids in order, in few steps
	// however many they are. Each attempt is as it was at one moment, not all of
	// them at the same. One that does not exist or can't be read has its error
	// in its place, and keeps back no others. Tasks, growths and events may be
	// passed over of one that has not started and is not done: it should have
	// none.
	LoadAll(ctx context.Context, ids []model.AttemptID) ([]Loaded, error)
	// Commit writes the batch in one transaction. When the batch names an
	// owner, every attempt in it must be owned by it in that epoch, those
	// that consumed posts were put to included, and the lease of the owner
	// must stand at that epoch; otherwise nothing is written and the error is
	// Conflict. An attempt that does not exist is
	// NotFound, or Conflict for an owner. After any other error the caller
	// must assume that the batch may have been written: writing the same
	// batch again, alone or as the beginning of a larger one, is harmless,
	// and a Conflict where it released an attempt.
	Commit(ctx context.Context, b *Batch) error
}

// SessionEntry is a session as it stands in a list.
type SessionEntry struct {
	Session
	// Last is the newest of its attempts.
	Last Attempt
}

// SessionFilter selects sessions; zero fields match all.
type SessionFilter struct {
	Project  model.ProjectID
	Workflow string
	// Stored selects sessions of stored projects.
	Stored bool
}

// Filter selects attempts; zero fields match all.
type Filter struct {
	Project  model.ProjectID
	Workflow string
	Session  model.SessionID
	// Stored selects attempts of stored projects.
	Stored bool
	// Last selects the newest attempt of each session.
	Last bool
	// Running selects attempts that are not done.
	Running bool
	// Ended selects attempts that ended in that state.
	Ended engine.AttemptState
	// Unowned selects attempts without an owner.
	Unowned bool
	// Owner selects attempts of one owner.
	Owner string
}

// Page bounds a list. Limit is at most MaxLimit; 0 means 100.
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
	// Inbox has what was posted to the attempt and is not consumed, in order.
	Inbox []Post
}

// Restore returns the attempt as it is stored.
func (s *Snapshot) Restore() (*engine.Attempt, error) {
	return engine.Restore(s.Definition, s.Attempt.AttemptRow, s.Growths, s.Tasks, s.Seq)
}

// Loaded is one of many attempts that were to be read.
type Loaded struct {
	Snapshot *Snapshot
	// Err is why there is no Snapshot.
	Err error
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
	// Listening replace the subscriptions of their tasks; the last of several of
	// one task counts, and the last of a task's keys with the same topic, param
	// and value. Early messages that have a key that is new to its task are
	// posted to it, in their order, in the same transaction, unless it is Fresh;
	// where several tasks open a key, to the one that has listened for longest.
	// An attempt that is done listens to nothing, whatever is said.
	Listening []engine.Listening
	// Records are added to the outbox, in order; one that is there already
	// stays.
	Records []engine.Record
	// Buried are added to the dead letters, in order; one of the same task,
	// source and instant that is there already stays.
	Buried []engine.Buried
	// Items change rows of items, in order. Each was added before.
	Items []engine.ItemRow
	// Dropped are deleted when all else is written: tasks, and growths below them.
	Dropped []engine.Dropped
	// Versions are noted, in order: what was made of a version takes the place of what
	// was made no later, and what is Replayed was used. Where no attempt made it, or not
	// any more, that changes nothing.
	Versions []engine.Versioned
	// Consumed names posts whose commands have been applied. They are gone
	// after the commit; those that are gone already are passed over.
	Consumed []PostID
	// Release names attempts that the owner lets go of.
	Release []Release
}

// Release lets go of an attempt.
type Release struct {
	Attempt model.AttemptID
	// Wake is when it is to be driven on if nothing is posted before: zero
	// for at once, model.Never for not at all. What is in the attempt's inbox
	// and not consumed, by this batch included, wakes it at once.
	Wake model.Instant
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

// Owners keeps the leases of conductors and of workers. How long they last is
// measured by the store, with one clock for all who share it: those of their
// machines may differ.
type Owners interface {
	// Lease makes or renews the lease of owner, so that it lasts for d from now
	// on. A new lease gets a higher epoch than any before. One that has run out
	// can be renewed until somebody ends it, as an owner may have been unable to
	// reach the store for as long as nobody else was; renewing with an epoch
	// that is no longer the lease's is a Conflict. Epoch 0 asks for a new lease:
	// Conflict while another epoch of the same owner has not run out. What a
	// lease owned that has run out is released when the next one is made.
	Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error)
	// EndLease gives the lease up and releases every attempt it owned. Ending
	// a lease that does not stand at that epoch any more changes nothing.
	EndLease(ctx context.Context, owner string, epoch int64) error
	// Claim gives up to n running attempts to owner that have no owner, or
	// one whose lease has run out or whose process is known to be dead: those
	// whose Wake is not after now, the longest due first and then the oldest.
	// With ids given, only those are considered, whatever their Wake. No
	// attempt is given twice. Without ids, they are those of the pool. The other
	// leases that have run out end by it,
	// and what they owned is to be woken at once; when owner's own does not
	// stand at that epoch or has run out, it is a Conflict.
	Claim(ctx context.Context, pool Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error)
	// Due returns the earliest Wake of the running attempts of the pool without
	// owner, model.Never if none is to be woken. It costs next to nothing, and
	// does not look at leases.
	Due(ctx context.Context, pool Pool) (model.Instant, error)
}

// Pool says who can drive an attempt: everybody, in pool 0, or only the program
// that has the functions of its tasks, in the pool with the number of the project.
type Pool model.ProjectID

// Private is the pool of attempts whose tasks need what is in one place only, such as
// the files in a folder: who is there claims them by their ids, and nobody by the pool.
const Private Pool = -1

// Pool returns the pool of the attempt that is to be made.
func (s *Start) Pool() Pool {
	if s.Private {
		return Private
	}
	return poolOf(s.Definition, s.Session.Project)
}

// PoolOf returns the pool of the attempts of a workflow, which has its definition.
func PoolOf(w *Workflow) Pool { return poolOf(w.Definition, w.Project) }

func poolOf(w *workflow.Workflow, of model.ProjectID) Pool {
	if w.Dialect == workflow.Program {
		return Pool(of)
	}
	return 0
}

// ValueTTL is how long a shared value lives when nothing else is said.
const ValueTTL = 90 * 24 * time.Hour
