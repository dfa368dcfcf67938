package server

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

var (
	topicQuery = param{"topic", "string", "the only topic", false}
	paramQuery = param{"param", "string", "name of the only key of the topic", false}
	valueQuery = param{"value", "string", "the only value of that key, as JSON; what is no JSON is a text", false}
	rowsQuery  = param{"count", "integer", "how many entries, 100 by default and 1000 at most", false}
	pageQuery  = param{"cursor", "string", "where the page before ended", false}
)

func signalRoutes() []route {
	filter := []param{topicQuery, paramQuery, valueQuery, rowsQuery, pageQuery}
	return []route{
		{post, "/api/pawl/v1/signals", auth.SignalSend, sendSignal, doc{tag: "signal", summary: "Give a message to the tasks that wait for it, or keep it for those that will", body: "Signal", answer: "Delivered"}},
		{get, "/api/pawl/v1/subscriptions", auth.SubscriptionList, listSubscriptions, doc{tag: "signal", summary: "Who waits for what, by topic and name of the key, the longest waiting first", answer: "SubscriptionList",
			query: append([]param{{"attempt", "string", "id of the only attempt", false}}, filter...)}},
		{get, "/api/pawl/v1/messages", auth.LetterList, listMessages, doc{tag: "signal", summary: "Messages that nobody waits for yet, the oldest first", answer: "MessageList", query: filter}},
		{get, "/api/pawl/v1/letters", auth.LetterList, listLetters, doc{tag: "signal", summary: "Dead letters, which nobody has taken or could handle, the oldest first", answer: "LetterList", query: filter}},
		{post, "/api/pawl/v1/letters/resend", auth.LetterResend, resendLetters, doc{tag: "signal", summary: "Give dead letters to the tasks that wait for them now, or to those that buried them", body: "Resend", answer: "ResentList"}},
		{get, "/api/pawl/v1/outbox", auth.RecordList, listOutbox, doc{tag: "signal", summary: "Records that are not sent yet, the oldest first", answer: "RecordList", query: []param{rowsQuery, pageQuery}}},
		{del, "/api/pawl/v1/outbox", auth.RecordDrop, dropRecords, doc{tag: "signal", summary: "Forget records that are not sent yet", answer: "DroppedList",
			query: []param{
				{"id", "array", "ids of the records; those that are not there are passed over", false},
				{"topic", "string", "in place of ids: the topic whose records are forgotten, the oldest 1000 with each request until there are none", false},
			}}},
		{del, "/api/pawl/v1/letters", auth.LetterDrop, dropLetters, doc{tag: "signal", summary: "Forget messages that are kept, dead or not", answer: "DroppedList",
			query: []param{{"id", "array", "ids of the messages; those that are not there are passed over", true}}}},
	}
}

func sendSignal(c *call) (any, error) {
	var in struct {
		Topic string          `json:"topic"`
		ID    string          `json:"id"`
		Keys  json.RawMessage `json:"keys"`
		Body  json.RawMessage `json:"body"`
		Keep  string          `json:"keep"`
	}
	err := c.body(&in, false)
	if err := c.allow("", "topic "+in.Topic); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	s := service.Signal{Topic: in.Topic, ID: in.ID, Trace: c.r.Header.Get("Traceparent")}
	if in.Topic == "" {
		return nil, required("topic")
	}
	if in.Keys == nil {
		return nil, required("keys")
	}
	if s.Keys, err = keysIn(in.Keys); err != nil {
		return nil, err
	}
	if in.Body != nil {
		if s.Body, err = params.ParseJSON(in.Body); err != nil {
			return nil, model.Errorf(model.Invalid, "body: %w", err)
		}
	}
	if s.Keep, err = keepIn(in.Keep); err != nil {
		return nil, err
	}
	done, err := c.service.Signal(c.r.Context(), s)
	return deliveredOut(done), err
}

// keysIn reads an object.
func keysIn(text json.RawMessage) (params.Map, error) {
	v, err := params.ParseJSON(text)
	if err != nil {
		return params.Map{}, model.Errorf(model.Invalid, "keys: %w", err)
	}
	m, ok := v.(params.Map)
	if !ok {
		return params.Map{}, model.Errorf(model.Invalid, `"keys" must be an object, such as {"order_id":"17"}`)
	}
	return m, nil
}

// keepIn reads how long a message is kept while nobody waits for it.
func keepIn(text string) (time.Duration, error) {
	if text == "" {
		return service.KeepSignals, nil
	}
	d, err := schedule.ParseDuration(text)
	if err != nil {
		return 0, model.Errorf(model.Invalid, "keep: %w", err)
	}
	return d, nil
}

type restDelivered struct {
	Outcome string `json:"outcome"`
	Tasks   int    `json:"tasks"`
}

func deliveredOut(d store.Delivered) restDelivered { return restDelivered{d.Outcome.String(), d.Tasks} }

type restSubscription struct {
	AttemptID number   `json:"attemptId"`
	TaskID    number   `json:"taskId"`
	FullName  optional `json:"fullName"`
	Topic     string   `json:"topic"`
	Param     string   `json:"param"`
	Value     keyValue `json:"value"`
	One       bool     `json:"one"`
	Since     moment   `json:"since"`
	Deadline  moment   `json:"deadline"`
}

// keyValue is the canonical text of a key's value, which is JSON but for what
// an operator made up.
type keyValue string

// MarshalJSON writes the value.
func (v keyValue) MarshalJSON() ([]byte, error) {
	if json.Valid([]byte(v)) {
		return []byte(v), nil
	}
	return params.AppendString(nil, string(v)), nil
}

func listSubscriptions(c *call) (any, error) {
	f, err := c.subscriptionFilter()
	if err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	list, next, err := c.store.ListSubscriptions(c.r.Context(), f, page)
	if err != nil {
		return nil, err
	}
	return struct {
		Subscriptions []restSubscription `json:"subscriptions"`
		Next          optional           `json:"next"`
	}{outs(list, func(s *store.Subscription) restSubscription {
		return restSubscription{
			AttemptID: number(s.Attempt), TaskID: taskNumber(s.Attempt, s.Task), FullName: optional(s.Name),
			Topic: s.Key.Topic, Param: s.Key.Param, Value: keyValue(s.Key.Value), One: s.Key.One, Since: moment(s.Since), Deadline: moment(s.Deadline),
		}
	}), optional(next)}, nil
}

// subscriptionFilter reads which subscriptions are asked for, if the principal
// may see them: those of one attempt are its project's.
func (c *call) subscriptionFilter() (f store.SubscriptionFilter, err error) {
	f.Topic, f.Param, f.Value = c.keyFilter()
	if !c.given("attempt") {
		return f, c.allow("", "")
	}
	n, err := strconv.ParseInt(c.query("attempt"), 10, 64)
	if err != nil || n < 1 {
		return f, model.Errorf(model.Invalid, "attempt is %q, but must be the id of an attempt", c.query("attempt"))
	}
	a, err := c.service.Attempt(c.r.Context(), model.AttemptID(n))
	if err != nil {
		return f, err
	}
	project, err := c.names.of(c.r.Context(), c.store, a.Session.Project)
	if err != nil {
		return f, err
	}
	f.Attempt = a.ID
	return f, c.allow(project, fmt.Sprintf("attempt %d", a.ID))
}

// keyFilter reads what a list is to have.
func (c *call) keyFilter() (topic, param, value string) {
	return c.query("topic"), c.query("param"), c.keyValue()
}

// keyValue reads the value of a key, in its canonical form.
func (c *call) keyValue() string {
	value := c.query("value")
	if value == "" {
		return ""
	}
	v, err := params.ParseJSON([]byte(value))
	if err != nil {
		v = value
	}
	return engine.Canonical(v)
}

// span reads between which instants what is asked for lies; without them, it leaves
// them as they are.
func (c *call) span(from, until *model.Instant) error {
	for _, of := range []struct {
		name string
		to   *model.Instant
	}{{"since", from}, {"until", until}} {
		at, err := instantIn(of.name, c.query(of.name))
		if err != nil {
			return err
		}
		if !at.IsZero() {
			*of.to = model.InstantOf(at)
		}
	}
	return nil
}

// cursorPage reads the part of a list that is asked for.
func (c *call) cursorPage() (store.Page, error) {
	n, err := c.number("count", 0)
	return store.Page{Limit: int(n), Cursor: c.query("cursor")}, err
}
