package python_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// runScript runs a script in a folder of its own, with the library in front or
// with what is installed, and returns what it printed.
func runScript(t *testing.T, script string, ours bool) string {
	t.Helper()
	dir := t.TempDir()
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(pythontest.Path(t), "-W", "ignore", "-c", "exec(compile(open("+pyText(script)+").read(), 'script.py', 'exec'))")
	c.Dir = dir
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PLOOMBER_STATS_ENABLED=false", "HOME="+dir, "PYTHONPATH=")
	if ours {
		lib, err := filepath.Abs("lib")
		if err != nil {
			t.Fatal(err)
		}
		c.Env = append(c.Env, "PYTHONPATH="+lib)
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	return strings.ReplaceAll(stdout.String(), dir, "DIR")
}

func pyText(s string) string { return string(params.AppendJSON(nil, s)) }

var record = flag.Bool("record", false, "note anew what the peer does")

// golden returns what the peer has printed or made, which is made anew with
// -record: it takes the peer seconds.
func golden(t *testing.T, name string, peer func() string) []string {
	t.Helper()
	path := filepath.Join("testdata", "peer", name+".golden")
	if *record {
		if err := os.WriteFile(path, []byte(peer()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Split(read(t, path), "\n")
}

// TestPackageDoesWhatThePeerDoes runs scripts that note what they see, with what
// the peer's package has let them see and with ours.
func TestPackageDoesWhatThePeerDoes(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"io.py", "memory.py"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", "peer", script)
			want := golden(t, script, func() string { return runScript(t, path, false) })
			if diff := cmp.Diff(want, strings.Split(runScript(t, path, true), "\n")); diff != "" {
				t.Error("-peer +ours\n", diff)
			}
		})
	}
}

// TestTasksSeeWhatThePeerShows runs a pipeline of functions that note what they
// are given, with the peer and with a host.
func TestTasksSeeWhatThePeerShows(t *testing.T) {
	t.Parallel()
	files := map[string]string{"tasks.py": read(t, "testdata/peer/tasks.py"), "pipeline.yaml": read(t, "testdata/peer/pipeline.yaml")}
	peer, dir := project(t, files), project(t, files)
	if *record {
		c := exec.Command(pythontest.Path(t), "-W", "ignore", "-c", "from ploomber_cli.cli import cmd_router; cmd_router()", "build")
		c.Dir = peer
		c.Env = append(os.Environ(), "PLOOMBER_STATS_ENABLED=false", "HOME="+peer)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	h, _ := host(t, dir)
	at := func(name string) python.Product {
		return python.Product{Class: "File", Path: filepath.Join(dir, "out", name)}
	}
	one := python.Products{Shape: python.Keys, Items: []python.Product{at("a.txt"), at("b.txt")}}
	one.Items[0].Key, one.Items[1].Key = "a", "b"
	product := func(name string) python.Products { return python.Products{Items: []python.Product{at(name)}} }
	for _, task := range []python.Task{
		{Name: "one", Dotted: "tasks.one", Product: one, Params: params.Of("n", 3)},
		{Name: "fit-0", Dotted: "tasks.fit", Product: product("fit-0.txt"), Params: params.Of("n", 1)},
		{Name: "fit-1", Dotted: "tasks.fit", Product: product("fit-1.txt"), Params: params.Of("n", 2)},
		{Name: "look", Dotted: "tasks.look", Product: product("look.txt"), Upstream: []python.Upstream{
			{Task: "one", Product: one}, {Task: "fit-0", Group: "fit-*", Product: product("fit-0.txt")}, {Task: "fit-1", Group: "fit-*", Product: product("fit-1.txt")},
		}},
		{Name: "single", Dotted: "tasks.single", Product: product("single.txt"), Upstream: []python.Upstream{{Task: "one", Product: one}}, OnFinish: &python.Call{Path: "tasks.finish"}},
	} {
		if _, printed, err := run(t, h, task); err != nil {
			t.Fatalf("%s: %v\n%s", task.Name, err, printed)
		}
	}
	for _, name := range []string{"a.txt", "b.txt", "fit-0.txt", "fit-1.txt", "look.txt", "single.txt", "single.txt.hook"} {
		want := golden(t, name, func() string { return strings.ReplaceAll(read(t, peer, "out", name), peer, "DIR") })
		got := strings.ReplaceAll(read(t, dir, "out", name), dir, "DIR")
		if diff := cmp.Diff(want, strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s: -peer +ours\n%s", name, diff)
		}
	}
}
