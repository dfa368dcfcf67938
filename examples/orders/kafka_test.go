package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
)

// The program runs beside a bank and a carrier that speak Kafka.
func TestOrdersWithKafka(t *testing.T) {
	brokers := kafkatest.Brokers(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	id := fmt.Sprintf("o-%d", time.Now().UnixNano())
	others := client(ctx, t, brokers)
	defer others.Close()

	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	flags := []string{"-database", filepath.Join(t.TempDir(), "orders.db"), "-kafka", strings.Join(brokers, ",")}
	orders := func(ctx context.Context, out io.Writer, args ...string) error {
		return run(ctx, append(flags, args...), out, io.Discard)
	}
	go func() { ended <- orders(working, io.Discard, "run") }()
	if err := orders(ctx, io.Discard, "new", id, "book", "30"); err != nil {
		t.Fatal(err)
	}
	answer := func(asked, with pawl.Topic, body string) {
		t.Helper()
		t.Logf("%s: %s", asked, await(ctx, t, others, asked, id))
		r := &kgo.Record{Topic: string(with), Key: []byte(id), Value: []byte(body)}
		if err := others.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", with, body)
	}
	answer(charges, payments, `{"amount": 30}`)
	answer(pickups, parcels, `{"number": "P-7"}`)

	for shown := ""; !strings.Contains(shown, "success      delivery\n"); {
		var out strings.Builder
		if err := orders(ctx, &out, "show", id); err != nil {
			t.Fatal(err)
		}
		shown = out.String()
		t.Log(shown)
		select {
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		case <-time.After(time.Second):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// client makes the topics and reads what the program sends.
func client(ctx context.Context, t *testing.T, brokers []string) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(string(charges), string(pickups)),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range []pawl.Topic{charges, payments, pickups, parcels} {
		// One that is there already is as good.
		if _, err := kadm.NewClient(c).CreateTopic(ctx, 1, 1, nil, string(topic)); err != nil {
			t.Log(err)
		}
	}
	return c
}

// await returns the first record of an order on a topic.
func await(ctx context.Context, t *testing.T, c *kgo.Client, topic pawl.Topic, id string) []byte {
	t.Helper()
	for {
		for _, r := range c.PollRecords(ctx, 1).Records() {
			if r.Topic == string(topic) && string(r.Key) == id {
				return r.Value
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("nothing came on %s: %v", topic, context.Cause(ctx))
		}
	}
}
