package conductor

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

type reply struct {
	to  func(error)
	err error
}

// Stimulus is one thing for a conductor to answer.
type Stimulus struct {
	Attempt model.AttemptID
	Command engine.Command
	// Do, when set, is called instead of applying Command, with the core at
	// rest between two commands.
	Do func(*Core) error
	// Reply, when set, is called with the outcome after it was committed.
	Reply func(error)
}

// Stimuli turns what a runner reports into what the core takes.
func Stimuli(dst []Stimulus, reports []runner.Report) []Stimulus {
	for _, r := range reports {
		s := Stimulus{Attempt: r.ID.Attempt}
		cmd, ok := r.Outcome.(engine.Command)
		switch {
		case r.Lost:
			cmd = engine.Command{Kind: engine.Lose}
		case !ok:
			cmd = engine.Command{Kind: engine.TryCancelled}
		}
		cmd.Task, cmd.Try = r.ID.Task, r.ID.Try
		s.Command = cmd
		dst = append(dst, s)
	}
	return dst
}
