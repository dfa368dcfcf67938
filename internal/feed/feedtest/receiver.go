package feedtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Receiver takes messages one by one from senders that wait for an answer. Its
// source has no places, but messages have ids.
type Receiver interface {
	// Receive gives a sink a message with an id and a text as its body, and returns
	// how it is answered: Unavailable means that it is to be sent again.
	Receive(ctx context.Context, sink feed.Sink, id, text string) (store.Delivered, error)
}

// ReceiverTopic is that of a tested receiver, whose id is in the header "id".
func ReceiverTopic() feed.Topic {
	find, err := feed.Find("p", "body.p")
	if err != nil {
		panic(err)
	}
	return feed.Topic{Name: "topic", Keys: find, ID: feed.AtHeader("id")}
}

// RunReceiver tests a kind of receiver with sinks of a kind, which know what has
// come before. For each test, receiver returns one of ReceiverTopic.
func RunReceiver(t *testing.T, receiver func(t *testing.T) Receiver, sink func(t *testing.T) *Sink) {
	for _, tt := range []struct {
		name string
		run  func(f *taking)
	}{
		{"what is answered is with the sink", answered},
		{"what comes again does nothing", repeated},
		{"what comes many times at once is taken once", together},
		{"who is told to send it again does so in vain until the sink is back", awayForOne},
		{"a lost answer makes no duplicates", answerLost},
		{"what can't be read does nothing", unreadableOne},
		{"who goes away is not waited for", gone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			tt.run(&taking{T: t, ctx: ctx, receiver: receiver(t), sink: sink(t)})
		})
	}
}

// taking is a receiver and a sink with shorthands that end the test when they fail.
type taking struct {
	*testing.T
	ctx      context.Context
	receiver Receiver
	sink     *Sink
}

// want sends a message, and checks how it is answered.
func (f *taking) want(id, text string, want store.Outcome) {
	f.Helper()
	d, err := f.receiver.Receive(f.ctx, f.sink, id, text)
	if err != nil || d.Outcome != want {
		f.Fatalf("message %s was answered with %v, %v, not %v", id, d.Outcome, err, want)
	}
}

// wrong sends a message, and checks that it is not taken for a reason.
func (f *taking) wrong(id, text string, want model.Code) {
	f.Helper()
	if d, err := f.receiver.Receive(f.ctx, f.sink, id, text); err == nil || model.CodeOf(err) != want {
		f.Fatalf("message %s was answered with %v, %v, not %v", id, d.Outcome, err, want)
	}
}

func (f *taking) came(n int) []store.Message {
	f.Helper()
	list := f.sink.Messages()
	if len(list) != n {
		f.Fatalf("%d messages came, not %d", len(list), n)
	}
	return list
}

func answered(f *taking) {
	for n := range 20 {
		f.want(fmt.Sprint("m", n), fmt.Sprintf(`{"p":%d}`, n), store.KeptEarly)
	}
	for n, m := range f.came(20) {
		if m.Source != fmt.Sprint("m", n) || m.Remember == 0 || m.Topic != "topic" {
			f.Errorf("message %d came as %+v", n, m)
		}
		if diff := cmp.Diff([]store.MessageKey{{Param: "p", Value: fmt.Sprint(n)}}, m.Keys); diff != "" {
			f.Error(diff)
		}
		if got := params.AppendJSON(nil, m.Body); string(got) != fmt.Sprintf(`{"p":%d}`, n) {
			f.Errorf("message %d says %s", n, got)
		}
	}
}

func repeated(f *taking) {
	f.want("m", `{"p":1}`, store.KeptEarly)
	f.want("m", `{"p":1}`, store.Duplicate)
	f.want("m", `{"p":2}`, store.Duplicate)
	f.want("n", `{"p":1}`, store.KeptEarly)
}

func together(f *taking) {
	var mu sync.Mutex
	outcomes := make(map[store.Outcome]int)
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() {
			d, err := f.receiver.Receive(f.ctx, f.sink, "m", `{"p":1}`)
			if err != nil {
				f.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			outcomes[d.Outcome]++
		})
	}
	senders.Wait()
	if diff := cmp.Diff(map[store.Outcome]int{store.KeptEarly: 1, store.Duplicate: 9}, outcomes); diff != "" {
		f.Error(diff)
	}
}

func awayForOne(f *taking) {
	for range 2 {
		f.sink.Next(Fault{Before: func(context.Context, store.Delivery) error { return errAway }})
	}
	f.wrong("m", `{"p":1}`, model.Unavailable)
	f.wrong("m", `{"p":1}`, model.Unavailable)
	f.came(0)
	f.want("m", `{"p":1}`, store.KeptEarly)
}

func answerLost(f *taking) {
	f.sink.Next(Fault{After: func(context.Context, store.Delivery) error { return errAway }})
	f.wrong("m", `{"p":1}`, model.Unavailable)
	f.want("m", `{"p":1}`, store.Duplicate)
}

func unreadableOne(f *taking) {
	for id, text := range map[string]string{"a": "{\xffno", "b": "", strings.Repeat("x", 2000): `{"p":1}`, "": `{"p":1}`} {
		f.wrong(id, text, model.Invalid)
	}
	f.came(0)
	f.want("a", `{"p":1}`, store.KeptEarly) // of what does nothing, nothing is remembered
	f.want("c", `{"other":1}`, store.Dropped)
}

func gone(f *taking) {
	ctx, cancel := context.WithCancel(f.ctx)
	f.sink.Next(Fault{Before: func(of context.Context, _ store.Delivery) error {
		cancel()
		<-of.Done()
		return context.Cause(of)
	}})
	if _, err := f.receiver.Receive(ctx, f.sink, "m", `{"p":1}`); !errors.Is(err, context.Canceled) {
		f.Errorf("it ended with %v", err)
	}
}
