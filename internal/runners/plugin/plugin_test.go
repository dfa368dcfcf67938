//go:build unix

package plugin_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/plugin"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
	"github.com/pawlhq/pawl/runnerplugin"
)

// behave names the variable that makes the test binary a plug-in.
const behave = "PAWL_TEST_PLUGIN"

func TestMain(m *testing.M) {
	launchtest.Main()
	if os.Getenv(behave) != "" {
		os.Exit(runnerplugin.Main("pawl-runner-test 1.0", openProcesses))
	}
	goleak.VerifyTestMain(m)
}

// openProcesses opens processes of this machine as a plug-in has them.
func openProcesses(_ context.Context, s runnerplugin.Settings) (runnerplugin.Launcher, error) {
	if err := s.Check("dir"); err != nil {
		return nil, err
	}
	l, err := process.Open(process.Config{Dir: s["dir"], Env: os.Environ()})
	return faulty{l}, err
}

// faulty is a launcher with orders that go wrong.
type faulty struct{ *process.Launcher }

func (f faulty) Launch(ctx context.Context, o runnerplugin.Order) error {
	switch o.Queue {
	case "nowhere":
		return runnerplugin.Errorf(runnerplugin.Invalid, "there is no zone %s", o.Queue).WithHint("choose another")
	case "die":
		os.Exit(3)
	case "plain":
		return errors.New("no idea")
	}
	return f.Launcher.Launch(ctx, o)
}

func open(t *testing.T, settings map[string]string) *plugin.Launcher {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return plugin.Open(plugin.Options{
		Type: "test", Settings: settings, Log: slog.New(slog.DiscardHandler), Path: self,
		Env: append(os.Environ(), behave+"=1"), Patience: time.Minute,
	})
}

func TestPlugInsAreLaunchers(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) {
		settings := map[string]string{"dir": t.TempDir()}
		return open(t, settings), open(t, settings)
	})
}

func TestPlugInsRunAttempts(t *testing.T) {
	launchtest.RunAttempts(t, launchtest.Options{}, func(t *testing.T) runner.Launcher {
		return open(t, map[string]string{"dir": t.TempDir()})
	})
}

func TestErrorsOfPlugIns(t *testing.T) {
	t.Parallel()
	l := open(t, map[string]string{"dir": t.TempDir()})
	defer l.Close()
	for queue, want := range map[string]struct {
		code model.Code
		says string
	}{
		"nowhere": {model.Invalid, "there is no zone nowhere\nchoose another"},
		"plain":   {model.Internal, "no idea"},
		"die":     {model.Unavailable, "the plug-in pawl-runner-test has ended: exit status 3"},
	} {
		err := l.Launch(t.Context(), runner.Order{Name: "x", Queue: queue, Command: []string{"true"}})
		if err == nil || model.CodeOf(err) != want.code || !strings.Contains(err.Error()+"\n"+model.HintsOf(err), want.says) {
			t.Errorf("%s: code %v, error %v, hint %q", queue, model.CodeOf(err), err, model.HintsOf(err))
		}
	}
	if err := l.Check(t.Context()); err != nil {
		t.Errorf("it was not started again: %v", err)
	}
	wrong := open(t, map[string]string{"dri": "x"})
	defer wrong.Close()
	if err := wrong.Check(t.Context()); model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), `did you mean "dir"?`) {
		t.Errorf("settings: %v", err)
	}
}
