package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/pawlhq/pawl/internal/params"
)

// Signal is a message for tasks that wait.
type Signal struct {
	Topic string `json:"topic"`
	// ID has a second signal with it be a duplicate; it may be empty.
	ID   string          `json:"id,omitempty"`
	Keys params.Map      `json:"keys"`
	Body json.RawMessage `json:"body"`
	// Keep is how long it is kept while nobody waits, such as "24h"; empty leaves
	// it to the server.
	Keep string `json:"keep,omitempty"`
}

// Delivered says what became of a message.
type Delivered struct {
	// Outcome is taken, early, dead, dropped, duplicate or missing.
	Outcome string `json:"outcome"`
	// Tasks is how many have got it.
	Tasks int `json:"tasks"`
}

// Signal gives a message to the tasks that wait for it.
func (c *Client) Signal(ctx context.Context, s Signal) (d Delivered, err error) {
	return d, c.send(ctx, http.MethodPost, path("pawl", "v1", "signals"), s, &d)
}

// Subscription is a key that a task waits for.
type Subscription struct {
	AttemptID ID `json:"attemptId"`
	TaskID    ID `json:"taskId"`
	// FullName is that of the task.
	FullName Text            `json:"fullName"`
	Topic    string          `json:"topic"`
	Param    string          `json:"param"`
	Value    json.RawMessage `json:"value"`
	One      bool            `json:"one"`
	Since    Moment          `json:"since"`
	// Deadline is when the task's time limit passes, or zero.
	Deadline Moment `json:"deadline"`
}

// KeyFilter selects by key; empty texts match all. A Param needs a Topic, and a
// Value, which is JSON, a Param.
type KeyFilter struct{ Topic, Param, Value string }

func (f KeyFilter) values(more ...string) url.Values {
	return values(append([]string{"topic", f.Topic, "param", f.Param, "value", f.Value}, more...)...)
}

// Subscriptions lists up to n keys that tasks wait for, those of one attempt or,
// for an empty id, of all.
func (c *Client) Subscriptions(ctx context.Context, attempt ID, f KeyFilter, n int) ([]Subscription, error) {
	return pages(n, func(count, cursor string) ([]Subscription, Text, error) {
		var out struct {
			Subscriptions []Subscription `json:"subscriptions"`
			Next          Text           `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "subscriptions"), f.values("attempt", string(attempt), "count", count, "cursor", cursor), &out)
		return out.Subscriptions, out.Next, err
	})
}

// MessageKey is what a message is about.
type MessageKey struct {
	Param string          `json:"param"`
	Value json.RawMessage `json:"value"`
}

// Message is one that nobody waits for yet.
type Message struct {
	ID        ID              `json:"id"`
	Topic     string          `json:"topic"`
	Source    string          `json:"source"`
	Keys      []MessageKey    `json:"keys"`
	Body      json.RawMessage `json:"body"`
	CameAt    Moment          `json:"cameAt"`
	ExpiresAt Moment          `json:"expiresAt"`
}

// Letter is a message that nobody has taken or could handle.
type Letter struct {
	ID     ID              `json:"id"`
	Topic  string          `json:"topic"`
	Source string          `json:"source"`
	Keys   []MessageKey    `json:"keys"`
	Body   json.RawMessage `json:"body"`
	// Raw is what could not be read; nil for others.
	Raw    []byte `json:"raw"`
	CameAt Moment `json:"cameAt"`
	DiedAt Moment `json:"diedAt"`
	Reason string `json:"reason"`
	// AttemptID and TaskID are those of the task that could not handle it, or
	// empty.
	AttemptID ID `json:"attemptId"`
	TaskID    ID `json:"taskId"`
}

// Messages lists up to n messages that nobody waits for yet, the oldest first.
func (c *Client) Messages(ctx context.Context, f KeyFilter, n int) ([]Message, error) {
	return pages(n, func(count, cursor string) ([]Message, Text, error) {
		var out struct {
			Messages []Message `json:"messages"`
			Next     Text      `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "messages"), f.values("count", count, "cursor", cursor), &out)
		return out.Messages, out.Next, err
	})
}

// Letters lists up to n dead letters, the oldest first.
func (c *Client) Letters(ctx context.Context, f KeyFilter, n int) ([]Letter, error) {
	return pages(n, func(count, cursor string) ([]Letter, Text, error) {
		var out struct {
			Letters []Letter `json:"letters"`
			Next    Text     `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "letters"), f.values("count", count, "cursor", cursor), &out)
		return out.Letters, out.Next, err
	})
}

// Resent says what became of a dead letter that was sent again.
type Resent struct {
	ID ID `json:"id"`
	Delivered
}

// ResendLetters gives dead letters to those who wait for them now, in order.
func (c *Client) ResendLetters(ctx context.Context, ids []ID, keep string) ([]Resent, error) {
	in := struct {
		IDs  []ID   `json:"ids"`
		Keep string `json:"keep,omitempty"`
	}{ids, keep}
	var out struct {
		Letters []Resent `json:"letters"`
	}
	err := c.send(ctx, http.MethodPost, path("pawl", "v1", "letters", "resend"), in, &out)
	return out.Letters, err
}

// DropLetters forgets messages that are kept. Those that are not there are
// passed over.
func (c *Client) DropLetters(ctx context.Context, ids []ID) error { return c.drop(ctx, "letters", ids) }

func (c *Client) drop(ctx context.Context, what string, ids []ID) error {
	query := url.Values{}
	for _, id := range ids {
		query.Add("id", string(id))
	}
	res, err := c.do(ctx, http.MethodDelete, path("pawl", "v1", what), query, nil)
	if err != nil {
		return err
	}
	return c.decode(res, new(struct{}))
}

// Record is one that a task has sent, and that is not on its way yet.
type Record struct {
	ID    ID     `json:"id"`
	Topic string `json:"topic"`
	// Key is what the topic is ordered by, or empty.
	Key       Text            `json:"key"`
	Value     json.RawMessage `json:"value"`
	Headers   json.RawMessage `json:"headers"`
	AttemptID ID              `json:"attemptId"`
	TaskID    ID              `json:"taskId"`
	Try       int32           `json:"try"`
	StoredAt  Moment          `json:"storedAt"`
}

// Outbox lists up to n records that are not sent yet, the oldest first.
func (c *Client) Outbox(ctx context.Context, n int) ([]Record, error) {
	return pages(n, func(count, cursor string) ([]Record, Text, error) {
		var out struct {
			Records []Record `json:"records"`
			Next    Text     `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "outbox"), KeyFilter{}.values("count", count, "cursor", cursor), &out)
		return out.Records, out.Next, err
	})
}

// DropTopic forgets records of a topic that are not sent yet, and returns how many: as
// long as there are any, more may be left.
func (c *Client) DropTopic(ctx context.Context, topic string) (int, error) {
	res, err := c.do(ctx, http.MethodDelete, path("pawl", "v1", "outbox"), url.Values{"topic": {topic}}, nil)
	if err != nil {
		return 0, err
	}
	var out struct {
		Dropped []ID `json:"dropped"`
	}
	err = c.decode(res, &out)
	return len(out.Dropped), err
}

// DropRecords forgets records that are not sent yet. Those that are not there
// are passed over.
func (c *Client) DropRecords(ctx context.Context, ids []ID) error { return c.drop(ctx, "outbox", ids) }
