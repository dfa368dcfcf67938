package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// withDigdag chooses Digdag's client: the path of its executable jar, or
// fromMaven for what the central repository has of it.
const (
	withDigdag = "PAWL_TEST_DIGDAG"
	fromMaven  = "maven"
)

// Digdag's own client works with a server of pawl, and shows the same as pawl's.
//
//	listening FILE                 wait until a server has written where it listens
//	digdag COMMAND [ARGUMENT...]   run Digdag's client
//	same COMMAND [ARGUMENT...]     run both clients; both succeed and print the same
//	done ATTEMPT                   wait until an attempt is done
func TestDigdagsClient(t *testing.T) {
	t.Parallel()
	client := digdagsClient(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script/java",
		Setup: func(e *testscript.Env) error {
			// Injection by generated classes is no more allowed by default. Java 8
			// does not know the option, and passes over the variable.
			e.Setenv("JDK_JAVA_OPTIONS", "--add-opens=java.base/java.lang=ALL-UNNAMED")
			e.Setenv("TMPDIR", e.WorkDir)
			return prepareScript(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "listening": listening, "digdag": client.run, "same": client.same, "done": untilDone,
		},
		Condition: func(name string) (bool, error) {
			if name == "old" { // a client from before 0.10
				return os.Getenv(withDigdag) == fromMaven, nil
			}
			return condition(name)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// digdag is how Digdag's client is started: the arguments of java.
type digdag []string

func digdagsClient(t *testing.T) digdag {
	t.Helper()
	at := os.Getenv(withDigdag)
	if at == "" {
		t.Skipf("%s is not set; `make test-java` does so", withDigdag)
	}
	if at != fromMaven {
		jar, err := filepath.Abs(at)
		if err != nil {
			t.Fatal(err)
		}
		return digdag{"-jar", jar}
	}
	dir := t.TempDir()
	lib, classes := filepath.Join(dir, "lib"), filepath.Join(dir, "classes")
	if err := os.CopyFS(classes, os.DirFS("testdata/java/src")); err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(classes, "*.java"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"mvn", "-B", "-q", "-f", "testdata/java/pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + lib},
		append([]string{"javac", "-nowarn", "-cp", filepath.Join(lib, "*"), "-d", classes}, sources...),
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command[0], err, out)
		}
	}
	return digdag{"-cp", classes + string(filepath.ListSeparator) + filepath.Join(lib, "*"), "io.digdag.cli.Main"}
}

// start runs the client, with the server's address where it needs one.
func (d digdag) start(ts *testscript.TestScript, args []string) error {
	all := append(append([]string{}, d...), args...)
	if args[0] != "archive" {
		all = append(all, "-e", ts.Getenv("PAWL_ENDPOINT"))
	}
	return ts.Exec("java", all...)
}

func (d digdag) run(ts *testscript.TestScript, neg bool, args []string) {
	if err := d.start(ts, args); (err != nil) != neg {
		ts.Fatalf("digdag %s: %v", strings.Join(args, " "), err)
	}
}

// passing are parts of an output that change from one moment to the next.
var passing = regexp.MustCompile(`\((in )?([0-9]+h )?([0-9]+m )?[0-9]+s( ago)?\)`)

// unlike are lines that only pawl prints.
var unlike = regexp.MustCompile(`(?m)^   error: .*\n`)

func (d digdag) same(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(d.start(ts, args))
	digdags := passing.ReplaceAllString(ts.ReadFile("stdout"), "(...)")
	ts.Check(ts.Exec("pawl", args...))
	pawls := unlike.ReplaceAllString(passing.ReplaceAllString(ts.ReadFile("stdout"), "(...)"), "")
	if digdags != pawls {
		ts.Fatalf("digdag %s prints\n%s\nand pawl\n%s", strings.Join(args, " "), digdags, pawls)
	}
}

func listening(ts *testscript.TestScript, _ bool, args []string) {
	var at struct {
		Local []struct {
			Host string
			Port int
		} `json:"local_addresses"`
	}
	eventually(ts, "no server listens", func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && json.Unmarshal(text, &at) == nil && len(at.Local) > 0
	})
	ts.Setenv("PAWL_ENDPOINT", "http://"+at.Local[0].Host+":"+strconv.Itoa(at.Local[0].Port))
}

func untilDone(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "attempt "+args[0]+" does not end", func() bool {
		ts.Check(ts.Exec("pawl", "attempt", args[0], "--json"))
		return strings.Contains(ts.ReadFile("stdout"), `"done":true`)
	})
}

// eventually waits for what another process does.
func eventually(ts *testscript.TestScript, otherwise string, is func() bool) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if is() {
			return
		}
		<-tick.C
	}
	ts.Fatalf("%s", otherwise)
}
