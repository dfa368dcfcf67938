package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
)

// questions is the topic of what is answered on replies; what follows from a
// reply is in commands.
const questions = "questions"

// replyID is the header that names a reply.
const replyID = "reply-id"

// metadataAge is after how long a client may ask for a new topic: by default, it
// waits for seconds.
const metadataAge = 100 * time.Millisecond

// partitionsOfTopics is how many partitions each topic has.
const partitionsOfTopics = 4

// peer is the other side of an exchange: it answers questions and reads commands.
type peer struct {
	addresses []string
	client    *kgo.Client
	stop      context.CancelFunc
	ended     chan struct{}
	all       chan struct{} // closed with the last command

	mu     sync.Mutex
	left   int
	waits  map[int]chan struct{}
	due    map[int]time.Time
	took   []time.Duration
	failed error
}

// newPeer makes the topics anew and reads until so many commands have come.
func (h *harness) newPeer(n int) (*peer, error) {
	cluster, err := h.kafka()
	if err != nil {
		return nil, err
	}
	at := kgo.SeedBrokers(cluster.Addresses()...)
	if err := makeTopics(at); err != nil {
		return nil, err
	}
	p := &peer{
		addresses: cluster.Addresses(), ended: make(chan struct{}), all: make(chan struct{}),
		left: n, due: make(map[int]time.Time), waits: make(map[int]chan struct{}),
	}
	p.client, err = kgo.NewClient(at, kgo.ProducerLinger(0), kgo.MetadataMinAge(metadataAge), kgo.ConsumeTopics(questions, commands),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go p.answer(ctx)
	return p, nil
}

// makeTopics makes the topics before anybody asks for them.
func makeTopics(at kgo.Opt) error {
	client, err := kgo.NewClient(at)
	if err != nil {
		return err
	}
	defer client.Close()
	made, err := kadm.NewClient(client).CreateTopics(context.Background(), partitionsOfTopics, 1, nil, questions, replies, commands)
	return errors.Join(err, made.Error())
}

// newGroup returns a name that no group had.
func newGroup() string { return uuid.NewString() }

// answer reads what comes until ctx is done.
func (p *peer) answer(ctx context.Context) {
	defer close(p.ended)
	for ctx.Err() == nil {
		p.client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			if r.Topic == questions {
				p.reply(string(r.Key))
			} else if i, ok := indexOf(r.Key); ok {
				p.came(i)
			}
		})
	}
}

// reply sends the reply to an order.
func (p *peer) reply(order string) {
	r := &kgo.Record{
		Topic: replies, Key: []byte(order), Value: fmt.Appendf(nil, `{"order":%q,"accepted":true}`, order),
		Headers: []kgo.RecordHeader{{Key: replyID, Value: []byte(order)}},
	}
	p.client.Produce(context.Background(), r, func(_ *kgo.Record, err error) {
		if err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.failed = errors.Join(p.failed, err)
		}
	})
}

// expect says since when the command of an order is waited for.
func (p *peer) expect(i int, since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[i] = since
}

// await returns what is closed with the command of an order.
func (p *peer) await(i int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits[i] = make(chan struct{})
	return p.waits[i]
}

// came notes the command of an order.
func (p *peer) came(i int) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if since, ok := p.due[i]; ok {
		p.took = append(p.took, now.Sub(since))
	}
	if over := p.waits[i]; over != nil {
		close(over)
	}
	if p.left--; p.left == 0 {
		close(p.all)
	}
}

// indexOf returns the number of the order that a record is about.
func indexOf(key []byte) (int, bool) {
	i, err := strconv.Atoi(strings.TrimPrefix(string(key), "order-"))
	return i, err == nil
}

// close ends reading and removes the topics.
func (p *peer) close() error {
	p.stop()
	<-p.ended
	defer p.client.Close()
	gone, err := kadm.NewClient(p.client).DeleteTopics(context.Background(), questions, replies, commands)
	return errors.Join(p.failed, err, gone.Error())
}

// kafka returns a broker of the benchmark's own, on this machine.
func (h *harness) kafka() (*kafkatest.Cluster, error) {
	if h.broker == nil {
		c, err := kafkatest.Start(1)
		if err != nil {
			return nil, err
		}
		h.broker = c
	}
	return h.broker, nil
}

func (h *harness) stopKafka() error {
	if h.broker == nil {
		return nil
	}
	c := h.broker
	h.broker = nil
	return c.Stop()
}
