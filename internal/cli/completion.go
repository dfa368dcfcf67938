package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

var shells = []string{"bash", "fish", "powershell", "zsh"}

func newCompletion(world console.IO) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", GroupID: "other", Args: cobra.ExactArgs(1), ValidArgs: shells,
		Short: "Print what makes a shell complete pawl's arguments",
		Long:  "Print what makes a shell complete pawl's arguments. Shells: bash, fish, powershell and zsh.",
		Example: "  source <(pawl completion bash)\n" +
			"  pawl completion fish > ~/.config/fish/completions/pawl.fish",
		RunE: func(c *cobra.Command, args []string) error {
			return complete(c.Root(), args[0], world.Stdout)
		},
	}
}

func complete(root *cobra.Command, shell string, to io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(to, true)
	case "fish":
		return root.GenFishCompletion(to, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(to)
	case "zsh":
		return root.GenZshCompletion(to)
	}
	e := model.Errorf(model.Invalid, "there is no completion for the shell %q", shell)
	if near := document.DidYouMean(shell, shells); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("there is one for bash, fish, powershell and zsh")
}
