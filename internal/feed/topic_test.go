package feed_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var now = model.InstantOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

func topic(t *testing.T, from string) feed.Topic {
	t.Helper()
	find, err := feed.Find("p", from)
	if err != nil {
		t.Fatal(err)
	}
	return feed.Topic{Name: "orders", Keys: find, ID: feed.AtHeader("id")}
}

func made(t *testing.T, of feed.Topic, raw feed.Raw) store.Message {
	t.Helper()
	m, err := of.Message(t.Context(), raw, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMessageHasItsKeysAndItsTimes(t *testing.T) {
	t.Parallel()
	of := topic(t, "body.id")
	got := made(t, of, feed.Raw{Place: "0/5", Value: []byte(`{"id":7}`), Key: []byte("\xff")})
	want := store.Message{
		Topic: "orders", Source: "0/5", Keys: []store.MessageKey{{Param: "p", Value: "7"}}, Body: params.Of("id", int64(7)),
		Early: store.Early{Expires: now.Add(24 * time.Hour)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	of.Early, of.MostEarly = time.Hour, 3
	if got := made(t, of, feed.Raw{Value: []byte("{}")}); got.Early != (store.Early{Expires: now.Add(time.Hour), Most: 3}) {
		t.Errorf("got %+v", got.Early)
	}
	of.Early = -1
	if got := made(t, of, feed.Raw{Value: []byte("{}")}); got.Early != (store.Early{}) {
		t.Errorf("got %+v", got.Early)
	}
}

func TestAMessageWithAnIDIsRemembered(t *testing.T) {
	t.Parallel()
	of := topic(t, "body.id")
	raw := feed.Raw{Place: "0/5", Value: []byte(`1`), Headers: []feed.Header{{Name: "id", Value: "m-1"}}}
	if got := made(t, of, raw); got.Source != "m-1" || got.Remember != now.Add(7*24*time.Hour) {
		t.Errorf("got %+v", got)
	}
	raw.Value = []byte("no")
	if got := made(t, of, raw); got.Source != "m-1" || got.Remember == 0 || got.Unreadable == "" {
		t.Errorf("what can't be read came as %+v", got)
	}
	for _, id := range []string{"\xff", "a\x00", strings.Repeat("x", 2000)} {
		raw.Headers[0].Value = id
		if got := made(t, of, raw); got.Source != "0/5" || got.Unreadable == "" {
			t.Errorf("an id of %q came as %+v", id, got)
		}
	}
}

func TestWhatCanNotBeReadIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	for value, of := range map[string]feed.Topic{
		"{\x00":      topic(t, "body.id"),
		`{"id":"x"}`: topic(t, "number(body.id)"),
		"\xff":       {Name: "orders", Body: feed.Text{}},
	} {
		got := made(t, of, feed.Raw{Place: "1/2", Value: []byte(value)})
		if got.Unreadable == "" || string(got.Raw) != value || got.Body != nil || got.Keys != nil || got.Source != "1/2" || strings.ContainsAny(got.Unreadable, "\x00\n") {
			t.Errorf("%q came as %+v", value, got)
		}
	}
	strict := feed.Topic{Name: "orders", Key: feed.JSON{}}
	if got := made(t, strict, feed.Raw{Key: []byte("{"), Value: nil}); got.Unreadable == "" || got.Raw == nil {
		t.Errorf("a key that can't be read came as %+v", got)
	}
}

type away struct{ feed.JSON }

func (away) Decode(context.Context, string, []byte) (params.Value, error) {
	return nil, model.Errorf(model.Unavailable, "away")
}

func TestAMessageWaitsForWhatReadsIt(t *testing.T) {
	t.Parallel()
	of := feed.Topic{Name: "orders", Body: away{}}
	if m, err := of.Message(t.Context(), feed.Raw{Value: []byte("1")}, now); model.CodeOf(err) != model.Unavailable {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestCodecsWriteWhatTheyRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		codec   feed.Codec
		in, out string
	}{
		{feed.Text{}, "hello", "hello"},
		{feed.Text{}, "", ""},
		{feed.JSON{}, ` {"b": 1, "a": [1.50]}`, `{"b":1,"a":[1.5]}`},
		{feed.JSON{}, "\x00\x00\x00\x00\x07{}", `{}`},
	} {
		v, err := tt.codec.Decode(t.Context(), "t", []byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := tt.codec.Encode(t.Context(), "t", v); err != nil || string(out) != tt.out || out == nil {
			t.Errorf("%q became %q, %v", tt.in, out, err)
		}
	}
	for _, c := range []feed.Codec{feed.Text{}, feed.JSON{}} {
		if v, err := c.Decode(t.Context(), "t", nil); v != nil || err != nil {
			t.Errorf("nothing was read as %v, %v", v, err)
		}
		if b, err := c.Encode(t.Context(), "t", nil); b != nil || err != nil {
			t.Errorf("nothing was written as %q, %v", b, err)
		}
	}
	if b, _ := (feed.Text{}).Encode(t.Context(), "t", params.Of("a", int64(1))); string(b) != `{"a":1}` {
		t.Errorf("a map was written as %q", b)
	}
}

func TestAMessageWithTooLongAKeyIsUnreadable(t *testing.T) {
	t.Parallel()
	keys, err := feed.Find("id", "body.id")
	if err != nil {
		t.Fatal(err)
	}
	topic := feed.Topic{Name: "t", Keys: keys}
	m, err := topic.Message(t.Context(), feed.Raw{Place: "0/1", Value: fmt.Appendf(nil, `{"id":"%5000d"}`, 1)}, 1)
	if err != nil || !strings.HasPrefix(m.Unreadable, "the value of the key id may have up to 4096 bytes") || len(m.Keys) > 0 {
		t.Errorf("it is %+v, %v", m.Unreadable, err)
	}
}

func TestAMessageKeepsItsTrace(t *testing.T) {
	t.Parallel()
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	topic := feed.Topic{Name: "t"}
	for name, want := range map[string]string{"traceparent": trace, "Traceparent": trace, "trace": ""} {
		m, err := topic.Message(t.Context(), feed.Raw{Value: []byte("1"), Headers: []feed.Header{{Name: name, Value: trace}}}, 1)
		if err != nil || m.Trace != want {
			t.Errorf("%s: %q, %v", name, m.Trace, err)
		}
	}
}
