// Command pawl runs workflows.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // zones are needed where the machine has none

	"github.com/pawlhq/pawl/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.OS()))
}
