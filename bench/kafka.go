package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// asking returns a workflow that sends a question, waits for the reply and sends
// its next command. With ask false it begins with the wait.
func asking(ask bool) (*workflow.Workflow, error) {
	sends := func(name, topic string) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "tell", Config: params.Of("_type", "tell", "_command", topic)}
	}
	wait := &workflow.Node{
		Name: "+wait", Operator: "nop", Config: params.Of("_type", "nop"),
		Wait: &workflow.Wait{Signals: []workflow.Signal{{Topic: replies, Param: "order"}}},
	}
	nodes := []*workflow.Node{wait, sends("+next", commands)}
	if ask {
		nodes = append([]*workflow.Node{sends("+ask", questions)}, nodes...)
	}
	for i := range nodes[1:] {
		nodes[i+1].After = []workflow.Edge{{From: i}}
	}
	w := &workflow.Workflow{Name: "asking", Dialect: "dig", Root: &workflow.Node{Name: "+asking", Children: nodes}}
	return w, w.Finish()
}

// tell sends the order to a topic.
func tell(_ context.Context, t *operator.Task) (operator.Result, error) {
	order, err := t.Scope.String("order")
	if err != nil {
		return operator.Result{}, err
	}
	topic, err := t.Local.String("_command")
	value := params.Of("order", order, "do", "ship")
	return operator.Result{Records: []operator.Record{{Topic: topic, Key: order, Value: value}}}, err
}

// kafkaRoundTrip measures commands, replies to them by a client, and the next
// commands, beside a client that does no more than to write what that writes.
func kafkaRoundTrip(h *harness) error {
	w, err := asking(true)
	if err != nil {
		return err
	}
	x, err := recordExchange(w)
	if err != nil {
		return err
	}
	x.remembered = true
	l := load{inFlight: 1_000, workflows: h.size(10_000, 50)}
	for _, on := range []medium{h.onSQLite(), h.onPostgres()} {
		if err := h.measure(
			testCase{"kafka-roundtrip-" + on.name, "round trips/s", func() (float64, error) { return h.roundTrips(on, w, l) }},
			testCase{"bare-kafka-" + on.name, "round trips/s", func() (float64, error) { return h.bareRoundTrips(on, x, l) }},
		); err != nil {
			return err
		}
	}
	return nil
}

// roundTrips runs workflows that ask, so many at a time.
func (h *harness) roundTrips(on medium, w *workflow.Workflow, l load) (float64, error) {
	s, err := on.open()
	if err != nil {
		return 0, err
	}
	p, err := h.newPeer(l.workflows + 1)
	if err != nil {
		return 0, err
	}
	m, err := newMachine(s, shared)
	if err != nil {
		return 0, err
	}
	c, err := connect(m, p.addresses)
	if err != nil {
		return 0, err
	}
	run := func(i int) error {
		of := starting(w, orderOf(i))
		of.Params = params.Of("order", orderOf(i))
		over := p.await(i)
		_, _, err := m.conductor.StartAttempt(context.Background(), of)
		if err == nil {
			<-over
		}
		return err
	}
	if err := run(l.workflows); err != nil { // by its end, all have found each other
		return 0, err
	}
	began := time.Now()
	if _, err := inTurn(l.workflows, l.inFlight, run); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if err := checkSucceeded(s, w, l.workflows+1); err != nil {
		return 0, err
	}
	return float64(l.workflows) / took.Seconds(), errors.Join(c.close(), p.close(), m.close())
}

// connection is a feeder and a relay of a machine.
type connection struct {
	stop  context.CancelFunc
	ended chan error // of both
}

func connect(m *machine, addresses []string) (*connection, error) {
	find, err := feed.Find("order", "body.order")
	if err != nil {
		return nil, err
	}
	at := kafka.Connection{Brokers: addresses, Log: slog.New(slog.DiscardHandler)}
	relay, err := kafka.NewRelay(kafka.RelayOptions{Connection: at, Instance: "bench"}, m.store)
	if err != nil {
		return nil, err
	}
	feeder, err := kafka.NewFeeder(kafka.FeederOptions{
		Connection: at, Group: newGroup(), Topics: []kafka.Source{{Topic: feed.Topic{Name: replies, Keys: find, ID: feed.AtHeader(replyID)}}},
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &connection{stop, make(chan error, 2)}
	unwatch := m.store.Watch(relay.Wake)
	go func() { c.ended <- feeder.Run(ctx, m.conductor) }() // close receives both
	go func() {
		err := relay.Run(ctx)
		unwatch()
		c.ended <- err
	}()
	return c, nil
}

func (c *connection) close() error {
	c.stop()
	return errors.Join(<-c.ended, <-c.ended)
}

// bareRoundTrips does the same with a client of Kafka that writes the rows of as
// many round trips at once as have come together.
func (h *harness) bareRoundTrips(on medium, x *exchange, l load) (float64, error) {
	b, err := on.bare()
	if err != nil {
		return 0, err
	}
	p, err := h.newPeer(l.workflows + 1)
	if err != nil {
		return 0, err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(p.addresses...), kgo.ManualFlushing(), kgo.MaxBufferedRecords(2*l.inFlight),
		kgo.MetadataMinAge(metadataAge), kgo.ConsumeTopics(replies), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return 0, err
	}
	defer client.Close()
	if err := bareExchange(b, client, x, numbers(l.workflows+1, l.workflows+1), 1); err != nil { // as above
		return 0, err
	}
	began := time.Now()
	if err := bareExchange(b, client, x, numbers(1, l.workflows), l.inFlight); err != nil {
		return 0, err
	}
	<-p.all
	took := time.Since(began)
	return float64(l.workflows) / took.Seconds(), errors.Join(p.close(), b.close())
}

// bareExchange lets attempts begin, so many at a time, and takes their messages.
func bareExchange(b bare, client *kgo.Client, x *exchange, ids []int64, inFlight int) error {
	left := len(ids)
	for room, come := inFlight, []int64(nil); ; come = ordersOf(client.PollRecords(context.Background(), messagesAtOnce)) {
		left, room = left-len(come), room+len(come)
		next := ids[:min(room, len(ids))]
		ids, room = ids[len(next):], room-len(next)
		if err := bareStep(b, client, x, come, next); err != nil || left == 0 {
			return err
		}
	}
}

// bareStep writes what follows from messages to some attempts, lets others begin,
// and sends what both send.
func bareStep(b bare, client *kgo.Client, x *exchange, come, next []int64) error {
	var list []transaction
	if len(come) > 0 {
		list = append(list, x.arrive(come, come[len(come)-1])...)
	}
	if len(next) > 0 {
		list = append(list, x.begin(next)...)
	}
	if _, err := commitAll(b, list); err != nil {
		return err
	}
	var failed error
	send := func(topic string, ids []int64) {
		for _, id := range ids {
			order := orderOf(int(id) - 1)
			r := &kgo.Record{Topic: topic, Key: []byte(order), Value: fmt.Appendf(nil, `{"order":%q,"do":"ship"}`, order)}
			client.Produce(context.Background(), r, func(_ *kgo.Record, err error) { failed = errors.Join(failed, err) })
		}
	}
	send(commands, come)
	send(questions, next)
	if err := errors.Join(client.Flush(context.Background()), failed); err != nil {
		return err
	}
	return b.commit(&transaction{changes: []change{{"DELETE FROM outbox WHERE attempt", slices.Concat(come, next)}}})
}

// ordersOf returns the attempts of the orders that records are about.
func ordersOf(fetches kgo.Fetches) (ids []int64) {
	fetches.EachRecord(func(r *kgo.Record) {
		if i, ok := indexOf(r.Key); ok {
			ids = append(ids, int64(attemptOf(i)))
		}
	})
	return ids
}

// kafkaLatency measures how long it takes from when a message is due to be sent
// until the command that follows from it is read, at a thousand a second.
func kafkaLatency(h *harness) error {
	w, err := asking(false)
	if err != nil {
		return err
	}
	for _, on := range []medium{h.onSQLite(), h.onPostgres()} {
		name := "kafka-latency-" + on.name
		if err := h.measure(testCase{name + "-p50", "ms", func() (float64, error) {
			took, err := h.answered(on, w, h.size(10_000, 50), 1_000)
			if err != nil {
				return 0, err
			}
			h.note(name+"-p99", "ms", percentile(took, 99))
			return percentile(took, 50), nil
		}}); err != nil {
			return err
		}
	}
	return nil
}

// greetings are so many messages that each partition gets some.
const greetings = 16 * partitionsOfTopics

// answered sends messages to so many instances that wait, so many a second, and
// returns how long the next command of each took.
func (h *harness) answered(on medium, w *workflow.Workflow, n int, rate float64) ([]time.Duration, error) {
	s, err := on.open()
	if err != nil {
		return nil, err
	}
	if err := fillWaiting(s, n+greetings, func(i int) waiter { return waiter{w, params.Of("order", orderOf(i))} }); err != nil {
		return nil, err
	}
	p, err := h.newPeer(n + greetings)
	if err != nil {
		return nil, err
	}
	m, err := newMachine(s, shared)
	if err != nil {
		return nil, err
	}
	c, err := connect(m, p.addresses)
	if err != nil {
		return nil, err
	}
	for i := range greetings { // by then, all have found each other, in each partition
		over := p.await(n + i)
		p.reply(orderOf(n + i))
		<-over
	}
	began := time.Now()
	for i := 0; i < n; {
		for due := int(time.Since(began).Seconds() * rate); i < min(due, n); i++ {
			p.expect(i, began.Add(time.Duration(float64(i)/rate*float64(time.Second))))
			p.reply(orderOf(i))
		}
		<-time.After(time.Millisecond)
	}
	<-p.all
	return p.took, errors.Join(c.close(), p.close(), m.close())
}
