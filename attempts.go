package pawl

import (
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
)

// Attempt is one execution of a run. A run has more of them when it was retried, or
// when Start has replaced it.
type Attempt struct {
	// ID is its number, by which pawl's commands and REST API know it.
	ID int64
	// Parent is the attempt that it runs again or goes on with, and Root the first of
	// all of them; both are 0 for an attempt that does neither.
	Parent, Root int64
	// State is where it stands.
	State State
	// Created is when it was asked for, and Ended when it was over; zero if it goes on.
	Created, Ended time.Time
}

// Attempts returns the attempts of the run, the first one first.
func (r *Run[P]) Attempts(ctx context.Context) ([]Attempt, error) {
	list, err := r.allAttempts(ctx)
	return list, r.explain("list the attempts of", err)
}

func (r *Run[P]) allAttempts(ctx context.Context) (list []Attempt, err error) {
	of, err := r.attempt(ctx)
	if err != nil {
		return nil, err
	}
	for a, err := range paged(func(page store.Page) ([]store.Attempt, string, error) {
		return r.engine.store.ListAttempts(ctx, store.Filter{Session: of.Session.ID}, page)
	}) {
		if err != nil {
			return nil, err
		}
		tags, err := r.tags(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		parent, root := tags.Line()
		one := Attempt{ID: int64(a.ID), Parent: int64(parent), Root: int64(root), State: stateOf(a.State), Created: a.Created.Time()}
		if a.State.Done() {
			one.Ended = a.Ended.Time()
		}
		list = append(list, one)
	}
	slices.Reverse(list)
	return list, nil
}

// stateOf is the state of an attempt.
func stateOf(of engine.AttemptState) State {
	switch of {
	case engine.AttemptSuccess:
		return Succeeded
	case engine.AttemptFailed:
		return Failed
	case engine.AttemptKilled:
		return Stopped
	}
	return Running
}
