//go:build unix

package main

import (
	"log/slog"
	"os"
	"testing"

	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/plugin"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

// behave names the variable that makes the test binary the plug-in.
const behave = "PAWL_TEST_PLUGIN"

func TestMain(m *testing.M) {
	launchtest.Main()
	if os.Getenv(behave) != "" {
		main()
	}
	os.Exit(m.Run())
}

// start opens the launcher of the plug-in, which is this binary.
func start(t *testing.T, settings map[string]string) *plugin.Launcher {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return plugin.Open(plugin.Options{
		Type: "kubernetes", Settings: settings, Log: slog.New(slog.DiscardHandler), Path: self,
		Env: []string{behave + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")},
	})
}

func TestKubernetesIsALauncher(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) {
		c := newCluster(t)
		return start(t, c.settings()), start(t, c.settings())
	})
}

func TestKubernetesRunsAttempts(t *testing.T) {
	launchtest.RunAttempts(t, launchtest.Options{}, func(t *testing.T) runner.Launcher { return start(t, newCluster(t).settings()) })
}
