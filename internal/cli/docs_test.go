package cli_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// TestGuides does what the tutorials and the how-to guides say. What follows
// the language of a fenced block says what the block is:
//
//	sh run           commands to run; with exit=N they end with that code
//	sh server        a server that runs beside them, on a port of its own, in the
//	                 place of the one before
//	sh worker        a worker that runs beside them
//	yaml file=NAME   a file to write
//	text output      lines that the last commands print, "..." for anything
//
// Blocks without such words are only read by people.
func TestGuides(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"tutorials/*.md", "how-to/*.md"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", "docs", filepath.FromSlash(pattern)))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no guides: %v", err)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				follow(t, string(text))
			})
		}
	}
}

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// follow does what a guide says, in a folder of its own.
func follow(t *testing.T, text string) {
	r := reader{t: t, home: t.TempDir(), stop: func() {}}
	if strings.Contains(text, "DATABASE_URL") {
		r.database = postgrestest.Own(t).URL
	}
	r.dir = r.home
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		var exit int
		for _, word := range strings.Fields(block[1]) {
			name, arg, _ := strings.Cut(word, "=")
			switch name {
			case "exit":
				_, _ = fmt.Sscan(arg, &exit)
			case "file":
				write(t, filepath.Join(r.dir, arg), block[2], 0o755)
			case "output":
				r.compare(block[2])
			}
		}
		switch {
		case strings.HasPrefix(block[1], "sh run"):
			r.run(block[2], exit)
		case strings.HasPrefix(block[1], "sh server"):
			r.serve(strings.TrimSpace(block[2]))
		case strings.HasPrefix(block[1], "sh worker"):
			r.beside(strings.TrimSpace(block[2]), working)
		}
	}
}

// reader follows a guide.
type reader struct {
	t         *testing.T
	home, dir string
	printed   string
	// endpoint is the address of the guide's server, if it has one.
	endpoint string
	// stop stops it.
	stop func()
	// database is the address of a database, for guides that ask for one.
	database string
}

// env is the environment of commands.
func (r *reader) env() []string {
	return append(os.Environ(), "HOME="+r.home, "XDG_CONFIG_HOME="+filepath.Join(r.home, ".config"),
		"XDG_DATA_HOME="+filepath.Join(r.home, ".local"), "PAWL_ENDPOINT="+cmp.Or(r.endpoint, "local"), "DATABASE_URL="+r.database)
}

// What processes say once they are ready.
var (
	loopback = regexp.MustCompile(`server listens.*(127\.0\.0\.1:[0-9]+)`)
	working  = regexp.MustCompile(`(worker starts)`)
)

// serve starts a server in the place of the one before.
func (r *reader) serve(command string) {
	r.t.Helper()
	r.stop()
	r.endpoint, r.stop = r.beside(command+" --port 0", loopback)
}

// beside starts a process that runs until it is stopped, or the guide ends, and
// returns the part of what it says once it is ready that ready is about.
func (r *reader) beside(command string, ready *regexp.Regexp) (said string, stop func()) {
	r.t.Helper()
	c := exec.Command("sh", "-c", "exec env "+command)
	c.Dir, c.Env = r.dir, r.env()
	out, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	drained := make(chan struct{})
	var printed strings.Builder
	stop = sync.OnceFunc(func() {
		_ = c.Process.Signal(os.Interrupt)
		<-drained
		if err := c.Wait(); err != nil || r.t.Failed() {
			r.t.Errorf("%s: %v\n%s", command, err, printed.String())
		}
	})
	r.t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	for said == "" && lines.Scan() {
		printed.WriteString(lines.Text() + "\n")
		if found := ready.FindStringSubmatch(lines.Text()); found != nil {
			said = found[1]
		}
	}
	go func() { // ended by the end of the process, which stopping it waits for
		defer close(drained)
		for lines.Scan() {
			printed.WriteString(lines.Text() + "\n")
		}
	}()
	if said == "" {
		r.t.Fatalf("%s does not get ready", command)
	}
	return said, stop
}

// run runs commands where the last ones ended.
func (r *reader) run(commands string, exit int) {
	r.t.Helper()
	where := filepath.Join(r.home, ".where")
	c := exec.Command("sh", "-e", "-c", "trap 'pwd > "+where+"' EXIT\n"+commands)
	c.Dir = r.dir
	c.Env = r.env()
	out, err := c.CombinedOutput()
	r.printed = string(out)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		r.t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != exit {
		r.t.Fatalf("exit code %d, want %d, after\n%s%s", got, exit, commands, out)
	}
	dir, err := os.ReadFile(where)
	if err != nil {
		r.t.Fatal(err)
	}
	r.dir = strings.TrimSpace(string(dir))
}

// compare looks for each line in what was printed last.
func (r *reader) compare(lines string) {
	r.t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		pattern := strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, ".*")
		if !regexp.MustCompile(`(?m)^\s*` + pattern + `\s*$`).MatchString(r.printed) {
			r.t.Errorf("there is no line %q in\n%s", line, r.printed)
		}
	}
}
