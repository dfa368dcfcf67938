package reporters

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Logged writes a line for each event to a log: failures as errors.
func Logged(log *slog.Logger) Reporter {
	failure, _ := history.ParseTypes([]string{history.Failure}) // it is known
	return Each(func(ctx context.Context, e *history.Event) error {
		level := slog.LevelInfo
		if failure.Has(e.Type) {
			level = slog.LevelError
		}
		attrs := []slog.Attr{
			slog.String("event", string(e.Type)), slog.String("at", e.Time), slog.String("attempt", e.AttemptID), slog.Int64("seq", e.Seq),
			slog.String("workflow", e.Workflow), slog.String("session", e.Session),
		}
		for _, of := range []slog.Attr{slog.String("project", e.Project), slog.String("task", e.Task)} { // in one order
			if of.Value.String() != "" {
				attrs = append(attrs, of)
			}
		}
		log.LogAttrs(ctx, level, e.Text(), attrs...)
		return nil
	})
}

// Notified tells a notifier of each event: its line, and what its JSON has.
func Notified(n operator.Notifier) Reporter {
	return Each(func(ctx context.Context, e *history.Event) error {
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		var m params.Map
		if err := m.UnmarshalJSON(text); err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339Nano, e.Time)
		if err != nil {
			return err
		}
		return n.Notify(ctx, operator.Notification{Message: e.Text(), Time: at, Params: m})
	})
}

// Sent sends each event as a message of a topic, in JSON: those of a session in order.
// Instance names the installation in the names of messages.
func Sent(by relay.Transport, topic, instance string) Reporter {
	return &sent{by: by, topic: topic, instance: instance}
}

type sent struct {
	by              relay.Transport
	topic, instance string
	line            relay.Line // nil until it is needed
}

// Headers of messages.
const (
	headerType    = "pawl-event"
	headerAttempt = "pawl-attempt"
	headerMessage = "pawl-message"
)

// Report implements Reporter.
func (s *sent) Report(ctx context.Context, events []history.Event) (err error) {
	if s.line == nil {
		if s.line, err = s.by.Line(s.topic); err != nil {
			return err
		}
	}
	list := make([]relay.Message, len(events))
	for i := range events {
		if list[i], err = s.message(&events[i]); err != nil {
			return err
		}
	}
	for i, err := range s.line.Send(ctx, list) {
		if err != nil {
			return model.Errorf(model.Unavailable, "event %d of attempt %s does not arrive: %w", events[i].Seq, events[i].AttemptID, err)
		}
	}
	return nil
}

func (s *sent) message(e *history.Event) (relay.Message, error) {
	text, err := json.Marshal(e)
	return relay.Message{
		Name: s.instance + "/" + e.AttemptID + "/event/" + strconv.FormatInt(e.Seq, 10), Key: []byte(e.SessionUUID), Value: text,
		Headers: []relay.Header{
			{Name: headerType, Value: []byte(e.Type)}, {Name: headerAttempt, Value: []byte(e.AttemptID)}, {Name: headerMessage, Value: []byte(e.Text())},
		},
	}, err
}

// Close implements Closer.
func (s *sent) Close() {
	if s.line != nil {
		s.line.Close()
	}
}
