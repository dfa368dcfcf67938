package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// messagesAtOnce is how many messages a feeder delivers in one transaction.
const messagesAtOnce = 1_000

// correlate delivers replies to instances that wait, in random order of their
// keys, until each has sent its next command and ended, beside a program that
// writes the same rows in as many transactions.
func correlate(h *harness) error {
	waiting := h.size(1_000_000, 100)
	w, err := waitsFor(replies)
	if err != nil {
		return err
	}
	path, err := h.waitingSQLite(waiting, func(i int) waiter { return waiter{w, params.Of("order", orderOf(i))} })
	if err != nil {
		return err
	}
	x, err := recordExchange(w)
	if err != nil {
		return err
	}
	c := correlation{filled: path, order: rand.New(rand.NewPCG(1, 1)).Perm(waiting)}
	n := h.size(50_000, 50)
	if err := h.measure(
		testCase{"correlate", "events/s", func() (float64, error) { return c.throughput(n) }},
		testCase{"bare-correlate", "events/s", func() (float64, error) { return c.bare(x, n) }},
	); err != nil {
		return err
	}
	_, median, _ := spread(h.report.figures["correlate"].values)
	rate := median / 2
	return h.measure(testCase{"correlate-half-load-p50", "ms", func() (float64, error) {
		took, _, err := c.replyAll(h.size(10_000, 50), rate)
		if err != nil {
			return 0, err
		}
		h.note("correlate-half-load-p99", "ms", percentile(took, 99))
		return percentile(took, 50), nil
	}})
}

// correlation has a store with instances that wait, and the order in which they
// get their replies.
type correlation struct {
	filled string
	order  []int
}

// copied returns the path of a copy of the filled store.
func (c *correlation) copied() (path string, err error) {
	path = c.filled + " " + strconv.FormatInt(time.Now().UnixNano(), 36)
	from, err := os.Open(c.filled)
	if err != nil {
		return "", err
	}
	to, err := os.Create(path)
	if err == nil {
		_, err = io.Copy(to, from)
		err = errors.Join(err, to.Sync(), to.Close())
	}
	return path, errors.Join(err, from.Close())
}

// forget removes a copy.
func forget(path string) (err error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if gone := os.Remove(path + suffix); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

func (c *correlation) throughput(n int) (float64, error) {
	_, took, err := c.replyAll(n, 0)
	return float64(n) / took.Seconds(), err
}

// replyAll delivers replies to n instances, so many a second or, at 0, as fast
// as they are taken. It returns how long each instance took from when its reply
// was due to be delivered to its next command being on disk, and the whole.
func (c *correlation) replyAll(n int, rate float64) (took []time.Duration, whole time.Duration, err error) {
	path, err := c.copied()
	if err != nil {
		return nil, 0, err
	}
	s, err := sqlite.Open(path)
	if err != nil {
		return nil, 0, err
	}
	sent := newDispatched(n)
	m, err := newMachine(s, observed(sent.observe))
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := c.feed(m.conductor, sent, n, rate); err != nil {
		return nil, 0, err
	}
	<-sent.all
	whole = time.Since(began)
	if err := m.close(); err != nil {
		return nil, 0, err
	}
	return sent.took, whole, forget(path)
}

// feed delivers the replies as a feeder does: in transactions of bounded size,
// one after the other, with its offsets.
func (c *correlation) feed(s store.Feeding, sent *dispatched, n int, rate float64) error {
	began := time.Now()
	for first := 0; first < n; {
		now := time.Now()
		due := n
		if rate > 0 {
			due = min(n, int(now.Sub(began).Seconds()*rate))
		}
		d := store.Delivery{
			Feeder: "bench", Now: model.InstantOf(now),
			Offsets: []store.Offset{{Topic: replies, From: int64(first)}},
		}
		for ; first < due && len(d.Messages) < messagesAtOnce; first++ {
			i := c.order[first]
			at := now
			if rate > 0 {
				at = began.Add(time.Duration(float64(first) / rate * float64(time.Second)))
			}
			sent.expect(i, at)
			m := messageFor(replies, i, now)
			d.Messages = append(d.Messages, m)
		}
		if len(d.Messages) == 0 {
			<-time.After(time.Millisecond)
			continue
		}
		d.Offsets[0].Next = int64(first)
		if _, err := s.Deliver(context.Background(), d); err != nil {
			return err
		}
	}
	return nil
}

// dispatched notes how long commands took to be on disk.
type dispatched struct {
	mu   sync.Mutex
	due  map[model.AttemptID]time.Time
	took []time.Duration
	left int
	all  chan struct{} // closed when all are there
	// last is the latest that one was due that is there, and outOfOrder how many
	// came after one that was due later.
	last       time.Time
	outOfOrder int
}

func newDispatched(n int) *dispatched {
	return &dispatched{due: make(map[model.AttemptID]time.Time), left: n, all: make(chan struct{})}
}

func (d *dispatched) expect(i int, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.due[attemptOf(i)] = at
}

func (d *dispatched) observe(b *store.Batch) {
	if len(b.Records) == 0 {
		return
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range b.Records {
		of := b.Records[i].Attempt
		due, ok := d.due[of]
		if !ok {
			continue
		}
		delete(d.due, of)
		d.took = append(d.took, now.Sub(due))
		if due.Before(d.last) {
			d.outOfOrder++
		} else {
			d.last = due
		}
		if d.left--; d.left == 0 {
			close(d.all)
		}
	}
}

// bare writes what n replies write, in transactions of as many as a feeder
// delivers at once.
func (c *correlation) bare(x *exchange, n int) (float64, error) {
	path, err := c.copied()
	if err != nil {
		return 0, err
	}
	b, err := openBareSQLite(path, "FULL")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for first := 0; first < n; first += messagesAtOnce {
		var ids []int64
		for _, i := range c.order[first:min(first+messagesAtOnce, n)] {
			ids = append(ids, int64(attemptOf(i)))
		}
		if _, err := commitAll(b, x.arrive(ids, int64(first))); err != nil {
			return 0, err
		}
	}
	took := time.Since(began)
	if err := b.close(); err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), forget(path)
}
