package sim

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"
)

// dice is a stream of random numbers. Each part of a simulation has one of its
// own, so that a run without faults makes the same workflows as one with them.
type dice struct{ *rand.Rand }

func newDice(seed uint64, stream string) dice {
	return dice{rand.New(rand.NewPCG(seed, hashOf(stream)))}
}

// chance is true once in 1/p times.
func (d dice) chance(p float64) bool { return p > 0 && d.Float64() < p }

// between returns a duration from lo to hi, in whole microseconds.
func (d dice) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(d.Int64N(int64((hi-lo)/time.Microsecond)+1))*time.Microsecond
}

// pick returns one of the choices.
func pick[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text) // a hash takes everything
	return h.Sum64()
}
