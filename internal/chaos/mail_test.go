//go:build linux

package chaos

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// idHeader names a reply, also where it is sent again.
const idHeader = "reply-id"

// event is a start of an order or a reply to one.
type event struct {
	at    int // in which order events come
	start *order
	reply *kgo.Record
}

// mail is what happens to a service of orders: starts, and replies that come
// before them, while they wait, in any order, late and twice.
type mail struct {
	orders map[string]*order // with what they are to know in the end
	events []event
	// replies counts all that are sent, and again those of them that were before.
	replies, again int
}

// newMail returns at least so many replies with their orders.
func newMail(dice *rand.Rand, topic string, partitions, replies int) *mail {
	m := &mail{orders: make(map[string]*order)}
	near, far := min(100, replies/100), replies/20
	for n := 0; m.replies < replies; n++ {
		o := &order{ID: fmt.Sprintf("order-%06d", n), Kind: patient, Parts: 1 + dice.IntN(6)}
		if dice.IntN(5) == 0 {
			o.Kind = hasty
		}
		m.events = append(m.events, event{at: n, start: o})
		for part := range o.Parts {
			at := n + dice.IntN(2*near) - near
			if dice.IntN(50) == 0 {
				at += far
			}
			send := func(at int) {
				m.replies++
				m.events = append(m.events, event{at: at, reply: recordOf(o, part, topic, dice.IntN(partitions))})
			}
			send(at)
			if dice.IntN(9) == 0 { // so that a tenth of all were sent before
				m.again++
				send(at + dice.IntN(2*far))
			}
		}
		m.orders[o.ID] = &order{ID: o.ID, Kind: o.Kind, Parts: o.Parts, Count: o.Parts, Sum: 1<<o.Parts - 1}
	}
	slices.SortStableFunc(m.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return m
}

func recordOf(o *order, part int, topic string, partition int) *kgo.Record {
	body, _ := json.Marshal(reply{o.ID, 1 << part}) // it has nothing that can't be written
	return &kgo.Record{
		Topic: topic, Partition: int32(partition), Value: body,
		Headers: []kgo.RecordHeader{{Key: idHeader, Value: fmt.Appendf(nil, "%s/%d", o.ID, part)}},
	}
}

// post lets everything happen, at its pace.
func (m *mail) post(ctx context.Context, c *cluster, brokers []string, at *pace) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	out := sender{client: client}
	starts, starting := errgroup.WithContext(ctx)
	starts.SetLimit(4)
	var list []order
	started := 0
	for _, e := range m.events {
		if e.reply != nil {
			out.send(starting, e.reply)
			continue
		}
		list = append(list, *e.start)
		if started++; len(list) < 50 && started < len(m.orders) {
			continue
		}
		batch := list
		list = nil
		starts.Go(func() error { return c.order(starting, batch) })
		for !at.may(started) && starting.Err() == nil {
			_ = wait(starting, 10*time.Millisecond) // Wait says why it ended
		}
	}
	out.pending.Wait() // first: what is not sent when Wait returns will never be
	return starts.Wait()
}

// pace has orders and faults take turns: some orders, a fault, more orders.
type pace struct {
	orders, faults int
	done           atomic.Int64 // faults
	sent           *commands
}

// may reports whether another order may be started after so many.
func (p *pace) may(started int) bool {
	return started*(p.faults+2) <= p.orders*(int(p.done.Load())+2)
}

// next waits until it is time for the next fault.
func (p *pace) next(ctx context.Context) error {
	for done := int(p.done.Load()); done < p.faults && p.sent.ended()*2*(p.faults+2) < p.orders*(2*done+1); {
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%w: after %d faults, %d of %d orders have ended", err, done, p.sent.ended(), p.orders)
		}
	}
	p.done.Add(1)
	return nil
}

// sender sends each record until the broker has it.
type sender struct {
	client  *kgo.Client
	pending sync.WaitGroup
}

func (s *sender) send(ctx context.Context, r *kgo.Record) {
	s.pending.Add(1)
	s.try(ctx, r)
}

func (s *sender) try(ctx context.Context, r *kgo.Record) {
	s.client.Produce(ctx, r, func(r *kgo.Record, err error) {
		if err == nil || ctx.Err() != nil {
			s.pending.Done()
			return
		}
		again := &kgo.Record{Topic: r.Topic, Partition: r.Partition, Value: r.Value, Headers: r.Headers}
		go s.try(ctx, again) // it may wait, and post waits for it
	})
}

// order has orders started by any service, again until one has answered.
func (c *cluster) order(ctx context.Context, list []order) error {
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if at := c.endpoints(); len(at) > 0 && postTo(ctx, at[i%len(at)], body) {
			return nil
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// orderClient keeps no connections, which would outlive what they lead to.
var orderClient = http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func postTo(ctx context.Context, at string, body []byte) bool {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(soon, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return false
	}
	answer, err := orderClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // there is nothing in it
	return answer.StatusCode == http.StatusOK
}
