package logs

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// LevelOf returns the level of a record of slog.
func LevelOf(l slog.Level) Level {
	switch {
	case l < slog.LevelInfo:
		return Debug
	case l < slog.LevelWarn:
		return Info
	case l < slog.LevelError:
		return Warn
	}
	return Error
}

// NewHandler returns a handler that prints records from a level on to the output of a
// try, as of a logger. What can't be printed is told to failed, if that is not nil, and
// to nobody else.
func NewHandler(to io.Writer, logger string, from Level, failed func(error)) slog.Handler {
	return handler{to: to, logger: logger, from: from, failed: failed}
}

type handler struct {
	to     io.Writer
	logger string
	from   Level
	failed func(error)
	// fields are those that all records have, and group is what the names of others
	// begin with.
	fields params.Map
	group  string
}

// Enabled implements slog.Handler.
func (h handler) Enabled(_ context.Context, l slog.Level) bool { return LevelOf(l) >= h.from }

// Handle implements slog.Handler.
func (h handler) Handle(_ context.Context, r slog.Record) error {
	fields := h.fields
	r.Attrs(func(a slog.Attr) bool {
		fields = withAttr(fields, h.group, a)
		return true
	})
	err := WriteRecord(h.to, Record{Level: LevelOf(r.Level), Logger: h.logger, Message: r.Message, Fields: fields})
	if err != nil && h.failed != nil {
		h.failed(err)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(list []slog.Attr) slog.Handler {
	for _, a := range list {
		h.fields = withAttr(h.fields, h.group, a)
	}
	return h
}

// WithGroup implements slog.Handler: the names of a group have its own before them.
func (h handler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

func withAttr(m params.Map, group string, a slog.Attr) params.Map {
	v := a.Value.Resolve()
	switch {
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, in := range v.Group() {
			m = withAttr(m, group, in)
		}
		return m
	case a.Equal(slog.Attr{}):
		return m
	}
	return m.Set(group+a.Key, fieldOf(v))
}

// fieldOf returns what stands for a value in a record: what JSON has for it, but texts
// for times, errors and what can't be written as JSON.
func fieldOf(v slog.Value) params.Value {
	switch v.Kind() {
	case slog.KindString:
		return v.String()
	case slog.KindBool:
		return v.Bool()
	case slog.KindInt64:
		return v.Int64()
	case slog.KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case slog.KindAny:
		switch of := v.Any().(type) {
		case error:
			return fmt.Sprintf("%v", of) // also where its methods panic
		case fmt.Stringer:
			if !speaksJSON(of) {
				return fmt.Sprintf("%v", of)
			}
		}
		return fromJSON(v.Any())
	case slog.KindFloat64, slog.KindUint64:
		return fromJSON(v.Any())
	}
	return v.String()
}

// speaksJSON reports whether a value says itself what it is in JSON.
func speaksJSON(v any) bool {
	switch v.(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return true
	}
	return false
}

func fromJSON(v any) (out params.Value) {
	defer func() {
		if recover() != nil { // in a method of the user's
			out = fmt.Sprintf("%v", v)
		}
	}()
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	if out, err = params.ParseJSON(text); err != nil {
		return string(text)
	}
	return out
}
