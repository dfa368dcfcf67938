package signal

import (
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var sendKeys = []string{"key", "value", "headers"}

// send sends a record once its task has succeeded.
func send(_ context.Context, t *operator.Task) (operator.Result, error) {
	if !t.Services.Messages {
		return operator.Result{}, operator.ErrNotServed
	}
	r, err := readRecord(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	return operator.Result{Records: []operator.Record{r}}, nil
}

func readRecord(own params.Map) (r operator.Record, err error) {
	if r.Topic, err = readTopic(own); err != nil {
		return r, err
	}
	if r.Key, err = own.StringOr("key", ""); err != nil {
		return r, err
	}
	if r.Value, err = readValue(own); err != nil {
		return r, err
	}
	r.Headers, err = readHeaders(own)
	return r, err
}

// readValue reads what is sent. An expression makes a text of a map or a list,
// which is sent as what it was.
func readValue(own params.Map) (params.Value, error) {
	v, ok := own.Get("value")
	if !ok {
		return nil, model.Errorf(model.Invalid, "value is missing").WithHint("write what is sent, or null")
	}
	if text, isText := v.(string); isText && strings.ContainsAny(text[:min(1, len(text))], "{[") {
		if parsed, err := params.ParseJSON([]byte(text)); err == nil {
			return parsed, nil
		}
	}
	return v, nil
}

// readHeaders reads texts, or lists of them, by name.
func readHeaders(own params.Map) (params.Map, error) {
	m, err := own.ParseMapOr("headers", params.Map{})
	if err != nil {
		return params.Map{}, err
	}
	var headers params.Map
	for name, v := range m.All() {
		list, isList := v.([]params.Value)
		if !isList {
			list = []params.Value{v}
		}
		texts := make([]params.Value, len(list))
		for i, v := range list {
			text, ok := params.ToString(v)
			if !ok {
				return params.Map{}, model.Errorf(model.Invalid, "header %q must be a text, a number or a boolean, or a list of them, not %s",
					name, params.AppendJSON(nil, v))
			}
			texts[i] = text
		}
		if isList {
			headers = headers.Set(name, texts)
		} else {
			headers = headers.Set(name, texts[0])
		}
	}
	return headers, nil
}

// checkSend sees what is wrong with a task before it runs.
func checkSend(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := readTopic(m); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := m.StringOr("key", ""); return err }, "key")
	d.Read(func(m params.Map) error { _, err := readValue(m); return err }, "value")
	d.Read(func(m params.Map) error { _, err := readHeaders(m); return err }, "headers")
}
