package console

import "github.com/spf13/cobra"

// Command makes the command of that name.
type Command struct {
	Name string
	Make func(IO) *cobra.Command
}
