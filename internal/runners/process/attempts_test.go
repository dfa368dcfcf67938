//go:build unix

package process_test

import (
	"os"
	"testing"

	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runner"
)

func TestProcessesRunAttempts(t *testing.T) {
	launchtest.RunAttempts(t, launchtest.Options{}, func(t *testing.T) runner.Launcher {
		return open(t, process.Config{Dir: t.TempDir(), Env: os.Environ()})
	})
}
