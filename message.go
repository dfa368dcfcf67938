package pawl

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Topic names a stream of messages: a topic of Kafka, or what the senders of
// messages by REST, command line or Signal call it.
type Topic string

// By returns a subscription to those messages of the topic that have the value
// of a parameter among their keys: of the same name, the same type and the same
// value. The parameter is named as in JSON, with dots to fields within fields.
// With several parameters, one that agrees is enough. While a parameter has no
// value (null, or left out), nothing matches it; when it changes, the
// subscription moves at once.
func (t Topic) By(param string, more ...string) Subscription {
	return Subscription{topic: t, params: slices.Concat([]string{param}, more)}
}

// Subscription says which messages a step listens to, and how it takes those that
// are not simply next. It is a value: its methods return changed copies.
type Subscription struct {
	topic  Topic
	params []string
	one    bool
	early  Early
	late   Late
	bury   bool
}

// One lets only the step that has listened for longest have a message. Without
// it, all that match get it.
func (s Subscription) One() Subscription { s.one = true; return s }

// Early says what becomes of messages that come before the step is reached. Keep
// is the default.
func (s Subscription) Early(e Early) Subscription { s.early = e; return s }

// Early says what becomes of messages that come early.
type Early uint8

const (
	// Keep keeps them, in order, from the start of the run on; the step handles
	// them when it is reached. Each step that matches gets all: of two that listen
	// to the same, one after the other, let the later one take what is Unclaimed.
	Keep Early = iota
	// Jump has the first of them start the step at once. The steps that would have
	// been before it are skipped.
	Jump
	// Unclaimed has the step listen from when it is reached. It gets what came
	// before then and nobody else has taken.
	Unclaimed
	// Drop has the step listen from when it is reached, and get nothing that came
	// before.
	Drop
)

// Late says what a message does that comes when the step is done, as long as the
// group around it goes on. By default the step does not listen then any more.
func (s Subscription) Late(l Late) Subscription { s.late = l; return s }

// Late says what becomes of messages that come late.
type Late uint8

const (
	// Handle gives them to the step's function. Nothing else is run again.
	Handle Late = iota + 1
	// Downstream is Handle, and then those later steps of the group run again that
	// say so with Rerun.
	Downstream
)

// Bury puts a message among the dead letters on which the step's function fails,
// after its retries, and the step waits on. Without it the step fails.
func (s Subscription) Bury() Subscription { s.bury = true; return s }

// wait returns what a listener waits for.
func (s Subscription) wait() *workflow.Wait {
	w := &workflow.Wait{
		Early: [...]workflow.Early{Keep: workflow.KeepEarly, Jump: workflow.JumpEarly, Unclaimed: workflow.WhenReached, Drop: workflow.DropEarly}[s.early],
		Again: [...]workflow.Again{0: workflow.AgainNever, Handle: workflow.AgainHandler, Downstream: workflow.AgainDownstream}[s.late],
	}
	if s.bury {
		w.OnBadMessage = workflow.BuryMessage
	}
	for _, p := range s.params {
		w.Signals = append(w.Signals, workflow.Signal{Topic: string(s.topic), Param: p, One: s.one})
	}
	return w
}

// Record is what a Command sends.
type Record struct {
	// Topic is where to; empty is the command's.
	Topic Topic
	// Key is what Kafka orders by and finds the partition with; it may be empty.
	Key string
	// Value is what is sent, as JSON.
	Value any
	// Headers go with it.
	Headers map[string]string
}

// outgoing returns records as operators send them.
func outgoing(to Topic, list []Record) ([]operator.Record, error) {
	records := make([]operator.Record, len(list))
	for i, r := range list {
		if r.Topic == "" {
			r.Topic = to
		}
		value, err := encode(r.Value)
		if err != nil {
			return nil, fmt.Errorf("record %d to %s can't be written: %w", i+1, r.Topic, err)
		}
		headers, err := params.From(r.Headers)
		if err != nil {
			return nil, err
		}
		records[i] = operator.Record{Topic: string(r.Topic), Key: r.Key, Value: value, Headers: headers.(params.Map)}
	}
	return records, nil
}

// When is a point in time. The zero value is none.
type When struct {
	after time.Duration
	param string
	set   bool
}

// In returns the time that lies so far after the moment at which its step is
// reached.
func In(d time.Duration) When { return When{after: d, set: true} }

// At returns the time that a parameter has when its step is reached: a time.Time, a
// number of seconds since 1970, or text such as "1h30m" that says how long after
// that moment. The parameter is named as in JSON, with dots to fields within
// fields. A Deadline is none if it has no value, or a zero one; what waits for it
// fails without a value, and finds a zero time to have passed.
func At(param string) When { return When{param: param, set: true} }

// period returns how long to wait before the next call.
func (i Interval) period(p any) (time.Duration, error) {
	if i.PeriodParam == "" {
		return i.Period, nil
	}
	v, err := encode(p)
	if err != nil {
		return 0, err
	}
	m, _ := v.(params.Map)
	v, _ = m.At(params.SplitPath(i.PeriodParam)...)
	var d time.Duration
	switch v := v.(type) {
	case string:
		d, err = time.ParseDuration(v)
	case int64:
		d = time.Duration(v) * time.Second
	case float64:
		d = time.Duration(v * float64(time.Second))
	}
	if err != nil || d <= 0 {
		return 0, Permanent(fmt.Errorf("parameter %q is %s: it is to be a number of seconds, or text such as \"1m30s\", above zero", i.PeriodParam, jsonOf(v)))
	}
	return d, nil
}

// encode returns a Go value as a value of workflows.
func encode(v any) (operator.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return params.ParseJSON(text)
}

func jsonOf(v operator.Value) []byte { return params.AppendJSON(nil, v) }
