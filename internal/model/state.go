package model

import "fmt"

// State is where a task stands. A state from Success on is final: the row of
// a task in a final state never changes again.
type State uint8

// States of a task.
const (
	// Blocked waits for its parent to open and for the siblings it comes after.
	Blocked State = iota
	// Running is handed to a runner, or about to be.
	Running
	// Waiting waits for an instant, a signal, or both.
	Waiting
	// Open has children that are not all final.
	Open
	// Success ended well.
	Success
	// Failed ended badly, by itself or by its children.
	Failed
	// Skipped was passed over on purpose: a branch not chosen, a time limit
	// that skips, a jump ahead. What comes after it goes on.
	Skipped
	// Cancelled was called off before it could end by itself.
	Cancelled
	// Stopped ended well and asked that nothing after it runs.
	Stopped
	// NotReached never started, because something before it ended so that it
	// could not.
	NotReached

	numStates
)

var stateNames = [numStates]string{
	"blocked", "running", "waiting", "open",
	"success", "failed", "skipped", "cancelled", "stopped", "not_reached",
}

// Final reports whether s is a final state.
func (s State) Final() bool { return s >= Success }

// Passed reports whether s lets what comes after it on success go on.
func (s State) Passed() bool { return s == Success || s == Skipped }

// String returns the name of s as it stands in stores and output.
func (s State) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}
