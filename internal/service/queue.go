package service

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
)

// Queued is an attempt that waits in the run queue.
type Queued struct {
	store.Waiting
	// Position counts all that wait, in order, from 1.
	Position int
	// Why is what it waits for, in words.
	Why string
}

// Queue is the run queue at one moment.
type Queue struct {
	// Shown are the first of those that were asked for, and Total is how many of
	// these wait.
	Shown []Queued
	Total int
	// Running is how many of those that were asked for hold a place.
	Running int
	// Uses are those of the limits.
	Uses []admission.Use
}

// Queue returns the run queue, with up to n attempts that are selected. What is in
// f.Attempts does not count.
func (s *Service) Queue(ctx context.Context, f store.QueueFilter, n int) (q Queue, err error) {
	limits := s.cfg.Admission
	if limits == nil {
		if limits, err = admission.NewLimits(nil); err != nil {
			return q, err
		}
	}
	c, position := store.Choose(limits, model.InstantOf(s.now())), 0
	c.Judged = func(page []store.Waiting, verdicts []admission.Verdict) {
		for i := range page {
			position++
			if !selected(&f, &page[i]) {
				continue
			}
			if q.Total++; len(q.Shown) < n {
				q.Shown = append(q.Shown, Queued{page[i], position, verdicts[i].String()})
			}
		}
	}
	if err := s.cfg.Store.LookAtQueue(ctx, c); err != nil {
		return Queue{}, err
	}
	held, uses := c.Uses()
	for i := range held {
		if selected(&f, &held[i]) {
			q.Running++
		}
	}
	q.Uses = uses
	return q, nil
}

func selected(f *store.QueueFilter, w *store.Waiting) bool {
	if f.Projects != nil && !slices.Contains(f.Projects, w.Project) || f.Workflow != "" && f.Workflow != w.Workflow {
		return false
	}
	for name, value := range f.Tags {
		if !slices.Contains(w.Tags, admission.Tag{Name: name, Value: value}) {
			return false
		}
	}
	return true
}

// CancelQueued ends the attempts that wait in the run queue and are selected, at once
// and together, and returns them in order.
func (s *Service) CancelQueued(ctx context.Context, f store.QueueFilter) ([]model.AttemptID, error) {
	var tell func(*store.Withdrawn) []engine.Record
	if len(s.cfg.Updates.Topics) > 0 {
		tell = s.tell
	}
	return s.cfg.Store.CancelQueued(ctx, f, model.InstantOf(s.now()), tell)
}

// tell returns the records that tell others of an attempt which has ended in the queue,
// as a conductor tells of those that it drives.
func (s *Service) tell(w *store.Withdrawn) []engine.Record {
	of := s.cfg.Updates.Teller(updates.Subject{
		Attempt: w.Attempt, Scope: w.Scope, Project: w.Project, Revision: w.Revision, Key: w.Session.UUID,
	})
	if of == nil {
		return nil
	}
	end := w.End()
	return of(nil, &w.AttemptRow, &end)
}

// Tag gives an attempt tags, in place of those of the same names, and takes others
// away. Tags that nobody can give are Invalid.
func (s *Service) Tag(ctx context.Context, id model.AttemptID, set model.Tags, unset []string) (model.Tags, error) {
	if err := set.CheckChange(unset); err != nil {
		return nil, err
	}
	return s.cfg.Store.ChangeTags(ctx, id, set, unset)
}
