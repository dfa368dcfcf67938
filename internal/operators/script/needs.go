package script

import (
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func needsPython(d *operator.Draft) []operator.Need {
	return interpreterOf(d, "python", operator.Need{Kind: operator.NeedProgram, Name: "python", Or: []string{"python3"}})
}

func needsRuby(d *operator.Draft) []operator.Need {
	return interpreterOf(d, "ruby", operator.Need{Kind: operator.NeedProgram, Name: "ruby"})
}

// interpreterOf returns the program that a parameter names, else the usual one.
func interpreterOf(d *operator.Draft, key string, usual operator.Need) []operator.Need {
	words, err := interpreter(params.Of(key, d.Given(key)), key)
	if err != nil {
		return nil // which others tell
	}
	if words != nil {
		usual = operator.Need{Kind: operator.NeedProgram, Name: words[0]}
	}
	return command.Needs(d, usual)
}
