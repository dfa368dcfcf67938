package server

import (
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

type restMessage struct {
	ID        number    `json:"id"`
	Topic     string    `json:"topic"`
	Source    string    `json:"source"`
	Keys      []restKey `json:"keys"`
	Body      jsonValue `json:"body"`
	CameAt    moment    `json:"cameAt"`
	ExpiresAt moment    `json:"expiresAt"`
}

type restLetter struct {
	ID        number         `json:"id"`
	Topic     string         `json:"topic"`
	Source    string         `json:"source"`
	Keys      []restKey      `json:"keys"`
	Body      jsonValue      `json:"body"`
	Raw       []byte         `json:"raw"`
	CameAt    moment         `json:"cameAt"`
	DiedAt    moment         `json:"diedAt"`
	Reason    string         `json:"reason"`
	AttemptID optionalNumber `json:"attemptId"`
	TaskID    optionalNumber `json:"taskId"`
}

type restKey struct {
	Param string   `json:"param"`
	Value keyValue `json:"value"`
}

// jsonValue is a value of any kind.
type jsonValue struct{ params.Value }

// MarshalJSON writes the value.
func (v jsonValue) MarshalJSON() ([]byte, error) { return params.AppendJSON(nil, v.Value), nil }

func keysOut(keys []store.MessageKey) []restKey {
	return outs(keys, func(k *store.MessageKey) restKey { return restKey{k.Param, keyValue(k.Value)} })
}

func messageOut(l *store.Letter) restMessage {
	return restMessage{
		ID: number(l.ID), Topic: l.Topic, Source: l.Source, Keys: keysOut(l.Keys), Body: jsonValue{l.Body},
		CameAt: moment(l.Came), ExpiresAt: moment(l.Expires),
	}
}

func letterOut(l *store.Letter) restLetter {
	out := restLetter{
		ID: number(l.ID), Topic: l.Topic, Source: l.Source, Keys: keysOut(l.Keys), Body: jsonValue{l.Body}, Raw: l.Raw,
		CameAt: moment(l.Came), DiedAt: moment(l.Died), Reason: l.Reason,
	}
	if l.Attempt != 0 {
		out.AttemptID, out.TaskID = optionalNumber(l.Attempt), optionalNumber(taskNumber(l.Attempt, l.Task))
	}
	return out
}

func listMessages(c *call) (any, error) {
	list, next, err := c.letters(false)
	return struct {
		Messages []restMessage `json:"messages"`
		Next     optional      `json:"next"`
	}{outs(list, messageOut), optional(next)}, err
}

func listLetters(c *call) (any, error) {
	list, next, err := c.letters(true)
	return struct {
		Letters []restLetter `json:"letters"`
		Next    optional     `json:"next"`
	}{outs(list, letterOut), optional(next)}, err
}

// letters reads a page of what is kept.
func (c *call) letters(dead bool) ([]store.Letter, string, error) {
	if err := c.allow("", ""); err != nil {
		return nil, "", err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, "", err
	}
	f := store.LetterFilter{Dead: dead}
	f.Topic, f.Param, f.Value = c.keyFilter()
	return c.store.ListLetters(c.r.Context(), f, page)
}

func resendLetters(c *call) (any, error) {
	var in struct {
		IDs  []number `json:"ids"`
		Keep string   `json:"keep"`
	}
	err := c.body(&in, false)
	ids := make([]store.LetterID, len(in.IDs))
	for i, id := range in.IDs {
		ids[i] = store.LetterID(id)
	}
	if err := c.allow("", namedBy("letters", ids)); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if err := checkNamed("letters", len(ids)); err != nil {
		return nil, err
	}
	wait, err := keepIn(in.Keep)
	if err != nil {
		return nil, err
	}
	done, err := c.service.Resend(c.r.Context(), ids, wait)
	if err != nil {
		return nil, err
	}
	type resent struct {
		ID number `json:"id"`
		restDelivered
	}
	list := make([]resent, len(done))
	for i, d := range done {
		list[i] = resent{in.IDs[i], deliveredOut(d)}
	}
	return struct {
		Letters []resent `json:"letters"`
	}{list}, nil
}

func dropLetters(c *call) (any, error) {
	ids, wrong := idsIn[store.LetterID](c.values["id"])
	if err := c.allow("", namedBy("letters", ids)); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	if err := checkNamed("letters", len(ids)); err != nil {
		return nil, err
	}
	if err := c.store.DropLetters(c.r.Context(), ids); err != nil {
		return nil, err
	}
	return droppedOut(ids), nil
}

// idsIn reads numbers, and returns the first error besides all of them.
func idsIn[ID ~int64](texts []string) (ids []ID, wrong error) {
	ids = make([]ID, len(texts))
	for i, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil && wrong == nil {
			wrong = model.Errorf(model.Invalid, "id %q is not a number", text)
		}
		ids[i] = ID(n)
	}
	return ids, wrong
}

// checkNamed bounds what one request may be about.
func checkNamed(what string, n int) error {
	if n == 0 || n > store.MaxLimit {
		return model.Errorf(model.Invalid, "name from 1 to %d %s, not %d", store.MaxLimit, what, n)
	}
	return nil
}

// namedBy are things in the words of the audit log.
func namedBy[ID ~int64](what string, ids []ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(int64(id), 10)
	}
	return what + " " + strings.Join(words, ", ")
}

type restDropped struct {
	Dropped []number `json:"dropped"`
}

func droppedOut[ID ~int64](ids []ID) restDropped {
	return restDropped{outs(ids, func(id *ID) number { return number(*id) })}
}
