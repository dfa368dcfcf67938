package local

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/workflow"
)

// questions are what somebody at a terminal is asked before a run.
type questions struct {
	// none is set to ask nothing; asked is set where somebody can answer.
	none, asked bool
	// unfit takes inputs that are not what the workflow takes, as nothing will run.
	unfit bool
	stdin *bufio.Reader
}

// ask asks until the answer is accepted.
func (o *runOptions) ask(question string, accept func(answer string) error) error {
	if o.questions.stdin == nil {
		o.questions.stdin = bufio.NewReader(o.World.Stdin)
	}
	for {
		answer, err := o.World.Answer(question, o.questions.stdin)
		if err != nil {
			return err
		}
		if err = accept(answer); err == nil {
			return nil
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "  %v\n", err)
	}
}

// choose asks which workflow is to be run.
func (o *runOptions) choose(all []*workflow.Workflow) (name string, err error) {
	tell := console.Teller{To: o.World.Stderr}
	tell.Line("Workflows:")
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = w.Name
		tell.Line("  %*d  %s", len(strconv.Itoa(len(all))), i+1, w.Name)
	}
	err = o.ask(fmt.Sprintf("Which one is to be run? [1-%d] ", len(all)), func(answer string) error {
		if slices.Contains(names, answer) {
			name = answer
			return nil
		}
		n, err := strconv.Atoi(answer)
		if err != nil || n < 1 || n > len(all) {
			return model.Errorf(model.Invalid, "give a number from 1 to %d, or a name", len(all))
		}
		name = names[n-1]
		return nil
	})
	return name, err
}

// fitted reads the parameters that were given, as the inputs of a workflow are to be,
// laid over those of the configuration. Those that are missing are asked for, if
// somebody can answer.
func (o *runOptions) fitted(inputs, base params.Map) (params.Map, error) {
	if inputs.Len() == 0 || o.questions.unfit {
		return o.Read(o.World, base)
	}
	own, err := o.Read(o.World, params.Map{})
	if err != nil {
		return own, err
	}
	all, err := shape.FitOver(inputs, base, own)
	var wrong *shape.Error
	if !o.questions.asked || !errors.As(err, &wrong) {
		return all, toldInputs(err)
	}
	for _, p := range wrong.Problems {
		if p.Given != "" || p.Unknown || strings.Contains(p.Input, ".") {
			return all, toldInputs(err) // which nobody is asked for
		}
	}
	for _, in := range shape.Inputs(inputs) {
		if !slices.ContainsFunc(wrong.Problems, func(p shape.Problem) bool { return p.Input == in.Name }) {
			continue
		}
		if own, err = o.askFor(inputs, in, own); err != nil {
			return all, err
		}
	}
	all, err = shape.FitOver(inputs, base, own)
	return all, toldInputs(err)
}

// askFor asks for one input.
func (o *runOptions) askFor(inputs params.Map, in shape.Input, own params.Map) (params.Map, error) {
	about := in.Description
	if about == "" {
		about = in.Title
	}
	if about != "" {
		_, _ = fmt.Fprintf(o.World.Stderr, "%s: %s\n", in.Name, about)
	}
	err := o.ask(fmt.Sprintf("%s (%s): ", in.Name, in.Want), func(answer string) error {
		var v params.Value = answer
		if answer == "" {
			v = nil
		}
		v, err := shape.FitOne(inputs, in.Name, v)
		if err != nil {
			return err
		}
		own = own.Set(in.Name, v)
		return o.given.Set("param", in.Name+"="+answer) // for the command that goes on
	})
	return own, err
}

// unfit returns what is wrong with parameters that were given to the command, or have
// these names in base, and not what is missing.
func (o *checkOptions) unfit(inputs, base params.Map) error {
	if inputs.Len() == 0 {
		return nil
	}
	own, err := o.Read(o.World, params.Map{})
	if err != nil {
		return err
	}
	_, err = shape.FitOver(inputs, base, own)
	var wrong *shape.Error
	if errors.As(err, &wrong) {
		wrong.Problems = slices.DeleteFunc(wrong.Problems, func(p shape.Problem) bool {
			return p.Given == "" && !p.Unknown && p.Hint == "" && !strings.Contains(p.Input, ".")
		})
		if len(wrong.Problems) == 0 {
			return nil
		}
	}
	return toldInputs(err)
}

// toldInputs adds to what is wrong with inputs how they are given.
func toldInputs(err error) error {
	if err == nil || model.HintsOf(err) != "" {
		return err
	}
	return model.Errorf(model.Invalid, "%w", err).WithHint("give inputs with --input KEY=VALUE, or all of a file with --input @FILE")
}
