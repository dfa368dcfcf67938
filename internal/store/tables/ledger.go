package tables

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Ledger holds what a transaction of starts has found, and what it is to
// write. It decides one start after the other, each as if those before it were
// written, so that however many there are take as many statements as one.
type Ledger struct {
	// Leases are the owners of leases by epoch.
	Leases map[int64]string
	// Startable has the stored workflows whose projects are not deleted.
	Startable map[model.WorkflowID]bool
	// Unfinished has the sessions with an unfinished attempt, of those that
	// something is to come after.
	Unfinished map[model.SessionID]bool
	// Running counts the unfinished attempts of stored projects, up to the
	// most that anybody asks about.
	Running int
	// Definitions are the ids of definitions by their hashes.
	Definitions map[[sha256.Size]byte]int64
	// Versions are those of schedules.
	Versions map[model.ScheduleID]int64
	// Last are the ids that were given out last.
	Last IDs

	sessions map[sessionKey]*SessionRow
	attempts map[attemptKey]model.AttemptID
	fresh    []*SessionRow
	made     []AttemptRow
	tags     []TagRow
	places   []PlaceRow
	bodies   []DefinitionRow
	fired    map[model.ScheduleID]store.Schedule
	ticks    []store.Tick
}

// IDs are those of the newest rows.
type IDs struct{ Session, Attempt, Definition int64 }

type sessionKey struct {
	project       model.ProjectID
	workflow, key string
}

type attemptKey struct {
	session model.SessionID
	name    string
}

func keyOf(s *store.Session) sessionKey { return sessionKey{s.Project, s.Workflow, s.Key} }

// SessionRow is a session with the attempts that are known of it.
type SessionRow struct {
	store.Session
	// Attempts counts all, Last is the newest if it is made now.
	Attempts int
	Last     model.AttemptID
	isNew    bool
}

// AttemptRow is an attempt to be written.
type AttemptRow struct {
	store.Attempt
	Definition int64
	Pool       store.Pool
	Stored     []byte // its parameters
}

// DefinitionRow is a definition to be written.
type DefinitionRow struct {
	ID    int64
	Start *Start
}

// NewLedger returns a ledger, for so many starts, that has found nothing.
func NewLedger(starts int) *Ledger {
	return &Ledger{
		Leases:      make(map[int64]string),
		Startable:   make(map[model.WorkflowID]bool),
		Unfinished:  make(map[model.SessionID]bool),
		Definitions: make(map[[sha256.Size]byte]int64),
		Versions:    make(map[model.ScheduleID]int64),
		sessions:    make(map[sessionKey]*SessionRow, starts),
		attempts:    make(map[attemptKey]model.AttemptID, starts),
		made:        make([]AttemptRow, 0, starts),
		fired:       make(map[model.ScheduleID]store.Schedule),
	}
}

// Found notes a session and how many attempts it has; its attempt of a name,
// too, unless that is 0.
func (l *Ledger) Found(s store.Session, attempts int, name string, attempt model.AttemptID) {
	known := l.sessions[keyOf(&s)]
	if known == nil {
		known = &SessionRow{Session: s, Attempts: attempts}
		l.sessions[keyOf(&s)] = known
	}
	if attempt != 0 {
		l.attempts[attemptKey{s.ID, name}] = attempt
	}
}

// existing returns the attempt that a start asks for, or 0.
func (l *Ledger) existing(s *Start) model.AttemptID {
	if of := l.sessions[keyOf(&s.Session)]; of != nil {
		return l.attempts[attemptKey{of.ID, s.Name}]
	}
	return 0
}

// makeOrFind makes an attempt, unless its session has one of that name.
func (l *Ledger) makeOrFind(s *Start) (a store.Attempt, existing model.AttemptID, err error) {
	if existing = l.existing(s); existing != 0 {
		return a, existing, nil
	}
	if err := l.admit(s, 0); err != nil {
		return a, 0, err
	}
	return l.Make(s), 0, nil
}

// admit refuses a start that has no right or no room. before are the attempts
// of stored projects that are to be made before it.
func (l *Ledger) admit(s *Start, before int) error {
	if owner, stands := l.Leases[s.Epoch]; s.Owner != "" && (!stands || owner != s.Owner) {
		return lost(s.Owner, s.Epoch)
	}
	if s.Workflow != 0 && !l.Startable[s.Workflow] {
		return model.Errorf(model.NotFound, "there is no workflow %d, or its project was deleted", s.Workflow)
	}
	if s.MaxRunning != 0 && l.Running+before+room(s) > s.MaxRunning {
		return model.Errorf(model.Exhausted, "too many attempts are running: %d, and at most %d may", l.Running, s.MaxRunning)
	}
	return nil
}

// room is how many attempts a start makes that are bounded.
func room(s *Start) int {
	if s.Session.Project == 0 || s.Pool() != 0 {
		return 0
	}
	return 1
}

// admitAll refuses starts of which one can't be made.
func (l *Ledger) admitAll(starts []*Start) error {
	type attemptName struct {
		sessionKey
		name string
	}
	seen := make(map[attemptName]bool, len(starts))
	before := 0
	for _, s := range starts {
		name := attemptName{keyOf(&s.Session), s.Name}
		if seen[name] || l.existing(s) != 0 {
			return model.Errorf(model.Conflict, "session %s of workflow %s has an attempt %q already",
				s.Session.Key, s.Session.Workflow, s.Name)
		}
		if err := l.admit(s, before); err != nil {
			return err
		}
		seen[name] = true
		before += room(s)
	}
	return nil
}

// MakeAll makes attempts that were admitted.
func (l *Ledger) MakeAll(starts []*Start) []store.Attempt {
	list := make([]store.Attempt, len(starts))
	for i, s := range starts {
		if s.AfterFormer && i > 0 {
			after := *s // which may have to be made once more
			after.After = list[i-1].Session.ID
			s = &after
		}
		list[i] = l.Make(s)
	}
	return list
}

// Make makes an attempt that was admitted.
func (l *Ledger) Make(s *Start) store.Attempt {
	of := l.session(&s.Session)
	l.Last.Attempt++
	of.Attempts++
	of.Last = model.AttemptID(l.Last.Attempt)
	l.attempts[attemptKey{of.ID, s.Name}] = of.Last
	a := store.Attempt{
		AttemptRow: engine.AttemptRow{ID: of.Last, Params: s.Params},
		Session:    of.Session, Index: of.Attempts,
		Name: s.Name, Zone: s.Zone, Created: s.Created,
		Workflow: s.Workflow, Resume: s.Resume, After: s.After, Due: s.Due,
	}
	switch {
	case s.Owner != "":
		a.Owner, a.Epoch = s.Owner, s.Epoch
	case s.After != 0 && l.Unfinished[s.After]:
		a.Wake = model.Never
	case s.Queue != nil && !s.Queue.Taken:
		a.Wake = store.InQueue
	}
	l.Unfinished[of.ID] = true
	l.Running += room(s)
	l.made = append(l.made, AttemptRow{a, l.definition(s), s.Pool(), s.Stored})
	l.note(s, a.ID)
	return a
}

// note notes what else is to be written of an attempt: for most it is nothing.
func (l *Ledger) note(s *Start, id model.AttemptID) {
	for _, name := range s.Tags.Names() {
		l.tags = append(l.tags, TagRow{id, name, s.Tags[name]})
	}
	if s.Queue != nil {
		row := PlaceRow{Attempt: id, Turn: *s.Queue}
		if row.Taken {
			row.Admitted = max(s.Created, 1)
		}
		l.places = append(l.places, row)
	}
}

// session returns the session of a start, which it makes if it is new.
func (l *Ledger) session(of *store.Session) *SessionRow {
	if known := l.sessions[keyOf(of)]; known != nil {
		return known
	}
	l.Last.Session++
	one := &SessionRow{Session: *of, isNew: true}
	one.ID = model.SessionID(l.Last.Session)
	l.sessions[keyOf(of)] = one
	l.fresh = append(l.fresh, one)
	return one
}

// definition returns the id of what a start is to run.
func (l *Ledger) definition(s *Start) int64 {
	id, known := l.Definitions[s.Hash]
	if !known {
		l.Last.Definition++
		id = l.Last.Definition
		l.Definitions[s.Hash] = id
		l.bodies = append(l.bodies, DefinitionRow{id, s})
	}
	return id
}

// fire changes a schedule and makes the attempt that it is due for, if any.
func (l *Ledger) fire(f *store.Firing, s *Start) (a store.Attempt, err error) {
	id := f.Schedule.ID
	version, found := l.Versions[id]
	switch {
	case !found:
		return a, model.Errorf(model.NotFound, "there is no schedule %d", id)
	case version != f.Schedule.Version:
		return a, model.Errorf(model.Conflict, "schedule %d was changed by another", id)
	}
	to := f.Schedule
	if s != nil {
		a, _, err = l.makeOrFind(s)
		switch {
		case model.CodeOf(err) == model.Exhausted && err != nil:
			to = f.Refused
		case err != nil:
			return a, err
		}
	}
	l.Change(to)
	for i := range f.Ticks {
		l.ticks = append(l.ticks, f.Ticks[i].Kept())
	}
	if s != nil {
		l.ticks = append(l.ticks, store.TickOf(&s.Start, a.ID, err).Kept())
	}
	return a, err
}

// Change writes a schedule.
func (l *Ledger) Change(to store.Schedule) {
	l.Versions[to.ID]++
	to.Version = l.Versions[to.ID]
	l.fired[to.ID] = to
}

// Ticks are those to be written, in order.
func (l *Ledger) Ticks() []store.Tick { return l.ticks }

// Made are the attempts to be written, in order of id.
func (l *Ledger) Made() []AttemptRow { return l.made }

// Tags are those of the attempts to be written.
func (l *Ledger) Tags() []TagRow { return l.tags }

// Places are those that attempts to be written have in the run queue.
func (l *Ledger) Places() []PlaceRow { return l.places }

// Bodies are the definitions to be written, in order of id.
func (l *Ledger) Bodies() []DefinitionRow { return l.bodies }

// Fresh are the sessions to be written, in order of id.
func (l *Ledger) Fresh() []*SessionRow { return l.fresh }

// Grown are the sessions, in order of id, that are there and have another
// attempt.
func (l *Ledger) Grown() (list []*SessionRow) {
	if len(l.fresh) == len(l.made) {
		return nil
	}
	for _, s := range l.sessions {
		if !s.isNew && s.Last != 0 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *SessionRow) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Fired are the schedules to be written, in order of id.
func (l *Ledger) Fired() []store.Schedule {
	return slices.SortedFunc(maps.Values(l.fired), func(a, b store.Schedule) int { return cmp.Compare(a.ID, b.ID) })
}
