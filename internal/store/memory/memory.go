// Package memory is a store that forgets everything when it is closed. It is
// for tests, simulations and runs that need no history. It knows nothing of
// disks, and uses its clock for nothing but leases.
package memory

import (
	"context"
	"iter"
	"sync"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

// Store keeps everything in memory. It never copies what the engine shares and
// never changes: details, parameters, definitions and commands.
type Store struct {
	store.Watchers
	clock  clock.Clock
	mu     sync.Mutex
	closed bool

	// What has an id n is at n-1; nil is what was pruned.
	projects  []*store.Project
	revisions []*revision
	workflows []*store.Workflow
	sessions  []*session
	attempts  []*attempt

	live map[string]*store.Project // by name, those that are not deleted
	// schedules are in order of id; scheduleID is that of the newest.
	schedules  []*store.Schedule
	scheduleID model.ScheduleID
	sensors    sensors
	keys       map[sessionKey]*session
	// running counts the unfinished attempts that are bounded.
	running int
	// posts are in order of id; postID is that of the newest.
	posts  []post
	postID store.PostID
	leases map[string]lease
	epoch  int64 // of the newest lease
	values map[string]value
	// versions has what tasks gave, by what they were made of.
	versions map[versionKey]store.Address
	queue    runQueue
	// slots are the claims of tries, pools the sizes that are stored.
	slots map[slotKey]*slotClaim
	pools map[string]int
	// orphanID is that of the newest.
	orphans  map[store.OrphanID]orphan
	orphanID store.OrphanID

	secrets map[secret.Place]string
	tokens  map[store.TokenHash]store.Token
	// audit is in order of time and then of id; auditID is that of the newest.
	audit   []store.AuditEntry
	auditID store.AuditID
	notes   map[string]string
	// ticks are in order of time and then of id; tickID is that of the newest.
	ticks  []store.Tick
	tickID store.TickID
	// facts are in order of time and then of id; factID is that of the newest.
	facts  []store.Fact
	factID int64
	signals
	journal
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return NewWith(clock.System{}) }

// NewWith returns an empty store that tells by a clock how long leases last.
func NewWith(c clock.Clock) *Store {
	return &Store{
		clock:    c,
		live:     make(map[string]*store.Project),
		keys:     make(map[sessionKey]*session),
		leases:   make(map[string]lease),
		values:   make(map[string]value),
		versions: make(map[versionKey]store.Address),
		queue:    runQueue{make(map[model.AttemptID]*place), make(admission.Spent)},
		slots:    make(map[slotKey]*slotClaim),
		pools:    make(map[string]int),

		notes:   make(map[string]string),
		orphans: make(map[store.OrphanID]orphan),
		secrets: make(map[secret.Place]string),
		tokens:  make(map[store.TokenHash]store.Token),
		signals: newSignals(),
		journal: newJournal(),
	}
}

// Close makes later calls fail. It never fails itself.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// enter locks the store for a call, unless the call is not to be served.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return model.Errorf(model.Unavailable, "use store: %w", context.Cause(ctx))
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return model.Errorf(model.Unavailable, "the store is closed")
	}
	return nil
}

// enterPage is enter for a call that lists: it returns the limits of the page.
func (s *Store) enterPage(ctx context.Context, p store.Page) (limit int, past int64, err error) {
	if limit, past, err = p.Bounds(); err == nil {
		err = s.enter(ctx)
	}
	return limit, past, err
}

// write makes a call that changes the store and may leave others something to
// do: when it reports so, who watches is called after it.
func (s *Store) write(ctx context.Context, change func() (call bool, err error)) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	call, err := s.locked(change)
	if call {
		s.Call()
	}
	return err
}

func (s *Store) locked(change func() (bool, error)) (bool, error) {
	defer s.mu.Unlock()
	return change()
}

// at returns what has an id in one of the store's lists.
func at[E any, ID ~int64](list []*E, id ID, what string) (*E, error) {
	if id < 1 || int(id) > len(list) || list[id-1] == nil {
		return nil, model.Errorf(model.NotFound, "there is no %s %d", what, id)
	}
	return list[id-1], nil
}

// all yields what is left in one of the store's lists, in order of id.
func all[E any](list []*E) iter.Seq[*E] { return oldest(list, 0) }

// attempt returns one attempt.
func (s *Store) attempt(id model.AttemptID) (*attempt, error) { return at(s.attempts, id, "attempt") }
