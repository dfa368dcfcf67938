package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Letter is a message that nobody has handled: a dead letter.
type Letter struct {
	// ID names it.
	ID    int64
	Topic Topic
	// Keys are what it is about: a list of values for each name.
	Keys map[string][]any
	// Body is what it says; nil if it can't be read.
	Body json.RawMessage
	// Reason is why it is dead: nobody listened in time, or a step failed on it.
	Reason string
	// Process and Key are those of the run of that step, if it is kept.
	Process, Key string
	// At is since when.
	At time.Time
}

// Letters yields the dead letters of a topic, or with "" of all, the oldest first.
// An error is the last that it yields.
func (e *Engine) Letters(ctx context.Context, topic Topic) iter.Seq2[Letter, error] {
	f := store.LetterFilter{Dead: true, Topic: string(topic)}
	return func(yield func(Letter, error) bool) {
		for l, err := range paged(func(page store.Page) ([]store.Letter, string, error) { return e.store.ListLetters(ctx, f, page) }) {
			var of Letter
			if err == nil {
				of, err = e.letter(ctx, &l)
			}
			if err != nil {
				yield(Letter{}, fmt.Errorf("list dead letters: %w", explained(err)))
				return
			}
			if !yield(of, nil) {
				return
			}
		}
	}
}

// letter returns a stored letter for people.
func (e *Engine) letter(ctx context.Context, l *store.Letter) (Letter, error) {
	of := Letter{ID: int64(l.ID), Topic: Topic(l.Topic), Reason: l.Reason, At: l.Died.Time(), Keys: make(map[string][]any)}
	if l.Raw == nil {
		of.Body = jsonOf(l.Body)
	}
	for _, k := range l.Keys {
		if v, err := params.ParseJSON([]byte(k.Value)); err == nil { // as it was written
			of.Keys[k.Param] = append(of.Keys[k.Param], v)
		}
	}
	if l.Attempt == 0 {
		return of, nil
	}
	a, err := e.store.Attempt(ctx, l.Attempt)
	if model.CodeOf(err) == model.NotFound {
		return of, nil
	}
	of.Process, of.Key = a.Session.Workflow, a.Session.Key
	return of, err
}

// Resend gives a dead letter to those who listen, as if it had just come: to the
// step that failed on it, where it was buried by one. It stays a dead letter, which
// the Delivery says, where that step's run is over, or it can't be read.
func (e *Engine) Resend(ctx context.Context, letter int64) (Delivery, error) {
	now := model.InstantOf(e.clock.Now())
	done, err := e.store.Resend(ctx, []store.LetterID{store.LetterID(letter)}, store.Early{Expires: now.Add(defaultEarlyFor)}, now)
	if err == nil {
		err = e.host.Stir(ctx)
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("resend letter %d: %w", letter, explained(err))
	}
	return Delivery{done[0].Outcome.String(), done[0].Tasks}, nil
}

// Forget deletes a dead letter, if it is there.
func (e *Engine) Forget(ctx context.Context, letter int64) error {
	if err := e.store.DropLetters(ctx, []store.LetterID{store.LetterID(letter)}); err != nil {
		return fmt.Errorf("forget letter %d: %w", letter, explained(err))
	}
	return nil
}

// paged yields what a list has on all its pages.
func paged[T any](list func(store.Page) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := (store.Page{}); ; {
			of, next, err := list(page)
			for _, one := range of {
				if !yield(one, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if page.Cursor = next; next == "" {
				return
			}
		}
	}
}
