package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// Deliver implements store.Feeding.
func (t *Tables) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	done, _, err := t.DeliverTo(ctx, d, store.Claimant{})
	return done, err
}

// DeliverTo implements store.Signals.
func (t *Tables) DeliverTo(ctx context.Context, d store.Delivery, to store.Claimant) ([]store.Delivered, []model.AttemptID, error) {
	m := routing.Deliver(d, to)
	done, err := t.route(ctx, "deliver messages", m)
	if err != nil {
		return nil, nil, err
	}
	return done, m.Given, nil
}

func (t *Tables) route(ctx context.Context, what string, m *routing.Mail) ([]store.Delivered, error) {
	if err := t.db.Route(ctx, what, m); err != nil {
		return nil, err
	}
	if m.Wakes() {
		t.db.Call()
	}
	return m.Outcomes, nil
}

// Offsets implements store.Feeding.
func (t *Tables) Offsets(ctx context.Context, feeder string) (list []store.Offset, err error) {
	err = t.db.Read(ctx, "read offsets", func(c Conn) error {
		return c.Query(`SELECT topic, number, next FROM offsets WHERE feeder = ? ORDER BY topic, number`, func(r Row) error {
			list = append(list, store.Offset{Topic: string(r.Blob(0)), Partition: int32(r.Int(1)), Next: r.Int(2)})
			return nil
		}, feeder)
	})
	return list, err
}

// Bodies encodes messages as the bodies of posts that leave it to their row
// which task they are for, each message once while it comes in a row.
type Bodies struct {
	last *engine.Message
	body []byte
}

// Of returns the body of a message.
func (b *Bodies) Of(m *engine.Message) []byte {
	if b.last != m {
		b.last, b.body = m, bodyOf(m)
	}
	return b.body
}

// BodyOfLetter returns the body of a letter, or nil if it can't be read.
func BodyOfLetter(l *routing.Letter) []byte {
	if l.Message == nil {
		return nil
	}
	return bodyOf(l.Message)
}

func bodyOf(m *engine.Message) []byte {
	return record.Command(&engine.Command{Kind: engine.Deliver, Message: m})
}

// Stored returns a text as it is stored where it may be any bytes.
func Stored(text string) []byte { return append([]byte{}, text...) }

// ListSubscriptions implements store.Signals.
func (t *Tables) ListSubscriptions(ctx context.Context, f store.SubscriptionFilter, page store.Page) (list []store.Subscription, next string, err error) {
	limit, past, err := page.SubscriptionBounds()
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		return nil, "", err
	}
	where, args := subscriptionConditions(f, past, page.Cursor != "")
	text := `SELECT s.topic, s.param, s.one, s.since, s.attempt, s.task, s.mark, s.value, t.name, t.deadline
		FROM subscriptions s LEFT JOIN tasks t ON t.attempt = s.attempt AND t.id = s.task` + where + ` LIMIT ? + 0`
	var last routing.Subscription
	err = t.db.Read(ctx, "list subscriptions", func(c Conn) error {
		list, next = nil, ""
		return c.Query(text, func(r Row) error {
			if len(list) == limit {
				next = last.Place().Cursor()
				return ErrEnough
			}
			last = readSubscription(r)
			listed := last.Subscription
			listed.Name, listed.Deadline = r.Text(8), model.Instant(r.Int(9))
			list = append(roomFor(list, limit), listed)
			return nil
		}, append(args, int64(limit)+1)...)
	})
	if err != nil {
		return nil, "", err
	}
	return list, next, nil
}

func readSubscription(r Row) routing.Subscription {
	return routing.Subscription{
		Subscription: store.Subscription{
			Key:   engine.Key{Topic: string(r.Blob(0)), Param: string(r.Blob(1)), Value: string(r.Blob(7)), One: r.Int(2) != 0},
			Since: model.Instant(r.Int(3)), Attempt: model.AttemptID(r.Int(4)), Task: model.TaskID(r.Int(5)),
		},
		Mark: routing.Key(r.Blob(6)),
	}
}
