package server

import (
	"bufio"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
)

func newPassword(world console.IO) *cobra.Command {
	return &cobra.Command{
		Use: "password", GroupID: "server", Args: cobra.NoArgs,
		Short: "Print the hash of a password for the configuration of a server",
		Long: "Print the argon2id hash of a password, for server.authenticator.basic.password in the configuration of a\n" +
			"server. With the hash, nobody who reads the configuration can log in.\n\n" +
			"The password is asked for twice on a terminal, and else is the first line of standard input.",
		Example: "  pawl password\n  pawl password < password.txt",
		RunE:    func(*cobra.Command, []string) error { return printHash(world) },
	}
}

func printHash(w console.IO) error {
	stdin := bufio.NewReader(w.Stdin)
	password, err := w.Ask("Password", stdin)
	if err != nil {
		return err
	}
	if password == "" {
		return model.Errorf(model.Invalid, "a password must not be empty")
	}
	if f, ok := w.Stdin.(*os.File); ok && console.IsTerminal(f) {
		again, err := w.Ask("The same again", stdin)
		if err != nil {
			return err
		}
		if again != password {
			return model.Errorf(model.Invalid, "the passwords differ")
		}
	}
	_, err = fmt.Fprintln(w.Stdout, auth.HashPassword(password))
	return err
}
