//go:build unix

package process_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestMain(m *testing.M) {
	launchtest.Main()
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, cfg process.Config) *process.Launcher {
	t.Helper()
	l, err := process.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProcessIsALauncher(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) {
		cfg := process.Config{Dir: t.TempDir(), Env: os.Environ()}
		return open(t, cfg), open(t, cfg)
	})
}
