package ploomber_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/cli"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// asPawl makes this test binary behave as the program.
const asPawl = "PAWL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asPawl) != "" {
		os.Exit(cli.Main(context.Background(), os.Args[1:], cli.OS()))
	}
	goleak.VerifyTestMain(m)
}

// pawl is the program, to be run in a folder with the Python of the tests.
func pawl(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, exe, args...)
	c.Dir = dir
	c.Env = append(environment(t), asPawl+"=1")
	return c
}

// environment is what programs see, with the Python of the tests in front.
func environment(t testing.TB) []string {
	t.Helper()
	python := pythontest.Path(t)
	return append(os.Environ(),
		"PATH="+filepath.Dir(python)+string(os.PathListSeparator)+os.Getenv("PATH"), "PAWL_PYTHON="+python,
		"PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore", "PLOOMBER_STATS_ENABLED=false", "PLOOMBER_VERSION_CHECK_DISABLED=true")
}

// planned returns which tasks pawl would run in a project, with the reasons.
func planned(t testing.TB, dir string, args ...string) (names []string, why map[string]string) {
	t.Helper()
	text := run(t, pawl(t, dir, append([]string{"plan", "--json"}, args...)...))
	why = make(map[string]string)
	for line := range strings.Lines(text) {
		v, err := params.ParseJSON([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		m, _ := v.(params.Map)
		task, _ := m.StringOr("task", "")
		verdict, _ := m.StringOr("verdict", "")
		if why[task], _ = m.StringOr("reason", ""); verdict == "run" {
			names = append(names, task)
		}
	}
	return names, why
}

// run returns what a program prints, which must not fail.
func run(t testing.TB, c *exec.Cmd) string {
	t.Helper()
	stdout, err := output(c)
	if err != nil {
		t.Fatal(err)
	}
	return stdout
}
