//go:build unix

package container_test

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/container"
	"github.com/pawlhq/pawl/internal/runners/container/containertest"
	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestMain(m *testing.M) {
	launchtest.Main()
	containertest.Main()
	goleak.VerifyTestMain(m)
}

// open opens launchers of one engine, which is the stand-in of this binary.
func open(t *testing.T, home string, change ...func(*container.Config)) *container.Launcher {
	t.Helper()
	cfg := container.Config{Program: containertest.Engine(t, "docker", home), Image: "test", Init: true, Env: os.Environ()}
	for _, f := range change {
		f(&cfg)
	}
	l, err := container.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestContainersAreALauncher(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) {
		home := t.TempDir()
		return open(t, home), open(t, home)
	})
}

func TestContainersRunAttempts(t *testing.T) {
	if testing.Short() {
		t.Skip("each call of the stand-in is a program, which the race detector has begin slowly; processes run the same suite with it")
	}
	launchtest.RunAttempts(t, launchtest.Options{Poll: 100 * time.Millisecond}, func(t *testing.T) runner.Launcher { return open(t, t.TempDir()) })
}

func TestWhatAContainerIsGiven(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	l := open(t, home, func(c *container.Config) {
		c.Network, c.Volumes, c.Options = "inner", []string{"/a:/b:ro"}, []string{"--user=7"}
	})
	err := l.Launch(t.Context(), runner.Order{
		Name: "given", Task: "+a b", Command: []string{"/bin/echo", "x y"},
		Resources: runner.Resources{CPU: 1500, Memory: 1 << 30, GPU: 2, Image: "r:4"},
		Options:   []byte(`{"network":"outer","volumes":["/c:/d"],"options":["--init"]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(home, "given.args"))
	want := "create --name=given --label=pawl.program=given --label=pawl.task=+a b --init --network=outer --volume=/a:/b:ro --volume=/c:/d " +
		"--cpus=1.5 --memory=1073741824b --gpus=2 --user=7 --init --entrypoint=/bin/echo r:4 x y /pawl-input"
	if err != nil || string(got) != want {
		t.Errorf("arguments\n%s, want\n%s (%v)", got, want, err)
	}
	if err := l.Launch(t.Context(), runner.Order{Name: "given", Command: []string{"true"}}); err != nil {
		t.Errorf("launched again: %v", err)
	}
}

func TestContainersThatCanNotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*container.Config)
		order  runner.Order
		code   model.Code
		says   string
	}{
		"no image":      {func(c *container.Config) { c.Image = "" }, runner.Order{}, model.Invalid, "_needs: {image: NAME}"},
		"unknown image": {nil, runner.Order{Resources: runner.Resources{Image: "unknown"}}, model.Invalid, "No such image"},
		"an option":     {nil, runner.Order{Options: []byte(`{"netwrk":"a"}`)}, model.Invalid, `no option "netwrk"`},
		"a value":       {nil, runner.Order{Options: []byte(`{"network":[1]}`)}, model.Invalid, "network can't be a array"},
		"no engine":     {nil, runner.Order{Resources: runner.Resources{Image: "down"}}, model.Unavailable, "Cannot connect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*container.Config) {}
			}
			c.order.Name, c.order.Command = "never", []string{"true"}
			err := open(t, t.TempDir(), change).Launch(t.Context(), c.order)
			if err == nil || model.CodeOf(err) != c.code || !strings.Contains(err.Error()+model.HintsOf(err), c.says) {
				t.Errorf("code %v, error %v, hint %q", model.CodeOf(err), err, model.HintsOf(err))
			}
		})
	}
	if _, err := container.Open(container.Config{Program: "/nowhere/docker"}); model.CodeOf(err) != model.Invalid {
		t.Errorf("no program: %v", err)
	}
}

// A container that is gone meanwhile says nothing about others.
func TestContainersThatAreGoneWhenTheyAreLookedAt(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	for _, name := range []string{containertest.Vanishes, "killed"} {
		if err := l.Launch(t.Context(), runner.Order{Name: name, Command: []string{"/bin/sh", "-c", "kill -9 $$"}}); err != nil {
			t.Fatal(err)
		}
	}
	want := []runner.Status{{Name: "killed", State: runner.Lost, Code: 137, Reason: "it was killed"}}
	for deadline := time.Now().Add(time.Minute); ; {
		list, err := l.List(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(list, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there are %+v", list)
		}
	}
}

// Whatever a container runs as can empty its input.
func TestInputOfContainersCanBeEmptied(t *testing.T) {
	t.Parallel()
	text, err := container.Archive([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if h, err := tar.NewReader(bytes.NewReader(text)).Next(); err != nil || h.Mode != 0o666 {
		t.Errorf("%+v, error %v", h, err)
	}
}

func TestLinesOfEngines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]runner.Status{
		"n|running|Up 2 minutes|2026-03-04 11:58:00 +0000 UTC":            {Name: "n", State: runner.Running},
		"n|exited|Exited (3) 5 minutes ago|2026-03-04 11:50:00 +0000 UTC": {Name: "n", State: runner.Exited, Code: 3},
		"n|created|Created|2026-03-04 11:59:50.123456 +0000 UTC":          {Name: "n", State: runner.Waiting},
		"n|created|Created|2026-03-04 12:50:00 +0100 CET":                 {Name: "n", State: runner.Lost, Reason: "whoever made the container did not start it"},
		"n|dead|Dead|2026-03-04 11:50:00 +0000 UTC":                       {Name: "n", State: runner.Lost, Reason: "dead"},
	} {
		if got, err := container.Parse(line, now); err != nil || got != want {
			t.Errorf("%s: %+v, want %+v, error %v", line, got, want, err)
		}
	}
	for _, line := range []string{"", "n|exited|Exited|x"} {
		if _, err := container.Parse(line, now); err == nil {
			t.Errorf("%q is a container", line)
		}
	}
}

// A container that was made and not begun never begins once it is called off.
func TestCancelOfAContainerThatHasNotBegun(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	l := open(t, home)
	defer l.Close()
	engine := containertest.Engine(t, "docker", home)
	if out, err := exec.Command(engine, "create", "--name=made", "--entrypoint=sh", "image").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := l.Cancel(t.Context(), "made"); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command(engine, "start", "made").CombinedOutput(); err == nil {
		t.Errorf("it can be started: %s", out)
	}
}
