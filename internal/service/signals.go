package service

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Signal is a message for the tasks that wait for it.
type Signal struct {
	Topic string
	// ID tells it from all others of its topic: for a week, another one with it
	// is a duplicate. Empty is like no other.
	ID string
	// Keys are what it is about: texts, numbers and booleans by param, or lists
	// of them. At least one is required.
	Keys params.Map
	Body params.Value
	// Trace is the trace context that it comes with, if it is one.
	Trace string
	// Keep is how long it is kept while nobody waits for it; 0 is not at all.
	Keep time.Duration
}

const (
	// KeepSignals is how long signals are kept if nothing is said.
	KeepSignals = 24 * time.Hour
	// rememberSignals is how long the ids of signals are remembered.
	rememberSignals = 7 * 24 * time.Hour
)

// Signal gives a message to the tasks that wait for it, and returns what became
// of it.
func (s *Service) Signal(ctx context.Context, r Signal) (store.Delivered, error) {
	now := model.InstantOf(s.now())
	m := store.Message{Topic: r.Topic, Source: r.ID, Body: r.Body, Trace: model.Traceparent(r.Trace), Early: keep(now, r.Keep)}
	err := model.CheckTopic(r.Topic)
	if err == nil {
		err = model.CheckMessageID(r.ID)
	}
	if err == nil {
		m.Keys, err = messageKeys(r.Keys)
	}
	if err != nil {
		return store.Delivered{}, err
	}
	if r.ID == "" {
		m.Source = s.cfg.NewUUID()
	} else {
		m.Remember = now.Add(rememberSignals)
	}
	done, err := s.cfg.Store.Deliver(ctx, store.Delivery{Messages: []store.Message{m}, Now: now})
	if err != nil {
		return store.Delivered{}, err
	}
	return done[0], nil
}

// Resend routes dead letters anew, in order, as if they had just come: those
// that nobody waits for are kept for that long. It returns what became of each.
func (s *Service) Resend(ctx context.Context, ids []store.LetterID, wait time.Duration) ([]store.Delivered, error) {
	now := model.InstantOf(s.now())
	return s.cfg.Store.Resend(ctx, ids, keep(now, wait), now)
}

// keep says how a message is kept that nobody waits for.
func keep(now model.Instant, d time.Duration) store.Early {
	if d <= 0 {
		return store.Early{}
	}
	return store.Early{Expires: now.Add(d)}
}

func messageKeys(m params.Map) ([]store.MessageKey, error) {
	var keys []store.MessageKey
	for param, v := range m.All() {
		values, isList := v.([]params.Value)
		if !isList {
			values = []params.Value{v}
		}
		for _, v := range values {
			if _, scalar := params.ToString(v); !scalar || param == "" {
				return nil, model.Errorf(model.Invalid, "key %q must be a text, a number or a boolean, or a list of them, not %s",
					param, params.AppendJSON(nil, v))
			}
			k := store.MessageKey{Param: param, Value: engine.Canonical(v)}
			if err := model.CheckKey(k.Param, k.Value); err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, model.Errorf(model.Invalid, "a signal needs a key: nobody could wait for it")
	}
	return keys, model.CheckKeys(len(keys))
}
