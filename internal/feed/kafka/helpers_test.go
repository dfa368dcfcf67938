package kafka_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// run runs a feeder, and returns what ends it and waits for that.
func run(t testing.TB, f feed.Feeder, sink feed.Sink) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, sink) }() // stop waits for it
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the feeder ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// feedOnce runs a feeder until the sink has n messages.
func feedOnce(t testing.TB, f feed.Feeder, sink *feedtest.Sink, n int) {
	t.Helper()
	stop := run(t, f, sink)
	await(t, sink, n)
	stop()
}

func await(t testing.TB, sink *feedtest.Sink, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := sink.Await(ctx, n); err != nil {
		t.Fatal(err)
	}
}

func awaitSome(t testing.TB, sink *feedtest.Sink) {
	t.Helper()
	await(t, sink, len(sink.Messages())+1)
}

// awaitDistinct waits for n messages with different names, and returns the first
// with each name.
func awaitDistinct(t testing.TB, sink *feedtest.Sink, n int) (first []store.Message) {
	t.Helper()
	known := make(map[string]bool)
	for seen := 0; ; {
		list := sink.Messages()
		for _, m := range list[seen:] {
			if !known[m.Source] {
				known[m.Source] = true
				first = append(first, m)
			}
		}
		seen = len(list)
		if len(first) >= n {
			return first
		}
		await(t, sink, seen+1)
	}
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func storeOffset(topic string, partition int32, next int64) store.Offset {
	return store.Offset{Topic: topic, Partition: partition, Next: next}
}

func record(topic string, v params.Value) engine.Record { return engine.Record{Topic: topic, Value: v} }

// hold is a fault that lasts until a channel is closed.
func hold(open <-chan struct{}) feedtest.Fault {
	return feedtest.Fault{Before: func(ctx context.Context, _ store.Delivery) error {
		select {
		case <-open:
		case <-ctx.Done():
		}
		return nil
	}}
}

// committed returns the position of a group that Kafka has.
func committed(t testing.TB, client *kgo.Client, group, topic string, partition int32) int64 {
	t.Helper()
	offsets, err := kadm.NewClient(client).FetchOffsets(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := offsets.Lookup(topic, partition)
	return o.At
}
