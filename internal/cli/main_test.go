package cli_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/cli"
)

// asPawl makes this test binary behave as the program.
const asPawl = "PAWL_TEST_AS_PROGRAM"

// testNow is the time that the program takes it to be.
const testNow = "PAWL_TEST_NOW"

// world is that of the program under test.
func world() cli.IO {
	w := cli.OS()
	if at, err := time.Parse(time.RFC3339, os.Getenv(testNow)); err == nil {
		w.Clock = frozen{at: at}
	}
	return w
}

func TestMain(m *testing.M) {
	standIn()
	pawl := func() { os.Exit(cli.Main(context.Background(), os.Args[1:], world())) }
	if os.Getenv(asPawl) != "" {
		pawl()
	}
	testscript.Main(leakless{m}, map[string]func(){"pawl": pawl})
}

// leakless are tests that leave no goroutines behind.
type leakless struct{ *testing.M }

// Run runs the tests and looks for what they left.
func (m leakless) Run() (code int) {
	goleak.VerifyTestMain(m.M, goleak.Cleanup(func(c int) { code = c }))
	return code
}

// startPawl starts the program in a folder, which is its configuration too.
func startPawl(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	return startPawlWith(t, dir, os.TempDir(), args...)
}

// startPawlWith is the same with a folder for what is temporary.
func startPawlWith(t *testing.T, dir, temp string, args ...string) *exec.Cmd {
	t.Helper()
	return startPawlIn(t, os.Environ(), dir, temp, args...)
}

// startPawlIn is the same in an environment.
func startPawlIn(t *testing.T, env []string, dir, temp string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := exec.Command(exe, args...)
	p.Dir = dir
	p.Env = append(env[:len(env):len(env)], asPawl+"=1", "XDG_CONFIG_HOME="+filepath.Join(dir, ".config"), "TMPDIR="+temp, "GOTRACEBACK=")
	p.Stdout, p.Stderr = new(strings.Builder), new(strings.Builder)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
