// Package pulse tells which servers and workers of a store live, and what their
// loops do. Each process writes down every few seconds when its loops last went
// round and what failed; whoever reads that judges by the time that has passed.
//
// A loop that fails lives: its errors are what it says, not whether it does. The
// package decides nothing about who may act, which leases do.
package pulse

import (
	"time"
)

// Process is what a server or a worker says of itself.
type Process struct {
	// Name tells it from all others.
	Name string `json:"name"`
	// Kind is what it is, such as "server".
	Kind    string    `json:"kind"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"startedAt"`
	// Seen is when it said so, by the clock of its machine.
	Seen  time.Time `json:"seenAt"`
	Loops []Loop    `json:"loops"`
}

// Loop is what a process says of one of its loops.
type Loop struct {
	Name string `json:"name"`
	// Turned is when it last went round; zero if it has not yet.
	Turned time.Time `json:"turnedAt"`
	// Within is how many seconds it may take to go round; zero is as long as it likes.
	Within int `json:"withinSeconds"`
	// Failing is set while its last round failed.
	Failing bool `json:"failing"`
	// Errors are the last ones, the newest first.
	Errors []Fault `json:"errors"`
}

// Fault is an error of a loop.
type Fault struct {
	// At is when it came last, and Times how often it came without another between.
	At      time.Time `json:"at"`
	Times   int       `json:"times"`
	Message string    `json:"message"`
}

// State is whether somebody lives.
type State string

// States of processes and loops.
const (
	Live State = "live"
	Late State = "late" // it should have been heard of
	Dead State = "dead" // it has not been heard of for a long time
)

const (
	// every is how often a process says that it lives.
	every = 10 * time.Second
	// A process that is not heard of for so long is late, and dead.
	lateAfter, deadAfter = 3 * every, 9 * every
	// times is how many times as long as it may take a loop is late, and not dead.
	times = 3
)

// Status is what is known of a process.
type Status struct {
	Process
	State State `json:"state"`
	// LoopStates are those of its loops, in their order.
	LoopStates []State `json:"-"`
}

// Judge says who lives at a time. A loop does at most as far as its process: what a
// dead process said of it counts no more.
func Judge(p Process, now time.Time) Status {
	s := Status{Process: p, State: after(now.Sub(p.Seen), lateAfter, deadAfter)}
	for _, l := range p.Loops {
		state := s.State
		if within := time.Duration(l.Within) * time.Second; state == Live && within > 0 {
			turned := l.Turned
			if turned.Before(p.Started) {
				turned = p.Started // it has so long for its first round, too
			}
			state = after(p.Seen.Sub(turned), within, times*within)
		}
		s.LoopStates = append(s.LoopStates, state)
	}
	return s
}

// after says what a silence means.
func after(silence, late, dead time.Duration) State {
	switch {
	case silence > dead:
		return Dead
	case silence > late:
		return Late
	}
	return Live
}
