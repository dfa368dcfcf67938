package signal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/operator"
)

var waitKeys = []string{"key", "json_key", "one", "early", "timeout", "on_timeout", "store"}

// untilKey is when a wait is over, in its task's state.
const untilKey = "wait_until_millis"

// wait ends with the first message that has one of the keys, or at its time.
func wait(_ context.Context, t *operator.Task) (operator.Result, error) {
	if !t.Services.Messages {
		return operator.Result{}, operator.ErrNotServed
	}
	o, err := readWait(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	if t.Message != nil {
		return operator.Result{Store: params.Of(o.store, t.Message.Body)}, nil
	}
	w := &operator.Wait{Keys: o.keys, State: t.State, Reason: o.reason()}
	if o.limit == 0 {
		return operator.Result{Wait: w}, nil
	}
	now, waited := t.Now(), t.State.Has(untilKey)
	until, err := t.State.IntOr(untilKey, now.Add(o.limit).UnixMilli())
	switch {
	case err != nil:
		return operator.Result{}, err
	case waited && now.UnixMilli() >= until:
		return o.late()
	}
	w.Until, w.State = time.UnixMilli(until), t.State.Set(untilKey, until)
	return operator.Result{Wait: w}, nil
}

// waiting is what a task says of its wait.
type waiting struct {
	topic string
	keys  []operator.Key
	// limit is how long to wait; 0 is for good.
	limit  time.Duration
	onLate string
	store  string
}

// What a task may do when its time is over.
const (
	lateFail     = "fail"
	lateSkip     = "skip"
	lateContinue = "continue"
)

// shortest is the shortest wait, which finds what has come already.
const shortest = time.Second

func readWait(own params.Map) (o waiting, err error) {
	if o.topic, err = readTopic(own); err != nil {
		return o, err
	}
	if o.keys, err = readKeys(o.topic, own); err != nil {
		return o, err
	}
	fresh, err := readEarly(own)
	if err != nil {
		return o, err
	}
	for i := range o.keys {
		o.keys[i].Fresh = fresh
	}
	if o.limit, o.onLate, err = readLimit(own); err != nil {
		return o, err
	}
	o.store, err = readName(own)
	return o, err
}

// readName reads which parameter the message becomes.
func readName(own params.Map) (string, error) {
	name, err := own.StringOr("store", "signal")
	if err == nil && name == "" {
		err = model.Errorf(model.Invalid, "store needs a name")
	}
	return name, err
}

// readLimit reads how long to wait, and what then.
func readLimit(own params.Map) (d time.Duration, onLate string, err error) {
	text, err := own.StringOr("timeout", "")
	if err != nil {
		return 0, "", err
	}
	if onLate, err = own.StringOr("on_timeout", lateFail); err != nil {
		return 0, "", err
	}
	switch onLate {
	case lateFail, lateSkip, lateContinue:
	default:
		return 0, "", model.Errorf(model.Invalid, "on_timeout is %q", onLate).WithHint("it may be fail, skip or continue")
	}
	if text == "" {
		if own.Has("on_timeout") {
			return 0, "", model.Errorf(model.Invalid, "on_timeout needs a timeout")
		}
		return 0, onLate, nil
	}
	d, err = schedule.ParseDuration(text)
	return max(d, shortest), onLate, err
}

// readKeys reads what messages to wait for: those with any of the values of any
// of the keys.
func readKeys(topic string, own params.Map) ([]operator.Key, error) {
	m, err := own.ParseMap("key")
	if err != nil {
		return nil, err
	}
	one, err := own.BoolOr("one", false)
	if err != nil {
		return nil, err
	}
	typed, err := own.BoolOr("json_key", false)
	if err != nil {
		return nil, err
	}
	var keys []operator.Key
	for param, v := range m.All() {
		values, isList := v.([]params.Value)
		if !isList {
			values = []params.Value{v}
		}
		for _, v := range values {
			text, err := canonical(param, v, typed)
			if err == nil {
				err = model.CheckKey(param, text)
			}
			if err != nil {
				return nil, err
			}
			keys = append(keys, operator.Key{Topic: topic, Param: param, Value: text, One: one})
		}
	}
	if len(keys) == 0 {
		return nil, model.Errorf(model.Invalid, "key names nothing to wait for").WithHint("write as in key: {order_id: 17}")
	}
	return keys, model.CheckKeys(len(keys))
}

// readEarly reads whether what came before the wait is left to others.
func readEarly(own params.Map) (bool, error) {
	switch early, err := own.StringOr("early", "keep"); {
	case err != nil:
		return false, err
	case early == "drop":
		return true, nil
	case early != "keep":
		return false, model.Errorf(model.Invalid, "early is %q", early).WithHint("it may be keep, for what came before the wait, or drop")
	}
	return false, nil
}

// canonical returns the text by which a key is compared. Expressions make texts
// of all values, so that numbers count as texts, too, unless the key is typed:
// then texts count as what they are as JSON.
func canonical(param string, v params.Value, typed bool) (string, error) {
	text, ok := params.ToString(v)
	if !ok {
		return "", model.Errorf(model.Invalid, "key %q must be a text, a number or a boolean, or a list of them, not %s",
			param, params.AppendJSON(nil, v))
	}
	v = text
	if typed {
		parsed, err := params.ParseJSON([]byte(text))
		if _, scalar := params.ToString(parsed); err == nil && scalar {
			v = parsed
		}
	}
	return string(params.AppendJSON(nil, v)), nil
}

// reason tells people what is waited for.
func (o *waiting) reason() string {
	names := make([]string, len(o.keys))
	for i, k := range o.keys {
		names[i] = k.Param + "=" + k.Value
	}
	return fmt.Sprintf("for a message on %s with %s", o.topic, strings.Join(names, " or "))
}

// late is the end of a wait that took too long.
func (o *waiting) late() (operator.Result, error) {
	message := fmt.Sprintf("no message came on %s within %s", o.topic, o.limit)
	switch o.onLate {
	case lateSkip:
		return operator.Result{Skip: message}, nil
	case lateContinue:
		return operator.Result{Store: params.Of(o.store, nil)}, nil
	}
	return operator.Result{}, &operator.Error{Message: message}
}

// checkWait sees what is wrong with a task before it runs.
func checkWait(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := readTopic(m); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := readKeys("", m); return err }, "key", "json_key", "one")
	d.Read(func(m params.Map) error { _, err := readEarly(m); return err }, "early")
	d.Read(func(m params.Map) error { _, _, err := readLimit(m); return err }, "timeout", "on_timeout")
	d.Read(func(m params.Map) error { _, err := readName(m); return err }, "store")
}
