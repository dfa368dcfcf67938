// Package relaytest is the contract of transports as tests. Every transport of
// package relay passes all of them.
package relaytest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Place is where the records of a test are to be.
type Place interface {
	// Transport returns what sends to the place, and the owner of the lease that it
	// has relays take.
	Transport(t *testing.T) (relay.Transport, string)
	// Topic returns a topic that takes what it is sent.
	Topic(t *testing.T) string
	// Picky returns a topic that refuses values of more than 10,000 bytes until it
	// is mended.
	Picky(t *testing.T) (topic string, mend func())
	// Refusing returns a topic that refuses everything until it is mended.
	Refusing(t *testing.T) (topic string, mend func())
	// Silent returns a topic that does not answer until it is to speak.
	Silent(t *testing.T) (topic string, speak func())
	// Read returns what a topic has got once there are n messages, those with one
	// key in the order in which they came. What came again is there again.
	Read(t *testing.T, topic string, n int) []relay.Message
}

// Run tests a kind of transport. For each test, open returns a place that nobody
// has used.
func Run(t *testing.T, open func(t *testing.T) Place) {
	for _, tt := range []struct {
		name string
		run  func(f *fixture)
	}{
		{"records arrive in the order of their keys, with their names", ordered},
		{"headers, codecs and traces", headers},
		{"a topic that refuses holds back only its own", refusing},
		{"a refused record is not overtaken", picky},
		{"a topic that is silent holds back only its own", silent},
		{"what can't be written is not overtaken", unwritable},
		{"a topic of others is left alone", others},
		{"one relay at a time sends", oneAtATime},
		{"what is sent again keeps its name", again},
		{"it ends while a topic is silent", ends},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{T: t, Place: open(t), box: NewOutbox(), refusals: refusals{told: make(chan struct{})}}
			f.options = relay.Options{
				Instance: "shop", Lease: 2 * time.Second, Idle: 20 * time.Millisecond,
				Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Meter: &f.refusals,
			}
			f.options.Transport, f.options.Owner = f.Transport(t)
			tt.run(f)
		})
	}
}

// fixture is a place and an outbox with shorthands that end the test when they
// fail.
type fixture struct {
	*testing.T
	Place
	box      *Outbox
	options  relay.Options
	refusals refusals
}

// refusals is a meter that tells of the first refusal.
type refusals struct {
	feed.Unmetered
	first sync.Once
	told  chan struct{}
}

// Refused implements feed.Meter.
func (r *refusals) Refused(string, int) { r.first.Do(func() { close(r.told) }) }

// start runs a relay, and returns what ends it and waits for that.
func (f *fixture) start() (stop func()) {
	f.Helper()
	r, err := relay.New(f.options, f.box)
	if err != nil {
		f.Fatal(err)
	}
	return Start(f.T, r)
}

// Start runs a relay until the end of the test, and returns what ends it and waits
// for that.
func Start(t *testing.T, r *relay.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }() // stop waits for it
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the relay ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// inOrder checks that messages, each of which may have come twice, came in order,
// and that there are so many different ones.
func (f *fixture) inOrder(list []relay.Message, want int) {
	f.Helper()
	last, distinct := 0, make(map[string]bool)
	for _, m := range list {
		var n int
		if _, err := fmt.Sscanf(m.Name, "shop/%d/", &n); err != nil {
			f.Fatal(err)
		}
		if n < last {
			f.Fatalf("record %d came after %d", n, last)
		}
		last, distinct[m.Name] = n, true
	}
	if len(distinct) != want {
		f.Errorf("%d records came, not %d", len(distinct), want)
	}
}

func ordered(f *fixture) {
	topic := f.Topic(f.T)
	for n := range 1000 {
		f.box.Put(engine.Record{Topic: topic, Key: fmt.Sprint("key", n%7), Value: params.Of("n", int64(n)), Index: 5})
	}
	f.start()
	f.box.Left(f.T, 0)
	next := make(map[string]int64)
	for _, m := range f.Read(f.T, topic, 1000) {
		v, err := params.ParseJSON(m.Value)
		if err != nil {
			f.Fatal(err)
		}
		n, _ := v.(params.Map).Int("n")
		key := string(m.Key)
		if last, ok := next[key]; ok && n != last+7 {
			f.Fatalf("%d of %s came after %d", n, key, last)
		}
		next[key] = n
		if want := fmt.Sprintf("shop/%d/2/1/5", n+1); m.Name != want {
			f.Fatalf("the name of %d is %s, not %s", n, m.Name, want)
		}
	}
}

func headers(f *fixture) {
	topic := f.Topic(f.T)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	f.box.Put(
		engine.Record{Topic: topic, Key: "k", Value: "hello", Headers: params.Of("type", "greeting", "n", int64(1), "many", []params.Value{"a", "b"})},
		engine.Record{Topic: topic, Key: "k", Headers: params.Of("traceparent", "own")},
	)
	f.options.Topics = []feed.Topic{{Name: topic, Body: feed.Text{}}}
	f.options.Trace = func(store.Outgoing) string { return parent }
	f.start()
	f.box.Left(f.T, 0)
	got := f.Read(f.T, topic, 2)
	if diff := cmp.Diff([]string{"many=a", "many=b", "n=1", "traceparent=" + parent, "type=greeting"}, flat(got[0].Headers)); diff != "" {
		f.Error(diff)
	}
	if diff := cmp.Diff([]string{"traceparent=own"}, flat(got[1].Headers)); diff != "" {
		f.Error(diff)
	}
	if string(got[0].Value) != "hello" || len(got[1].Value) > 0 || string(got[1].Key) != "k" {
		f.Errorf("got %q, %q of %q", got[0].Value, got[1].Value, got[1].Key)
	}
}

// flat returns headers as sorted texts: not all places keep their order.
func flat(list []relay.Header) (texts []string) {
	for _, h := range list {
		texts = append(texts, strings.ToLower(h.Name)+"="+string(h.Value))
	}
	slices.Sort(texts)
	return texts
}

// beside puts records for two topics in turn, which have one key.
func (f *fixture) beside(n int, topics ...string) {
	for range n {
		for _, topic := range topics {
			f.box.Put(engine.Record{Topic: topic, Key: "k", Value: "x"})
		}
	}
}

// only checks that nothing is left but n records of a topic.
func (f *fixture) only(topic string, n int) {
	f.Helper()
	for _, left := range f.box.Left(f.T, n) {
		if left != topic {
			f.Fatalf("a record of %s is left", left)
		}
	}
}

func refusing(f *fixture) {
	good := f.Topic(f.T)
	bad, mend := f.Refusing(f.T)
	f.beside(300, bad, good)
	f.start()
	f.only(bad, 300)
	f.beside(1, good)
	f.only(bad, 300)
	select {
	case <-f.refusals.told:
	case <-time.After(time.Minute):
		f.Fatal("nothing was told of a refusal")
	}
	mend()
	f.box.Left(f.T, 0)
	f.inOrder(f.Read(f.T, bad, 300), 300)
}

func picky(f *fixture) {
	topic, mend := f.Picky(f.T)
	noise := make([]byte, 60_000) // which can't be compressed
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	large := base64.StdEncoding.EncodeToString(noise)
	for n := range 100 {
		value := params.Value("small")
		if n == 50 {
			value = large
		}
		f.box.Put(engine.Record{Topic: topic, Key: "k", Value: value})
	}
	f.start()
	f.box.Left(f.T, 50)
	mend()
	f.box.Left(f.T, 0)
	f.inOrder(f.Read(f.T, topic, 100), 100)
}

func silent(f *fixture) {
	good := f.Topic(f.T)
	topic, speak := f.Silent(f.T)
	f.beside(300, topic, good)
	f.start()
	f.only(topic, 300)
	f.beside(1, good)
	f.only(topic, 300)
	speak()
	f.box.Left(f.T, 0)
	f.inOrder(f.Read(f.T, topic, 300), 300)
}

// broken is a codec that can't write "bad" until it is mended.
type broken struct {
	feed.Text
	mended chan struct{}
}

func (b broken) Encode(ctx context.Context, topic string, v params.Value) ([]byte, error) {
	select {
	case <-b.mended:
	default:
		if v == "bad" {
			return nil, errors.New("it can't be written")
		}
	}
	return b.Text.Encode(ctx, topic, v)
}

func unwritable(f *fixture) {
	topic, codec := f.Topic(f.T), broken{mended: make(chan struct{})}
	f.options.Topics = []feed.Topic{{Name: topic, Body: codec}}
	for _, v := range []string{"a", "b", "bad", "c", "d"} {
		f.box.Put(engine.Record{Topic: topic, Key: "k", Value: v})
	}
	f.start()
	f.box.Left(f.T, 3)
	close(codec.mended)
	f.box.Left(f.T, 0)
	f.inOrder(f.Read(f.T, topic, 5), 5)
}

func others(f *fixture) {
	mine, theirs := f.Topic(f.T), f.Topic(f.T)
	f.options.Mine = func(topic string) bool { return topic == mine }
	f.beside(3, theirs, mine)
	f.start()
	f.only(theirs, 3)
	f.inOrder(f.Read(f.T, mine, 3), 3)
}

func oneAtATime(f *fixture) {
	topic := f.Topic(f.T)
	first := f.start()
	f.box.Put(engine.Record{Topic: topic, Value: "a"})
	f.box.Left(f.T, 0)
	f.start()
	f.beside(10, topic)
	f.box.Left(f.T, 0) // what is under way when a turn ends may be sent again
	first()
	f.beside(10, topic)
	f.box.Left(f.T, 0)
	if got := f.Read(f.T, topic, 21); len(got) != 21 {
		f.Errorf("%d records arrived", len(got))
	}
}

func again(f *fixture) {
	topic := f.Topic(f.T)
	f.box.Fail(model.Errorf(model.Unavailable, "the store is away"))
	f.box.Put(engine.Record{Topic: topic, Value: "a"})
	f.start()
	got := f.Read(f.T, topic, 2)
	if got[0].Name != got[1].Name {
		f.Errorf("a record came as %s and as %s", got[0].Name, got[1].Name)
	}
	f.box.Fail(nil)
	f.box.Left(f.T, 0)
}

func ends(f *fixture) {
	good := f.Topic(f.T)
	topic, speak := f.Silent(f.T)
	defer speak()
	f.beside(10, topic, good)
	stop := f.start()
	f.only(topic, 10)
	began := time.Now()
	stop()
	if took := time.Since(began); took > time.Minute {
		f.Errorf("it took %v to end", took)
	}
}
