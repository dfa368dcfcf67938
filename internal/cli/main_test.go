package cli_test

import (
	"context"
	"os"
	"testing"

	"github.com/pawlhq/pawl/internal/cli"
)

// asPawl makes this test binary behave as the program.
const asPawl = "PAWL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asPawl) != "" {
		os.Exit(cli.Main(context.Background(), os.Args[1:], cli.OS()))
	}
	os.Exit(m.Run())
}
