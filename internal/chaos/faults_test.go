//go:build linux

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// faults do to a cluster what happens to one, at moments drawn from dice.
type faults struct {
	*cluster
	dice *rand.Rand
	// pause is the mean time between two of them.
	pause time.Duration
	done  map[string]int
}

type fault struct {
	name string
	// share is how many of each hundred faults are of this kind.
	share int
	do    func(*faults, context.Context) error
}

var allFaults = []fault{
	{"kill", 70, (*faults).killOne},
	{"restart of the database", 5, func(f *faults, ctx context.Context) error { return f.restartDatabase(ctx) }},
	{"cut of all connections", 10, func(f *faults, _ context.Context) error { f.one().proxy.cut(); return nil }},
	{"database out of reach", 5, (*faults).refuse},
	{"connections that stand still", 5, (*faults).hold},
	{"connections that the database keeps", 5, (*faults).orphan},
}

// run makes faults until there were enough kills and the time is over. All
// kinds come in each round of the deck.
func (f *faults) run(ctx context.Context, kills int, until time.Time) error {
	f.done = make(map[string]int)
	for {
		for _, i := range f.deck() {
			if f.done[allFaults[0].name] >= kills && time.Now().After(until) && len(f.done) == len(allFaults) {
				return nil
			}
			if err := wait(ctx, f.upTo(2*f.pause)); err != nil {
				return err
			}
			if err := allFaults[i].do(f, ctx); err != nil {
				return fmt.Errorf("%s: %w", allFaults[i].name, err)
			}
			f.done[allFaults[i].name]++
		}
	}
}

// deck returns twenty faults in the order in which they are to happen.
func (f *faults) deck() (deck []int) {
	for i := range allFaults {
		for range allFaults[i].share / 5 {
			deck = append(deck, i)
		}
	}
	f.dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

func (f *faults) one() *member { return f.members[f.dice.IntN(len(f.members))] }

func (f *faults) upTo(d time.Duration) time.Duration { return time.Duration(f.dice.Int64N(int64(d))) }

// killOne kills a process that is up; where all are down, it waits for one.
func (f *faults) killOne(ctx context.Context) error {
	for {
		for _, i := range f.dice.Perm(len(f.members)) {
			if f.members[i].kill() {
				return nil
			}
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// longest is how long a connection is out of order: longer than a lease lasts,
// and than a conductor waits for its store.
const longest = 14 * time.Second

// refuse, hold and orphan go on beside the faults after them.
func (f *faults) refuse(context.Context) error {
	p := f.one().proxy
	p.refuse()
	time.AfterFunc(f.upTo(longest), p.allow)
	return nil
}

func (f *faults) hold(context.Context) error {
	p := f.one().proxy
	p.hold()
	time.AfterFunc(f.upTo(longest), p.release)
	return nil
}

func (f *faults) orphan(context.Context) error {
	until := f.one().proxy.orphan()
	time.AfterFunc(f.upTo(longest), func() { close(until) })
	return nil
}

// wait waits unless the context ends before.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
