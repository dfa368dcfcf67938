package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// feeder brings messages that are for nobody by name, as a consumer of a broker
// does: some match tasks that wait, one or many, some come too early for any, and
// some come twice.
type feeder struct {
	sim  *simulation
	dice dice
	// next is the offset to go on with, and count how many messages were made.
	next  int64
	count int
	under bool
}

// feed is what the feeder is called, and what its messages' sources begin with.
const feed = "feed"

// fed reports whether a message came from the feeder.
func fed(source string) bool { return strings.HasPrefix(source, feed) }

func newFeeder(s *simulation) *feeder {
	return &feeder{sim: s, dice: newDice(s.seed, feed)}
}

func (f *feeder) look() {
	if f.sim.now >= f.sim.peace {
		return
	}
	f.sim.after(f.dice.between(200*time.Millisecond, 3*time.Second), f.look)
	if f.under {
		return
	}
	d := store.Delivery{Feeder: feed, Now: f.sim.now}
	for range 1 + f.dice.IntN(3) {
		d.Messages = append(d.Messages, f.message())
	}
	d.Offsets = []store.Offset{{Topic: topic, From: f.next, Next: f.next + int64(len(d.Messages))}}
	f.bring(d)
}

// message makes a message up. One in five says that it is one that came before.
func (f *feeder) message() store.Message {
	n := f.count
	if f.count > 0 && f.dice.chance(0.2) {
		n = f.dice.IntN(f.count)
	} else {
		f.count++
	}
	m := store.Message{
		Topic: topic, Source: fmt.Sprint(feed, n), Body: int64(n), Remember: f.sim.now.Add(maxTime),
		Early: store.Early{Expires: f.sim.now.Add(f.dice.between(time.Second, time.Hour)), Most: 2 + f.dice.IntN(10)},
	}
	for range 1 + f.dice.IntN(2) {
		value := any(fmt.Sprint("order-", f.dice.IntN(3)))
		if f.dice.chance(0.3) {
			value = int64(f.dice.IntN(30)) // as somebody who meddles may set it
		}
		m.Keys = append(m.Keys, store.MessageKey{
			Param: pick(f.dice, "order", "order", "later"), Value: engine.Canonical(value), Drop: f.dice.chance(0.1),
		})
	}
	return m
}

// bring delivers, again and again until there is an answer. Where the first answer
// was lost, the next one is that somebody has gone on from there.
func (f *feeder) bring(d store.Delivery) {
	f.under = true
	f.sim.call(f.dice, func(p *process) error {
		_, err := p.link.Deliver(context.Background(), d)
		return err
	}, func(err error) {
		if err != nil && model.CodeOf(err) != model.Conflict {
			f.sim.fail("deliver: %v", err)
		}
		f.under, f.next = false, d.Offsets[0].Next
	})
}
