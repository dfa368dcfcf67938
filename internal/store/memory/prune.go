package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// sweep is a call of Prune.
type sweep struct {
	*store.Pruned
	store *Store
	of    store.Retention
	now   model.Instant
	limit int
}

// Prune implements store.Pruner.
func (s *Store) Prune(ctx context.Context, of store.Retention, now model.Instant, page store.Page) (p store.Pruned, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil {
		return p, "", err
	}
	if err := s.enter(ctx); err != nil {
		return p, "", err
	}
	defer s.mu.Unlock()
	w := sweep{&p, s, of, now, limit}
	past = w.attempts(past)
	values, audit, letters, ticks := w.values(), w.audit(), w.letters(), w.ticks()
	facts := w.facts()
	if past != store.Last || w.projects() || values || audit || letters || ticks || facts {
		next = past.Cursor()
	}
	return p, next, nil
}

// attempts goes on after a place, and returns the one that it came to.
func (w *sweep) attempts(past store.Mark) store.Mark {
	old := w.ended(past)
	tasks := 0
	for i, a := range old {
		if i == w.limit || tasks >= store.PruneTasks {
			return past
		}
		past = endOf(a)
		if w.needed(a) {
			continue
		}
		w.store.dropAttempt(a)
		w.Attempts = append(w.Attempts, a.ID)
		tasks += int(a.Tasks)
		if len(a.of.attempts) == 0 {
			w.store.dropSession(a.of)
			w.Sessions = append(w.Sessions, a.of.ID)
		}
	}
	return store.Last
}

func endOf(a *attempt) store.Mark { return store.Mark{Time: a.Ended, ID: int64(a.ID)} }

// ended returns the attempts after a place that are old enough, in order.
func (w *sweep) ended(past store.Mark) (old []*attempt) {
	for a := range all(w.store.attempts) {
		before := store.Expired(w.now, w.of.AttemptsOf(w.store.nameOf(a.Session.Project), a.Session.Workflow))
		if a.State.Done() && a.Ended < before && endOf(a).Compare(past) > 0 {
			old = append(old, a)
		}
	}
	slices.SortFunc(old, func(a, b *attempt) int { return endOf(a).Compare(endOf(b)) })
	return old
}

// nameOf returns the name of a project; empty for none.
func (s *Store) nameOf(id model.ProjectID) string {
	p, err := at(s.projects, id, "project")
	if err != nil {
		return ""
	}
	return p.Name
}

// needed reports whether an attempt is to stay, however old it is.
func (w *sweep) needed(a *attempt) bool {
	unfinished := func(b *attempt) bool { return !b.State.Done() }
	if a.of.last() == a && (len(a.of.attempts) > 1 || slices.ContainsFunc(a.of.followers, unfinished)) {
		return true
	}
	newer := 0
	for of := range newest(w.store.sessions, 0) {
		if newer >= w.of.Sessions {
			break
		}
		if of == a.of {
			return true
		}
		if of.Project == a.of.Project && of.Workflow == a.of.Workflow {
			newer++
		}
	}
	return w.store.resumed(a.ID) || w.store.called(a) || w.store.sends(a.ID) || w.store.used(a, w.of.VersionsUsed(w.now))
}

// called reports whether an unfinished attempt has called this one, or follows it.
func (s *Store) called(a *attempt) bool {
	by, _ := calls.Of(a.Name)
	if s.goesOn(by.Attempt) {
		return true
	}
	if len(a.tasks) == 0 || a.tasks[0].Detail == nil {
		return false
	}
	return slices.ContainsFunc(a.tasks[0].Detail.Followers, func(who string) bool { return s.goesOn(calls.Following(who)) })
}

// goesOn reports whether there is an attempt and it has not ended.
func (s *Store) goesOn(id model.AttemptID) bool {
	a, err := at(s.attempts, id, "attempt")
	return err == nil && !a.State.Done()
}

func (s *Store) dropAttempt(a *attempt) {
	s.attempts[a.ID-1] = nil
	s.journal.forget(a)
	delete(s.queue.places, a.ID)
	s.dropVersions(a)
	maps.DeleteFunc(s.slots, func(k slotKey, _ *slotClaim) bool { return k.attempt == a.ID })
	s.letters = slices.DeleteFunc(s.letters, func(l *letter) bool { return l.Attempt == a.ID })
	a.of.attempts = slices.DeleteFunc(a.of.attempts, func(b *attempt) bool { return b == a })
	delete(a.of.names, a.Name)
	if before, err := at(s.sessions, a.After, "session"); err == nil {
		before.followers = slices.DeleteFunc(before.followers, func(b *attempt) bool { return b == a })
	}
}

func (s *Store) dropSession(of *session) {
	s.sessions[of.ID-1] = nil
	delete(s.keys, sessionKey{of.Project, of.Workflow, of.Key})
}

// values drops those that have expired, and reports whether there are more.
func (w *sweep) values() bool {
	expired := slices.SortedFunc(maps.Keys(w.store.values), func(a, b string) int {
		return cmp.Compare(w.store.values[a].expires, w.store.values[b].expires)
	})
	for _, k := range expired {
		if w.store.values[k].expires > w.now {
			return false
		}
		if w.Values == w.limit {
			return true
		}
		delete(w.store.values, k)
		w.Values++
	}
	return false
}

// audit drops old entries of the audit log, and reports whether there are more.
func (w *sweep) audit() bool {
	old := w.store.auditAt(store.Mark{Time: store.Expired(w.now, w.of.Audit)})
	w.Audit = min(old, w.limit)
	w.store.audit = slices.Delete(w.store.audit, 0, w.Audit)
	return w.Audit < old
}

// letters drops old dead letters, and reports whether there are more.
func (w *sweep) letters() bool {
	before := store.Expired(w.now, w.of.Letters)
	var old []*letter
	for _, l := range w.store.letters {
		if l.Died != 0 && l.Died < before {
			old = append(old, l)
		}
	}
	slices.SortStableFunc(old, func(a, b *letter) int { return cmp.Compare(a.Died, b.Died) })
	w.Letters = min(len(old), w.limit)
	for _, l := range old[:w.Letters] {
		w.store.dropLetters([]store.LetterID{l.ID})
	}
	return w.Letters < len(old)
}

// projects drops the revisions of deleted projects and then these, and reports
// whether there are more.
func (w *sweep) projects() bool {
	var deleted []*store.Project
	before := store.Expired(w.now, w.of.Projects)
	for p := range all(w.store.projects) {
		if p.Deleted != 0 && p.Deleted < before && !w.store.hasAttempts(p.ID) {
			deleted = append(deleted, p)
		}
	}
	slices.SortStableFunc(deleted, func(a, b *store.Project) int { return cmp.Compare(a.Deleted, b.Deleted) })
	bytes := 0
	for _, p := range deleted {
		for r := range all(w.store.revisions) {
			if r.Project != p.ID {
				continue
			}
			if len(w.Revisions) == w.limit || bytes >= store.PruneBytes {
				return true
			}
			bytes += len(r.bytes)
			w.store.dropRevision(r.ID)
			if r.Archive.Beside() {
				w.store.addOrphan(r.Archive, 0)
			}
			w.Revisions = append(w.Revisions, r.Revision)
		}
		w.store.dropFacts(func(f *store.Fact) bool { return f.Project == p.ID })
		w.store.projects[p.ID-1] = nil
		w.Projects = append(w.Projects, p.ID)
	}
	return false
}

func (s *Store) hasAttempts(project model.ProjectID) bool {
	for a := range all(s.attempts) {
		if a.Session.Project == project {
			return true
		}
	}
	return false
}

func (s *Store) dropRevision(id model.RevisionID) {
	s.revisions[id-1] = nil
	for w := range all(s.workflows) {
		if w.Revision == id {
			s.workflows[w.ID-1] = nil
		}
	}
}
