package console

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// titleKey is the annotation of a flag that names its group in the help.
const titleKey = "title"

// Grouped gives c the flags that define makes, under a title in its help.
func Grouped(c *cobra.Command, title string, define func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	define(set)
	set.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{titleKey: {title}}
		c.Flags().AddFlag(f)
	})
}

// flagGroup is the flags of a command under one title.
type flagGroup struct {
	title string
	*pflag.FlagSet
}

// flagGroups returns the flags of c by title, in the order of their definition.
func flagGroups(c *cobra.Command) []flagGroup {
	c.InitDefaultHelpFlag()
	c.Flags().SortFlags = false
	var groups []flagGroup
	c.Flags().VisitAll(func(f *pflag.Flag) {
		title := "Flags"
		if t := f.Annotations[titleKey]; len(t) > 0 {
			title = t[0]
		}
		for _, g := range groups {
			if g.title == title {
				g.AddFlag(f)
				return
			}
		}
		set := pflag.NewFlagSet(title, pflag.ContinueOnError)
		set.SortFlags = false
		set.AddFlag(f)
		groups = append(groups, flagGroup{title, set})
	})
	return groups
}

// Usage writes how c is used.
func Usage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", useLine(c))
	if len(c.Aliases) > 0 {
		fmt.Fprintf(&b, "\nAlias: %s\n", strings.Join(c.Aliases, ", "))
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, g := range c.Groups() {
		fmt.Fprintf(&b, "\n%s:\n", g.Title)
		for _, sub := range c.Commands() {
			if sub.GroupID == g.ID {
				fmt.Fprintf(&b, "  %-10s  %s\n", sub.Name(), sub.Short)
			}
		}
	}
	for _, g := range flagGroups(c) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.FlagUsages())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nMore of a command: %s COMMAND --help\n", c.CommandPath())
	}
	_, err := fmt.Fprint(c.OutOrStderr(), b.String())
	return err
}

func useLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND"
	}
	return c.UseLine()
}

// NewHelp returns the command that shows the help of another one.
func NewHelp() *cobra.Command {
	help := &cobra.Command{
		Use: "help [COMMAND]", Short: "Show how a command is used", GroupID: "other", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			shown, unknown, err := c.Root().Find(args)
			if err != nil || len(unknown) > 0 {
				return KnownCommand(c.Root(), args)
			}
			return shown.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, sub := range c.Root().Commands() {
				if len(args) == 0 {
					names = append(names, sub.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	WrapArgs(help)
	return help
}
