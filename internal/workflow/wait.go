package workflow

import "time"

// Wait holds an action back. With both a time and signals, the action runs at
// the time if no signal ended the wait before.
type Wait struct {
	// Until gives the instant, as RFC 3339 text, Unix seconds or a duration such as
	// "1h30m" from when the node is reached, by the path of a parameter; empty
	// means no time.
	Until string
	// For is a wait counted from the moment the node is reached; 0 means none.
	For time.Duration
	// Signals are the keys that end the wait; each message that matches runs
	// the action once with the message, until the action says it is done. A
	// node that has some is a listener. The rest is for listeners only.
	Signals []Signal
	// Early says what becomes of messages that come before the node is reached.
	Early Early
	// OnBadMessage says what becomes of a message that the action fails on,
	// when it has been tried again as Node.Retry allows.
	OnBadMessage BadMessage
	// Again says what a message does that comes after the node has succeeded,
	// as long as the group around it goes on.
	Again Again
}

// Signal is a key that a waiting node listens to.
type Signal struct {
	// Topic is where the message comes from.
	Topic string
	// Param is the path of the parameter whose value is the key. While it has
	// no value, nothing matches.
	Param string
	// One lets only the longest-waiting match have a message.
	One bool
}

// Early says what becomes of messages for a listener that is not reached yet.
type Early uint8

const (
	// WhenReached has the node listen from when it is reached, and get what came
	// before then and nobody else took.
	WhenReached Early = iota
	// KeepEarly has the node listen from the beginning of the attempt, or of the
	// round that it is part of. Messages are kept in its inbox and handled in
	// their order when it is reached.
	KeepEarly
	// JumpEarly has it listen as KeepEarly does. A message starts the node at
	// once and passes over what it comes after. A node that was passed over
	// itself takes a message even so, as with AgainHandler.
	JumpEarly
	// DropEarly has the node listen from when it is reached, and get nothing
	// that came before: that is kept for others, like all that nobody listens
	// to. It holds for the signals, too, that the node's operator waits for.
	DropEarly
)

// BadMessage says what becomes of a message that a listener fails on.
type BadMessage uint8

const (
	// FailTask fails the task.
	FailTask BadMessage = iota
	// BuryMessage puts the message among the dead letters, and the task waits on.
	BuryMessage
)

// Again says what late messages do.
type Again uint8

const (
	// AgainNever has a task that has ended take no messages.
	AgainNever Again = iota
	// AgainHandler runs the action once more with the message, in a round of its
	// own. What comes after the node is not run again, and sees what the action
	// stored from then on.
	AgainHandler
	// AgainDownstream is AgainHandler, and then those siblings run again that
	// come after the node, directly or not, have ended well and say so with
	// Node.Again: each once those before it have.
	AgainDownstream
)

// ListensEarly reports whether the node listens before it is reached.
func (w *Wait) ListensEarly() bool {
	return w != nil && len(w.Signals) > 0 && (w.Early == KeepEarly || w.Early == JumpEarly)
}
