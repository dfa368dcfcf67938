package conductor

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Claim takes over up to n attempts that nobody drives, of those given or,
// with none given, of all, and drives them on. It returns those that it
// drives, and the first error about another.
func (c *Core) Claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	for _, id := range only {
		delete(c.doomed, id)
	}
	ids, err := c.claim(ctx, n, only...)
	if err != nil {
		return nil, err
	}
	var taken []model.AttemptID
	for i, failed := range c.takeUp(ctx, ids) {
		switch {
		case failed == nil:
			taken = append(taken, ids[i])
		case err == nil:
			err = model.Errorf(model.CodeOf(failed), "restore attempt %d: %w", ids[i], failed)
		}
	}
	return taken, err
}

// claim asks the store for attempts that nobody drives.
func (c *Core) claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	ids, err := c.cfg.Store.Claim(ctx, c.cfg.Pool, c.cfg.Owner, c.epoch, c.now(), n, only...)
	c.strays = c.strays || unanswered(err)
	return ids, err
}

// takeUp drives on, or ends, attempts that the store has just given to this
// conductor, or had before. It returns an error or nil for each; those that
// failed are tried again, now and then.
func (c *Core) takeUp(ctx context.Context, ids []model.AttemptID) []error {
	if len(ids) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // that who asks has given up says nothing of what is stored
	var seen sightings
	var loaded []store.Loaded
	var err error
	if seen.had, err = c.had(ctx, ids); err == nil {
		loaded, err = c.load(ctx, ids)
	}
	if err == nil {
		seen.claims, err = c.claims(ctx, loaded)
	}
	if err != nil {
		c.strays = true
		return slices.Repeat([]error{err}, len(ids))
	}
	errs := make([]error, len(ids))
	for i, id := range ids {
		errs[i] = c.takeUpLoaded(ctx, id, loaded[i], seen)
	}
	return errs
}

func (c *Core) takeUpLoaded(ctx context.Context, id model.AttemptID, l store.Loaded, seen sightings) error {
	ended, doomed := c.doomed[id]
	if _, here := c.driven[id]; ended || here || l.Err == nil && l.Snapshot.Attempt.State.Done() {
		return nil
	}
	err := l.Err
	if err == nil {
		err = c.checkOwned(&l.Snapshot.Attempt)
	}
	switch {
	case err != nil:
	case doomed || killedBefore(l.Snapshot):
		err = c.finish(ctx, l.Snapshot)
	default:
		err = c.takeOver(l.Snapshot, seen)
	}
	if unreadable(err) {
		c.setAside(id, err)
		return err
	}
	delete(c.unread, id)
	c.strays = c.strays || err != nil
	return err
}

// load reads attempts. Where reading them together fails for what is stored,
// each is read by itself, so that the others are not kept back.
func (c *Core) load(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	together, err := c.cfg.Store.LoadAll(ctx, ids)
	if !unreadable(err) {
		return together, err
	}
	if len(ids) == 1 {
		return []store.Loaded{{Err: err}}, nil
	}
	var list []store.Loaded
	for i := range ids {
		one, err := c.load(ctx, ids[i:i+1])
		if err != nil {
			return nil, err
		}
		list = append(list, one...)
	}
	return list, nil
}

// checkOwned returns a Conflict where the lease ran out since an attempt was
// given to this conductor, and the attempt is not its own any more.
func (c *Core) checkOwned(a *store.Attempt) error {
	if a.Owner == c.cfg.Owner && a.Epoch == c.epoch {
		return nil
	}
	return model.Errorf(model.Conflict, "attempt %d is not owned by %s in epoch %d any more", a.ID, c.cfg.Owner, c.epoch)
}

// unreadable reports whether an error of reading an attempt is about what is
// stored, and not about the store or about who owns it.
func unreadable(err error) bool {
	if err == nil {
		return false
	}
	code := model.CodeOf(err)
	return code != model.Unavailable && code != model.Conflict
}

// An attempt that can't be read is tried again seldom, as nothing but another
// version of this program or a repair of the database will help, and a few at
// a time.
const (
	rereadEvery = time.Minute
	rereadMost  = 10
)

// setAside leaves alone for a while what can't be read, and tells so once.
func (c *Core) setAside(id model.AttemptID, err error) {
	if _, known := c.unread[id]; !known && c.cfg.Unreadable != nil {
		c.cfg.Unreadable(id, err)
	}
	c.unread[id] = c.now().Add(rereadEvery)
}

// readAgain tries to take up what could not be read.
func (c *Core) readAgain(ctx context.Context, now model.Instant) {
	var ids []model.AttemptID
	for _, id := range slices.Sorted(maps.Keys(c.unread)) {
		if len(ids) < rereadMost && due(now, c.unread[id], rereadEvery) {
			ids = append(ids, id)
		}
	}
	c.takeUp(ctx, ids) // which keeps what it can't
}

// takeUpStrays drives on what the store counts as this conductor's without its
// knowing. Nobody else could: its lease stands. What the store does not give
// now is tried again with the next renewal.
func (c *Core) takeUpStrays(ctx context.Context) {
	if !c.strays {
		return
	}
	c.strays = false
	f := store.Filter{Owner: c.cfg.Owner, Running: true}
	for page := (store.Page{}); ; {
		list, cursor, err := c.cfg.Store.ListAttempts(ctx, f, page)
		c.strays = c.strays || err != nil
		var ids []model.AttemptID
		for i := range list {
			if id := list[i].ID; !c.knows(id) {
				ids = append(ids, id)
			}
		}
		c.met.Add(int64(len(ids)))
		c.takeUp(ctx, ids) // which keeps what it can't
		if cursor == "" {
			break
		}
		page.Cursor = cursor
	}
	if !c.strays { // who is not among them was never given
		maps.DeleteFunc(c.doomed, func(id model.AttemptID, ended bool) bool { return !ended && c.unread[id] == 0 })
	}
}

// meet takes up an attempt that is this conductor's before that hears so from who has
// made it, or has delivered to it. One that is not is left.
func (c *Core) meet(ctx context.Context, id model.AttemptID) error {
	if c.knows(id) {
		return nil
	}
	a, err := c.cfg.Store.Attempt(ctx, id)
	if err != nil || a.State.Done() || c.checkOwned(&a) != nil {
		return err
	}
	c.met.Add(1)
	return c.takeUp(ctx, []model.AttemptID{id})[0]
}

// knows reports whether an attempt is no stray: it is driven, or was set aside.
func (c *Core) knows(id model.AttemptID) bool {
	_, here := c.driven[id]
	_, aside := c.unread[id]
	return here || aside
}

// Abandon takes over an attempt that nobody drives and ends it as killed,
// without running anything of it again. That it was to end is remembered until
// it is known whether the attempt was given: it may be one that must not begin.
func (c *Core) Abandon(ctx context.Context, id model.AttemptID) error {
	ids, err := c.claim(ctx, 1, id)
	if err != nil && !unanswered(err) {
		return err
	}
	if _, asked := c.doomed[id]; !asked {
		if err == nil && len(ids) == 0 {
			return model.Errorf(model.Conflict, "attempt %d is driven elsewhere or done", id)
		}
		c.doomed[id] = false
	}
	if err != nil {
		return err
	}
	return c.takeUp(ctx, []model.AttemptID{id})[0]
}

// killedBefore reports whether an attempt was told to end before it began.
func killedBefore(s *store.Snapshot) bool {
	return s.Attempt.Started == 0 && slices.ContainsFunc(s.Inbox, func(p store.Post) bool { return p.Command.Kind == engine.Kill })
}

// finish ends an attempt that is doomed.
func (c *Core) finish(ctx context.Context, s *store.Snapshot) error {
	tell, err := c.teller(ctx, &s.Attempt, s.Definition)
	if err != nil {
		return err
	}
	c.tellTakeOver(s)
	row := s.Attempt.AttemptRow
	row.State, row.CancelAsked, row.Ended = engine.AttemptKilled, true, c.now()
	c.step.Attempts = append(c.step.Attempts, row)
	e := engine.Event{Attempt: row.ID, Seq: s.Seq + 1, At: row.Ended, Kind: engine.AttemptEnded, Name: s.Definition.Root.Name, Data: params.Of(engine.EndedKilled, true)}
	c.step.Events = append(c.step.Events, e)
	if tell != nil {
		c.step.Records = tell(c.step.Records, &row, &e)
	}
	if told, ok := calls.Ended(s.Attempt.Name, &row, followers(s)); ok {
		c.step.Buried = append(c.step.Buried, told)
	}
	c.buryMail(s, row.Ended)
	c.doomed[row.ID] = true
	return nil
}

// buryMail buries, or returns, the messages that tasks of a doomed attempt keep.
// The store does so with what is posted to it.
func (c *Core) buryMail(s *store.Snapshot, now model.Instant) {
	for i := range s.Tasks {
		d := s.Tasks[i].Detail
		if d == nil {
			continue
		}
		for _, m := range d.Inbox {
			c.step.Buried = append(c.step.Buried, engine.Buried{
				Attempt: s.Attempt.ID, Task: s.Tasks[i].ID, Message: m, Reason: "the attempt was ended without running on", At: now,
			})
		}
	}
}
