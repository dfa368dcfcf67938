package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/cli/remote"
	"github.com/pawlhq/pawl/internal/cli/server"
)

// families are the commands that there are, but help.
func families() [][]console.Command {
	return [][]console.Command{local.Commands, server.Commands, remote.Commands, ownCommands}
}

// ownCommands are those about the command line.
var ownCommands = []console.Command{
	{Name: "completion", Make: newCompletion},
}

// commandsFor returns what a command line needs: making all commands takes
// longer than most of them do.
func commandsFor(args []string) []console.Command {
	for _, family := range families() {
		for i := range family {
			if len(args) > 0 && family[i].Name == args[0] {
				return family[i : i+1]
			}
		}
	}
	return slices.Concat(families()...)
}

// addCommands gives root the commands that args need.
func addCommands(root *cobra.Command, world console.IO, args []string) {
	for _, of := range commandsFor(args) {
		c := of.Make(world)
		console.WrapArgs(c)
		local.EntryFlags(c, world, args)
		root.AddCommand(c)
	}
}
