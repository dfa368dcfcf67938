package store

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/model"
)

// Check returns an Invalid error unless f can be asked for.
func (f SubscriptionFilter) Check() error { return checkKey(f.Topic, f.Param, f.Value) }

// Check returns an Invalid error unless f can be asked for.
func (f LetterFilter) Check() error { return checkKey(f.Topic, f.Param, f.Value) }

func checkKey(topic, param, value string) error {
	if param != "" && topic == "" || value != "" && param == "" {
		return model.Errorf(model.Invalid, "a value is one of a param, and a param is one of a topic").WithHint("name the topic, too")
	}
	return nil
}

// SubscriptionMark is a place in a list of subscriptions. The zero value is
// before all of them.
type SubscriptionMark struct {
	Topic, Param string
	// One is 1 or 0.
	One     int64
	Since   model.Instant
	Attempt model.AttemptID
	Task    model.TaskID
	// Mark is what stands for the key.
	Mark [16]byte
}

// Cursor returns the cursor of the page that goes on after a place.
func (m SubscriptionMark) Cursor() string {
	var form []byte
	for _, text := range []string{m.Topic, m.Param} {
		form = append(binary.AppendUvarint(form, uint64(len(text))), text...)
	}
	for _, n := range []int64{m.One, int64(m.Since), int64(m.Attempt), int64(m.Task)} {
		form = binary.AppendVarint(form, n)
	}
	return base64.RawURLEncoding.EncodeToString(append(form, m.Mark[:]...))
}

// SubscriptionBounds is Bounds for a list of subscriptions.
func (p Page) SubscriptionBounds() (limit int, past SubscriptionMark, err error) {
	limit, _, err = Page{Limit: p.Limit}.Bounds()
	if err != nil || p.Cursor == "" {
		return limit, past, err
	}
	form, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	r := cursorReader{rest: form, failed: err != nil}
	past.Topic, past.Param = r.text(), r.text()
	past.One, past.Since = r.number(), model.Instant(r.number())
	past.Attempt, past.Task = model.AttemptID(r.number()), model.TaskID(r.number())
	if r.failed || len(r.rest) != len(past.Mark) {
		return 0, SubscriptionMark{}, model.Errorf(model.Invalid, "%q is not the cursor of a page", p.Cursor)
	}
	past.Mark = [16]byte(r.rest)
	return limit, past, nil
}

type cursorReader struct {
	rest   []byte
	failed bool
}

func (r *cursorReader) text() string {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)-size) {
		r.failed, r.rest = true, nil
		return ""
	}
	text := string(r.rest[size : size+int(n)])
	r.rest = r.rest[size+int(n):]
	return text
}

func (r *cursorReader) number() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.failed, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}
