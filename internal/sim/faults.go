package sim

import "time"

// faults are the chances of what can go wrong, each for one occasion. The
// zero value is a world in which nothing does.
type faults struct {
	// The store: a write that is not made, or made without an answer; a read
	// that fails.
	requestLost, replyLost, readFails float64
	// The process: its death around a write, and while it hands tries over.
	dieBefore, dieAfter, dieSubmitting float64
	// The runner: a report that comes as a loss, twice, or late; a cancel that
	// is not listened to.
	reportLost, reportTwice, reportLate, deaf float64
	// The machines, each time that the troublemaker looks: a crash, an orderly
	// restart, a pause longer than the lease, a jump of the clock.
	crash, restart, pause, jump float64
	// Between servers: a process that stands still around a write, a store that
	// does not answer anybody for a while, a clock that is set, an answer to a
	// client and a call to those who watch that do not arrive.
	stall, outage, reset, answerLost, callLost float64
}

// newFaults decides what goes wrong in one simulation: some of it rarely, some
// often, some never.
func newFaults(d dice) faults {
	level := func(rare, often float64) float64 { return pick(d, 0, rare, often) }
	return faults{
		requestLost:   level(0.01, 0.1),
		replyLost:     level(0.01, 0.1),
		readFails:     level(0.05, 0.3),
		dieBefore:     level(0.001, 0.01),
		dieAfter:      level(0.001, 0.01),
		dieSubmitting: level(0.005, 0.02),
		reportLost:    level(0.01, 0.1),
		reportTwice:   level(0.05, 0.3),
		reportLate:    level(0.05, 0.3),
		deaf:          level(0.2, 0.6),
		crash:         level(0.02, 0.1),
		restart:       level(0.02, 0.1),
		pause:         level(0.02, 0.1),
		jump:          level(0.01, 0.05),
	}
}

// newServerFaults adds what goes wrong between servers.
func newServerFaults(d dice, f faults) faults {
	level := func(rare, often float64) float64 { return pick(d, 0, rare, often) }
	f.stall = level(0.002, 0.02)
	f.outage = level(0.01, 0.05)
	f.reset = level(0.01, 0.1)
	f.answerLost = level(0.05, 0.3)
	f.callLost = level(0.1, 0.9)
	return f
}

// Spans of virtual time.
const (
	leaseFor = 10 * time.Second
	// maxSkew is how far the clock of a machine may be off.
	maxSkew = time.Minute
	// replyWithin is how long a client waits for an answer.
	replyWithin = 8 * time.Second
	// retryAfter is how long a process leaves a store alone that failed.
	retryAfter = 100 * time.Millisecond
	// storePatience is how long it tries again before it gives up.
	storePatience = 10 * time.Second
	// patrolEvery is how often a process looks for attempts that nobody drives.
	patrolEvery = 5 * time.Second
	// troubleEvery is how often the troublemaker looks.
	troubleEvery = 2 * time.Second
)
