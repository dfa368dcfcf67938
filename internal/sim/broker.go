package sim

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// broker keeps messages that are for nobody by name, in partitions, until a feeder
// reads them: some match tasks that wait, one or many, some come too early for any
// or too late, some twice, and some in another order than they were sent in. Now
// and then it is away, and now and then it gives a partition to another feeder,
// while the one that had it has not heard of that.
type broker struct {
	sim  *simulation
	dice dice
	logs [partitions][]store.Message
	// owner has the feeder of each partition.
	owner   [partitions]*feeder
	feeders []*feeder
	count   int
	// away is until when it does not answer.
	away   model.Instant
	echoes echoes
}

const (
	partitions = 2
	// feed is what the feeders are called, and what their messages' sources begin
	// with.
	feed = "feed"
)

// newBroker returns a broker with two feeders.
func newBroker(s *simulation) *broker {
	b := &broker{sim: s, dice: newDice(s.seed, feed), echoes: newEchoes(s)}
	for i := range 2 {
		b.feeders = append(b.feeders, newFeeder(s, b, i))
	}
	for p := range b.owner {
		b.give(p, b.feeders[p])
	}
	return b
}

// look has messages come, and troubles the feeders, until peace.
func (b *broker) look() {
	if b.sim.now >= b.sim.peace {
		return
	}
	b.sim.after(b.dice.between(200*time.Millisecond, 3*time.Second), b.look)
	for range 1 + b.dice.IntN(3) {
		p := b.dice.IntN(partitions)
		b.logs[p] = append(b.logs[p], b.message())
	}
	if b.sim.faults().outage > 0 && b.dice.chance(0.05) {
		b.away = b.sim.now.Add(b.dice.between(time.Second, 10*time.Second))
		b.sim.log.note(b.sim.now, "the broker is away until %d", b.away)
	}
	if b.dice.chance(0.1) {
		b.give(b.dice.IntN(partitions), pick(b.dice, b.feeders...))
	}
}

// message makes a message up. One in five says that it is one that came before,
// and one in five has no name but its place.
func (b *broker) message() store.Message {
	n := b.count
	again := n > 0 && b.dice.chance(0.2)
	if again {
		n = b.dice.IntN(n)
	} else {
		b.count++
	}
	m := store.Message{
		Topic: topic, Source: fmt.Sprint(feed, n), Body: int64(n), Remember: b.sim.now.Add(maxTime),
		Early: store.Early{Expires: b.sim.now.Add(b.dice.between(time.Second, time.Hour)), Most: 2 + b.dice.IntN(10)},
	}
	if !again && b.dice.chance(0.2) {
		m.Source, m.Remember = fmt.Sprint(feed, " at ", n), 0
	}
	for range 1 + b.dice.IntN(2) {
		value := any(fmt.Sprint("order-", b.dice.IntN(3)))
		if b.dice.chance(0.3) {
			value = int64(b.dice.IntN(30)) // as somebody who meddles may set it
		}
		m.Keys = append(m.Keys, store.MessageKey{
			Param: pick(b.dice, "order", "order", "later"), Value: engine.Canonical(value), Drop: b.dice.chance(0.1),
		})
	}
	return m
}

// give has a feeder read a partition. Whoever had it hears of that later.
func (b *broker) give(p int, to *feeder) {
	from := b.owner[p]
	if from == to {
		return
	}
	b.owner[p] = to
	to.owns[p], to.known[p] = true, false
	if from != nil {
		b.sim.log.note(b.sim.now, "partition %d goes from feeder %d to %d", p, from.number, to.number)
		b.sim.after(b.dice.between(0, 5*time.Second), func() { from.owns[p] = b.owner[p] == from })
	}
}

// read returns some messages of a partition from an offset on, if there are any.
func (b *broker) read(p int, from int64, most int) []store.Message {
	if b.sim.now < b.away && b.sim.now < b.sim.peace {
		return nil
	}
	log := b.logs[p][from:]
	return log[:min(most, len(log))]
}

// drained reports whether all has been delivered.
func (b *broker) drained() bool {
	for p, log := range b.logs {
		if b.sim.checks.mail.offsets[int32(p)] < int64(len(log)) {
			return false
		}
	}
	return b.sim.now >= b.sim.peace
}
