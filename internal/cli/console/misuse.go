package console

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// WrapArgs makes a wrong number of arguments a mistake that says what the
// command takes.
func WrapArgs(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if check(c, args) == nil {
			return nil
		}
		_, takes, some := strings.Cut(c.Use, " ")
		switch {
		case !some:
			return Misused(c, fmt.Errorf("%s takes no arguments, but got %q", c.CommandPath(), args[0]))
		case len(args) == 0:
			return Misused(c, fmt.Errorf("%s needs %s", c.CommandPath(), takes))
		}
		return Misused(c, fmt.Errorf("%s takes %s, but got %d arguments: %s", c.CommandPath(), takes, len(args), strings.Join(args, " ")))
	}
}

// Misused is a mistake in the arguments of c.
func Misused(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	help := fmt.Sprintf("see `%s --help`", c.CommandPath())
	switch {
	case errors.As(err, &unknown):
		name := dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
		e := model.Errorf(model.Invalid, "unknown flag: %s", name)
		if near := document.DidYouMean(name, flagNames(c)); near != "" && strings.HasPrefix(name, "--") {
			return e.WithHint("%s", near)
		}
		return e.WithHint("%s", help)
	case errors.As(err, &missing):
		return model.Errorf(model.Invalid, "%s needs a value", dashed(missing.GetSpecifiedName(), missing.GetSpecifiedShortnames())).
			WithHint("%s", help)
	case errors.As(err, &wrong):
		return model.Errorf(model.Invalid, "--%s needs %s, not %q", wrong.GetFlag().Name, kinds[wrong.GetFlag().Value.Type()], wrong.GetValue()).
			WithHint("%s", help)
	}
	return model.Errorf(model.Invalid, "%s", err).WithHint("%s", help)
}

// kinds are the types of flags in words.
var kinds = map[string]string{"int": "a whole number", "bool": "true or false"}

// dashed writes a flag as it was given: by its name, or the first of its letters.
func dashed(name, letters string) string {
	if letters == "" {
		return "--" + name
	}
	return "-" + name
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return names
}

// otherNames are words that people try for a command.
var otherNames = map[string]string{"execute": "build", "make": "build", "develop": "interact"}

// KnownCommand refuses what is no command of root.
func KnownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(append(names, c.Name()), c.Aliases...)
	}
	e := model.Errorf(model.Invalid, "there is no command %q", args[0])
	if name, ok := otherNames[args[0]]; ok {
		return e.WithHint("did you mean %q?", name)
	}
	if near := document.DidYouMean(args[0], names); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("see `%s --help`", root.CommandPath())
}
