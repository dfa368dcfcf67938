package cli

import (
	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/model"
)

// debugging are options of Ploomber that are refused: a task has a process of its
// own, with no terminal for a debugger.
type debugging struct{ now, later bool }

func (d *debugging) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVarP(&d.now, "debug", "d", false, "not offered: `pawl interact` is the place for a debugger")
	f.BoolVarP(&d.later, "debuglater", "D", false, "not offered, see --debug")
	_, _ = f.MarkHidden("debug"), f.MarkHidden("debuglater") // they were just made
}

// refuse is an error if one of the options is given.
func (d *debugging) refuse() error {
	if !d.now && !d.later {
		return nil
	}
	name := "--debug"
	if d.later {
		name = "--debuglater"
	}
	return model.Errorf(model.Invalid, "%s is not offered: tasks have no terminal for a debugger", name).
		WithHint("in `pawl interact`, import the function and debug it there; for a notebook, write debug_mode: later")
}
