//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// commands are the records of the topic of commands, as they are read.
type commands struct {
	mu sync.Mutex
	// byID has the records of each name, in the order in which they were read.
	byID map[string][]*kgo.Record
	// ends has the orders that have sent their last command.
	ends map[string]bool
}

// readCommands reads what there is in a topic until the test ends.
func readCommands(t *testing.T, brokers []string, topic string) *commands {
	t.Helper()
	c := &commands{byID: make(map[string][]*kgo.Record), ends: make(map[string]bool)}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(c.read)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		client.Close()
	})
	return c
}

func (c *commands) read(r *kgo.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := headerOf(r, "pawl-record-id")
	c.byID[id] = append(c.byID[id], r)
	if of := commandOf(r); of.What == told {
		c.ends[of.Order] = true
	}
}

func headerOf(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

func commandOf(r *kgo.Record) (of command) {
	_ = json.Unmarshal(r.Value, &of) // what is something else is no command
	return of
}

// ended returns how many orders have sent their last command.
func (c *commands) ended() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ends)
}

// count returns how many records were read.
func (c *commands) count() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range c.byID {
		n += len(list)
	}
	return n
}

// whole waits until everything was read that is in the topic.
func (c *commands) whole(ctx context.Context, brokers []string, topic string) error {
	ends, err := endsOf(ctx, brokers, topic)
	if err != nil {
		return err
	}
	var all int64
	for _, end := range ends {
		all += end
	}
	for int64(c.count()) < all {
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("%w: %d of %d commands were read", err, c.count(), all)
		}
	}
	return nil
}

// endsOf returns how many records there are in each partition of a topic.
func endsOf(ctx context.Context, brokers []string, topic string) (map[int32]int64, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	list, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	ends := make(map[int32]int64)
	list.Each(func(o kadm.ListedOffset) {
		ends[o.Partition] = o.Offset
		err = errors.Join(err, o.Err)
	})
	return ends, err
}

// check fails unless each order has sent its two commands once, in order, with what
// it was to know. What came more than once must be the same under one name. It
// returns how many did.
func (c *commands) check(t *testing.T, orders map[string]*order) (again int) {
	t.Helper()
	sent := make(map[string]map[string]*kgo.Record)
	for id, list := range c.byID {
		first := list[0]
		of := commandOf(first)
		for _, r := range list[1:] {
			again++
			if string(r.Value) != string(first.Value) || r.Partition != first.Partition {
				t.Errorf("record %s is %s, and then %s", id, first.Value, r.Value)
			}
		}
		if sent[of.Order] == nil {
			sent[of.Order] = make(map[string]*kgo.Record)
		}
		if other := sent[of.Order][of.What]; other != nil {
			t.Errorf("%s has sent %s and %s", of.Order, other.Value, first.Value)
		}
		sent[of.Order][of.What] = first
		if orders[of.Order] == nil {
			t.Errorf("%s came, of no order: %s", id, first.Value)
		}
	}
	for id, want := range orders {
		ask, tell := sent[id][asked], sent[id][told]
		switch {
		case ask == nil || tell == nil || len(sent[id]) > 2:
			t.Errorf("%s has sent %d commands", id, len(sent[id]))
		case ask.Partition != tell.Partition || ask.Offset > tell.Offset:
			t.Errorf("%s was told before it had asked", id)
		default:
			if got := commandOf(tell); got.Count != want.Count || got.Sum != want.Sum {
				t.Errorf("%s has counted %d replies with a sum of %b, of %d", id, got.Count, got.Sum, want.Count)
			}
		}
	}
	return again
}
