package feed

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Topic says what the messages of a topic mean.
type Topic struct {
	// Name is the topic's.
	Name string
	// Body reads and writes what messages say. It defaults to JSON.
	Body Codec
	// Key reads and writes what their source orders them by. It defaults to Text,
	// where what is no text is read as none.
	Key Codec
	// Keys finds what a message is about. Nil finds nothing.
	Keys Extractor
	// ID finds what names a message: the first text or number there. One that has
	// a name is taken once for Remember, wherever in the source it comes again; nil
	// means that only its place tells a message from others.
	ID Locator
	// Remember defaults to 7 days.
	Remember time.Duration
	// Early is how long a message is kept that nobody waits for yet. Zero means
	// 24 h, and less than that not at all.
	Early time.Duration
	// MostEarly is how many of them one key may have; 0 means
	// store.DefaultEarly.
	MostEarly int
}

// Defaults of topics.
const (
	DefaultRemember = 7 * 24 * time.Hour
	DefaultEarly    = 24 * time.Hour
)

// Raw is a message as its source has it.
type Raw struct {
	// Place tells it from all others of its topic, in this source.
	Place      string
	Key, Value []byte
	Headers    []Header
	// AnyCase is as in Parts.
	AnyCase bool
}

// Message returns what is to be delivered for a message that came now. What is
// wrong with it makes it unreadable; the error is Unavailable, if what reads it
// can't be reached now.
func (t *Topic) Message(ctx context.Context, raw Raw, now model.Instant) (store.Message, error) {
	m := store.Message{Topic: t.Name, Source: raw.Place, Trace: traceOf(raw.Headers)}
	err := t.read(ctx, &m, raw, now)
	switch {
	case err == nil:
		return m, nil
	case ctx.Err() != nil:
		return m, context.Cause(ctx)
	case model.CodeOf(err) == model.Unavailable:
		return m, err
	}
	return store.Message{
		Topic: t.Name, Source: m.Source, Remember: m.Remember,
		Unreadable: oneLine(err.Error()), Raw: nonNil(raw.Value),
	}, nil
}

func (t *Topic) read(ctx context.Context, m *store.Message, raw Raw, now model.Instant) error {
	parts := Parts{Headers: raw.Headers, AnyCase: raw.AnyCase}
	var unread, err error
	parts.Body, unread = t.body().Decode(ctx, t.Name, raw.Value)
	if err := t.name(m, parts, now); err != nil { // what can't be read has a name, too
		return err
	}
	if unread != nil {
		return unread
	}
	if parts.Key, err = t.key().Decode(ctx, t.Name, raw.Key); err != nil && t.Key != nil {
		return model.Errorf(model.CodeOf(err), "the key of the record: %w", err)
	}
	m.Body = parts.Body
	if early := cmp.Or(t.Early, DefaultEarly); early > 0 {
		m.Early = store.Early{Expires: now.Add(early), Most: t.MostEarly}
	}
	if t.Keys == nil {
		return nil
	}
	if m.Keys, err = t.Keys(parts); err != nil {
		return err
	}
	for _, k := range m.Keys {
		if err := model.CheckKey(k.Param, k.Value); err != nil {
			return err
		}
	}
	return model.CheckKeys(len(m.Keys))
}

// traceOf returns the trace context that a message comes with, or "".
func traceOf(headers []Header) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, "traceparent") {
			return model.Traceparent(h.Value)
		}
	}
	return ""
}

// name gives a message the id that it has, if it has one.
func (t *Topic) name(m *store.Message, parts Parts, now model.Instant) error {
	if t.ID == nil {
		return nil
	}
	for _, v := range t.ID(parts) {
		id, ok := params.ToString(v)
		if id == "" && ok {
			continue
		}
		if !ok || len(id) > model.MaxMessageID || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			return model.Errorf(model.Invalid, "what should name the message is no id: it must be a text of at most %d bytes", model.MaxMessageID)
		}
		m.Source, m.Remember = id, now.Add(cmp.Or(t.Remember, DefaultRemember))
		return nil
	}
	return nil
}

// Encode returns the key and the value that are sent for a record of the topic.
func (t *Topic) Encode(ctx context.Context, key string, v params.Value) (rawKey, value []byte, err error) {
	if value, err = t.body().Encode(ctx, t.Name, v); err != nil || key == "" {
		return nil, value, err
	}
	rawKey, err = t.key().Encode(ctx, t.Name, key)
	return rawKey, value, err
}

func (t *Topic) body() Codec {
	if t.Body == nil {
		return JSON{}
	}
	return t.Body
}

func (t *Topic) key() Codec {
	if t.Key == nil {
		return Text{}
	}
	return t.Key
}

// oneLine is a text as the reason of a dead letter.
func oneLine(text string) string {
	const most = 500
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd")), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
