package sim

import (
	"context"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// feeder brings the messages of some partitions of a broker to the store. It goes
// on where the store says, and reads some ahead of what is delivered.
type feeder struct {
	sim    *simulation
	broker *broker
	dice   dice
	number int
	// owns are the partitions that it believes to have, known those of which it
	// knows where to go on, at next.
	owns, known [partitions]bool
	next        [partitions]int64
	under       bool
	// apart is set where its process drives no attempts.
	apart bool
}

// fed reports whether a message came from a feeder.
func fed(source string) bool { return strings.HasPrefix(source, feed) }

func newFeeder(s *simulation, b *broker, number int) *feeder {
	d := newDice(s.seed, feed+string(rune('1'+number)))
	return &feeder{sim: s, broker: b, dice: d, number: number, apart: d.chance(0.3)}
}

// look reads what there is, and brings it, until there is no more.
func (f *feeder) look() {
	if f.broker.drained() {
		return
	}
	f.sim.after(f.dice.between(200*time.Millisecond, 3*time.Second), f.look)
	switch {
	case f.under:
	case f.lost():
		f.find()
	default:
		f.bring()
	}
}

// lost reports whether it does not know where to go on.
func (f *feeder) lost() bool {
	for p := range f.owns {
		if f.owns[p] && !f.known[p] {
			return true
		}
	}
	return false
}

// find asks the store where to go on.
func (f *feeder) find() {
	f.under = true
	var list []store.Offset
	f.sim.call(f.dice, func(p *process) (err error) {
		list, err = p.link.Offsets(context.Background(), feed)
		return err
	}, func(err error) {
		f.under = false
		if err != nil {
			f.sim.fail("offsets: %v", err)
		}
		f.next = [partitions]int64{}
		for _, o := range list {
			f.next[o.Partition] = o.Next
		}
		f.known = f.owns
	})
}

// bring delivers some messages of each partition, again and again until there is
// an answer. Where the first answer was lost, or another has gone on from there,
// the next one is a conflict.
func (f *feeder) bring() {
	d := store.Delivery{Feeder: feed, Now: f.sim.now}
	for p, owned := range f.owns {
		if !owned {
			continue
		}
		list := f.broker.read(p, f.next[p], 1+f.dice.IntN(4))
		if len(list) == 0 {
			continue
		}
		d.Messages = append(d.Messages, list...)
		d.Offsets = append(d.Offsets, store.Offset{Topic: topic, Partition: int32(p), From: f.next[p], Next: f.next[p] + int64(len(list))})
	}
	if len(d.Messages) == 0 {
		return
	}
	f.under = true
	deliver := func() {
		f.sim.call(f.dice, func(p *process) error {
			if f.apart {
				_, err := p.link.Deliver(context.Background(), d)
				return err
			}
			return p.deliver(d)
		}, func(err error) { f.delivered(&d, err) })
	}
	if f.dice.chance(0.2) { // it stands still, with what it has read
		f.sim.after(f.dice.between(time.Second, 10*time.Second), deliver)
		return
	}
	deliver()
}

func (f *feeder) delivered(d *store.Delivery, err error) {
	f.under = false
	if err != nil && model.CodeOf(err) != model.Conflict {
		f.sim.fail("deliver: %v", err)
	}
	for _, o := range d.Offsets {
		if f.next[o.Partition] = o.Next; err != nil {
			f.known[o.Partition] = false
		}
	}
}
