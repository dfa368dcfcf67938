package service

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// Backfill asks for the sessions of a schedule from a time on up to its next
// one.
type Backfill struct {
	From time.Time
	// Name is that of the backfill, and of its attempts.
	Name string
	// Count is how many sessions are looked at, or 0 for all.
	Count int
	// FromFailure has those sessions alone run whose newest attempt has failed. Each
	// goes on with that as a retry does, which keeps what ended well.
	FromFailure bool
	// Only and After say what of them runs again, as those of Retry.
	Only  []string
	After bool
	// Rerun has memoised tasks run, too, where what they give was made before.
	Rerun bool
	// DryRun starts nothing.
	DryRun bool
}

// check returns an Invalid error for what can't be asked for.
func (r *Backfill) check() error {
	if len(r.Only) > 0 && !r.FromFailure {
		return model.Errorf(model.Invalid, "some tasks alone run again only of sessions that have failed").WithHint("say fromFailure, too")
	}
	return project.CheckRetryAttemptName(r.Name)
}

// Backfill starts the past sessions of a schedule, one after the other, the
// oldest first, and returns the attempts. They are all made at once: from then on they
// are as sure to run as any other attempt. Attempts of a dry run have no ids.
//
// Sessions that have an attempt of a backfill of that name are passed over, so that
// the same call can be made again. One that has another attempt of the name is a
// Conflict, and nothing is started.
func (s *Service) Backfill(ctx context.Context, id model.ScheduleID, r Backfill) (store.Schedule, []store.Attempt, error) {
	if err := r.check(); err != nil {
		return store.Schedule{}, nil, err
	}
	at, err := s.cfg.Store.Schedule(ctx, id)
	if err != nil {
		return at, nil, err
	}
	w, err := s.cfg.Store.Workflow(ctx, at.Workflow)
	if err != nil {
		return at, nil, err
	}
	c, err := s.calendarOf(&w)
	if err != nil {
		return at, nil, err
	}
	f := filling{Service: s, ask: r, schedule: id, workflow: &w, calendar: c}
	if f.slots, err = s.slots(&at, c.Schedule, r); err != nil || len(f.slots) == 0 {
		return at, nil, err
	}
	list, err := f.start(ctx)
	return at, list, err
}

// slots returns the session times to be filled in.
func (s *Service) slots(at *store.Schedule, of *schedule.Schedule, r Backfill) ([]time.Time, error) {
	most := maxSlots
	if s.cfg.Limits.Attempts > 0 && !r.FromFailure {
		most = min(most, s.cfg.Limits.Attempts)
	}
	var list []time.Time
	next := at.NextTime.Time()
	for slot := of.First(r.From).Session; slot.Before(next) && (r.Count == 0 || len(list) < r.Count); slot = of.NextAfter(slot).Session {
		if len(list) == most {
			return nil, tooMany(most, r.FromFailure)
		}
		list = append(list, slot)
	}
	if len(list) < r.Count {
		return nil, model.Errorf(model.Invalid, "the schedule has %d sessions from then on until its next one, not %d", len(list), r.Count)
	}
	return list, nil
}

func tooMany(most int, looked bool) error {
	err := model.Errorf(model.Exhausted, "too many attempts: at most %d may be unfinished", most)
	if looked {
		err = model.Errorf(model.Exhausted, "too many sessions: at most %d are looked at", most)
	}
	return err.WithHint("begin later, or give a count")
}

// filling is a call of Backfill.
type filling struct {
	*Service
	ask      Backfill
	schedule model.ScheduleID
	workflow *store.Workflow
	calendar schedule.Calendar
	slots    []time.Time
}

// start starts what is to be. When another call fills the same in meanwhile, it looks
// again at what is left.
func (f *filling) start(ctx context.Context) ([]store.Attempt, error) {
	for left := -1; ; {
		starts, err := f.starts(ctx)
		switch {
		case err != nil || len(starts) == 0:
			return nil, err
		case f.ask.DryRun:
			return dryAttempts(starts), nil
		}
		list, err := f.cfg.Store.StartAll(ctx, starts)
		if model.CodeOf(err) != model.Conflict || err == nil || left == len(starts) {
			return list, err
		}
		left = len(starts)
	}
}

// starts describes the attempts that are to be made.
func (f *filling) starts(ctx context.Context) ([]store.Start, error) {
	filled, err := f.filled(ctx)
	if err != nil {
		return nil, err
	}
	if f.ask.FromFailure {
		return f.again(ctx, filled)
	}
	return f.anew(ctx, filled)
}

// filled returns the sessions, by their keys, that have an attempt of the backfill.
func (f *filling) filled(ctx context.Context) (map[string]model.SessionID, error) {
	of := store.BackfillFilter{Projects: []model.ProjectID{f.workflow.Project}, Workflow: f.workflow.Name, Name: f.ask.Name}
	known, _, err := f.cfg.Store.ListBackfills(ctx, of, store.Page{})
	if err != nil || len(known) == 0 {
		return nil, err
	}
	filled := make(map[string]model.SessionID)
	err = f.eachAttempt(ctx, attemptsOf(&known[0]), func(list []store.Attempt) error {
		for i := range list {
			filled[list[i].Session.Key] = list[i].Session.ID
		}
		return nil
	})
	return filled, err
}

// attemptsOf selects the attempts of a backfill.
func attemptsOf(b *store.Backfill) store.Search {
	return store.Search{
		Filter: store.Filter{Project: b.Project, Workflow: b.Workflow}, From: b.Created, Tags: model.Tags{model.BackfillTag: b.Name},
	}
}

// eachAttempt calls each with the attempts that match, in pages, the newest first.
func (s *Service) eachAttempt(ctx context.Context, of store.Search, each func([]store.Attempt) error) error {
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := s.cfg.Store.SearchAttempts(ctx, of, page)
		if err != nil {
			return err
		}
		if err := each(list); err != nil || next == "" {
			return err
		}
		page.Cursor = next
	}
}

// anew describes an attempt for each slot that is not filled.
func (f *filling) anew(ctx context.Context, filled map[string]model.SessionID) (starts []store.Start, err error) {
	w, c := f.workflow, f.calendar
	former, err := f.sessionBefore(ctx, w, f.slots[0])
	if err != nil {
		return nil, err
	}
	now, after := model.InstantOf(f.now()), model.SessionID(0)
	for _, slot := range f.slots {
		if id, ok := filled[conductor.SessionKey(slot)]; ok {
			former, after = slot, id
			continue
		}
		given := conductor.Scheduled(w.Definition, c, slot)
		if !former.IsZero() {
			given = given.Merge(params.Of("last_executed_session_time", schedule.FormatTime(former, c.Zone)))
		}
		former = slot
		one := store.Start{
			Session: store.Session{
				UUID: f.cfg.NewUUID(), Project: w.Project, Workflow: w.Name,
				Key: conductor.SessionKey(slot), Time: model.InstantOf(slot),
			},
			Name: f.ask.Name, Zone: c.Zone.String(), Params: given, Definition: w.Definition, Workflow: w.ID,
			MaxRunning: f.cfg.Limits.Attempts, Created: now, Tags: f.tags(),
		}
		if f.ask.Rerun {
			one.Resume.From = store.Anew
		}
		if one.AfterFormer = len(starts) > 0; !one.AfterFormer {
			one.After = after
		}
		f.cfg.Turns.Ask(&one, nil, 0)
		starts = append(starts, one)
	}
	return starts, nil
}

// tags are those of an attempt of the backfill.
func (f *filling) tags() model.Tags {
	return model.Tags{model.BackfillTag: f.ask.Name, model.ScheduleTag: strconv.FormatInt(int64(f.schedule), 10)}
}

// again describes an attempt for each slot whose newest one has failed.
func (f *filling) again(ctx context.Context, filled map[string]model.SessionID) (starts []store.Start, err error) {
	failed := make(map[string]model.AttemptID)
	of := store.Search{Filter: store.Filter{Project: f.workflow.Project, Workflow: f.workflow.Name, Last: true, Ended: engine.AttemptFailed}}
	err = f.eachAttempt(ctx, of, func(list []store.Attempt) error {
		for i := range list {
			failed[list[i].Session.Key] = list[i].ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, slot := range f.slots {
		key := conductor.SessionKey(slot)
		id, ok := failed[key]
		if !ok {
			continue
		}
		r := Retry{Attempt: id, Only: f.ask.Only, After: f.ask.After, Rerun: f.ask.Rerun, Name: f.ask.Name}
		if _, named := filled[key]; named {
			r.Name = "" // it has one of that name: this is the next
		}
		snap, err := f.cfg.Store.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		one, err := f.next(ctx, snap, &r)
		if err != nil {
			return nil, err
		}
		one.Tags, one.AfterFormer, one.Due = one.Tags.With(f.tags()), len(starts) > 0, 0
		starts = append(starts, one)
	}
	return starts, nil
}

// sessionBefore returns the latest session time of a workflow before a time,
// or zero.
func (s *Service) sessionBefore(ctx context.Context, w *store.Workflow, t time.Time) (time.Time, error) {
	at, err := s.cfg.Store.LastSessionTime(ctx, w.Project, w.Name, model.InstantOf(t))
	return at.Time(), err
}

// dryAttempts returns what starts would make.
func dryAttempts(starts []store.Start) []store.Attempt {
	list := make([]store.Attempt, len(starts))
	for i := range starts {
		s := &starts[i]
		list[i] = store.Attempt{
			AttemptRow: engine.AttemptRow{}, Session: s.Session, Name: s.Name,
			Zone: s.Zone, Workflow: s.Workflow, Created: s.Created,
		}
	}
	return list
}

// BackfillOf returns the backfill that an attempt is of. One that is of none is NotFound.
func (s *Service) BackfillOf(ctx context.Context, a *store.Attempt) (b store.Backfill, err error) {
	tags, err := s.cfg.Store.TagsOf(ctx, []model.AttemptID{a.ID})
	if err != nil {
		return b, err
	}
	if name := tags[a.ID][model.BackfillTag]; name != "" {
		of := store.BackfillFilter{Projects: []model.ProjectID{a.Session.Project}, Workflow: a.Session.Workflow, Name: name}
		list, _, err := s.cfg.Store.ListBackfills(ctx, of, store.Page{})
		if err != nil || len(list) > 0 {
			return append(list, b)[0], err
		} // it was deleted meanwhile
	}
	return b, model.Errorf(model.NotFound, "attempt %d is of no backfill", a.ID)
}

// CancelBackfill ends the attempts of a backfill that have not ended, for whoever asks
// for it, and returns them, the oldest first. Those that wait never begin: they end at
// once in the run queue, or when it would be their turn. Those that run are asked to end.
func (s *Service) CancelBackfill(ctx context.Context, b *store.Backfill, by string) ([]model.AttemptID, error) {
	all, err := s.CancelQueued(ctx, store.QueueFilter{
		Projects: []model.ProjectID{b.Project}, Workflow: b.Workflow, Tags: model.Tags{model.BackfillTag: b.Name},
	})
	if err != nil {
		return nil, err
	}
	of := attemptsOf(b)
	of.Running = true
	// The newest first: what one waits for does not end before it is told.
	err = s.eachAttempt(ctx, of, func(list []store.Attempt) error {
		ids, err := s.killAll(ctx, list, by)
		all = append(all, ids...)
		return err
	})
	slices.Sort(all)
	return all, err
}

// killAll asks attempts to end, at once if none of them ends meanwhile, and returns
// those that had not ended.
func (s *Service) killAll(ctx context.Context, list []store.Attempt, by string) (asked []model.AttemptID, err error) {
	var posts []store.Post
	for i := range list {
		if !list[i].CancelAsked {
			posts = append(posts, store.Post{Attempt: list[i].ID, Command: engine.Command{Kind: engine.Kill, By: by}})
		}
	}
	if len(posts) == 0 {
		return nil, nil
	}
	together := s.cfg.Store.Post(ctx, posts)
	if !passing(together) {
		return nil, together
	}
	for i := range posts {
		if together != nil {
			switch err := s.cfg.Store.Post(ctx, posts[i:i+1]); {
			case err != nil && passing(err):
				continue
			case err != nil:
				return asked, err
			}
		}
		asked = append(asked, posts[i].Attempt)
	}
	return asked, nil
}

// passing reports whether err says at most that an attempt has ended, or was deleted.
func passing(err error) bool {
	code := model.CodeOf(err)
	return err == nil || code == model.Conflict || code == model.NotFound
}
