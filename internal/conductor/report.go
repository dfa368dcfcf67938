package conductor

import (
	"context"

	"github.com/pawlhq/pawl/runner"
)

// Report applies what became of a try, if its attempt is driven here, and reports
// whether it did and that is durable. Else the report is to be posted. One that does
// not fit any more is answered by nothing.
func (c *Conductor) Report(ctx context.Context, r runner.Report) bool {
	here, err := ask(ctx, c, func(core *Core) (bool, error) { return core.report(r), nil })
	return here && err == nil
}

func (c *Core) report(r runner.Report) (here bool) {
	if _, here = c.driven[r.ID.Attempt]; here {
		for _, s := range Stimuli(nil, []runner.Report{r}) {
			_ = c.apply(c.now(), s.Attempt, s.Command) // who sent what does not fit waits for no answer
		}
	}
	return here
}
