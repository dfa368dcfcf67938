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
	// kinds are those that happen, kills first.
	kinds []fault
	// pause is the mean time between two of them, and rest waits for the next.
	pause time.Duration
	rest  func(context.Context) error
	done  map[string]int
}

type fault struct {
	name string
	// cards is how many cards of a deck are of this kind.
	cards int
	do    func(*faults, context.Context) error
}

var faultsOfDatabases = []fault{
	{"kill", 14, (*faults).killOne},
	{"restart of the database", 1, func(f *faults, ctx context.Context) error { return f.restartDatabase(ctx) }},
	{"cut of all connections", 2, func(f *faults, _ context.Context) error { f.one().proxy.cut(); return nil }},
	{"database out of reach", 1, (*faults).refuse},
	{"connections that stand still", 1, (*faults).hold},
	{"connections that the database keeps", 1, (*faults).orphan},
}

// run makes faults until there were enough kills and the rest is over, too. All
// kinds come in each round of the deck.
func (f *faults) run(ctx context.Context, kills int, over func() bool) error {
	f.done = make(map[string]int)
	for {
		for _, i := range f.deck() {
			kind := &f.kinds[i]
			if f.done[f.kinds[0].name] >= kills && len(f.done) == len(f.kinds) && over() {
				return nil
			}
			if err := f.rest(ctx); err != nil {
				return err
			}
			if err := kind.do(f, ctx); err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			f.done[kind.name]++
		}
	}
}

// deck returns faults in the order in which they are to happen.
func (f *faults) deck() (deck []int) {
	for i := range f.kinds {
		for range f.kinds[i].cards {
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
