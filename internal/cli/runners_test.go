//go:build unix

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/container/containertest"
	"github.com/pawlhq/pawl/internal/runners/slurm/slurmtest"
)

// runners are those that a server can have its tasks run by. The engine of docker is a
// stand-in, and shell is a plug-in.
var runners = []string{"local", "eager", "queue", "process", "slurm", "docker", "shell"}

// newSiteOf is newSite with another runner.
func newSiteOf(t *testing.T, runner string) *site {
	t.Helper()
	s := newSite(t)
	settings := "runner.type = " + runner
	switch runner {
	case "slurm":
		s.env = slurmtest.Env(t)
	case "docker":
		settings += "\nrunner.docker.image = any\nrunner.docker.program = " + containertest.Engine(t, "docker", t.TempDir())
	case "shell":
		settings += "\nrunner.shell.dir = " + t.TempDir()
		s.env = withPlugin(t, runner)
	}
	text, err := os.ReadFile(s.path("config"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("config", strings.Replace(string(text), "runner.type = queue", settings, 1))
	return s
}

// everything is a definition with all that runners have to do with.
const everything = `
_export:
  base: 4
+many:
  _parallel: true
  for_each>: {i: [1, 2, 3]}
  _do:
    +store:
      sh>: echo ${i} ${base} >> DIR/seen
      _needs: {cpu: 1, memory: 16Mi, priority: 2}
+waits:
  wait>: 1s
+flaky:
  sh>: echo x >> DIR/flaky; [ $(wc -l < DIR/flaky) = 2 ]
  _retry: 2
+made:
  py>: steps.make
  n: ${base}
+use:
  sh>: echo "made ${made}" > DIR/made
+bad:
  _error:
    +told:
      sh>: echo told > DIR/told
  +fails:
    sh>: exit 3
`

func TestOneDefinitionOnEveryRunner(t *testing.T) {
	t.Parallel()
	results := make(map[string]any)
	for _, name := range runners {
		s := newSiteOf(t, name)
		s.serve()
		s.write("all/steps.py", "import digdag\n\ndef make(n):\n    digdag.env.store({'made': int(n) * 10})\n")
		s.push("all", strings.ReplaceAll(everything, "DIR", s.dir))
		id := s.begin("all")
		if got := s.end(id); got != engine.AttemptFailed {
			t.Fatalf("%s: the attempt ended as %v\n%s", name, got, s.ask("tasks", fmt.Sprint(id)))
		}
		tasks := s.tasks(id)
		seen := strings.Join(s.noted("seen"), " ")
		results[name] = []any{tasks, len(seen), s.noted("made"), s.noted("told"), len(s.noted("flaky"))}
	}
	for name, got := range results {
		if diff := cmp.Diff(results["local"], got); diff != "" {
			t.Errorf("%s is not like local: %s", name, diff)
		}
	}
	if text := fmt.Sprint(results["local"]); !strings.Contains(text, "[made 40] [told] 2") {
		t.Errorf("it did %s", text)
	}
}

// toldTask is what a list of tasks says of one.
type toldTask struct {
	FullName    string
	State       string
	StoreParams any
	Error       any
}

// tasks returns what is told of the tasks of an attempt.
func (s *site) tasks(id model.AttemptID) (list []toldTask) {
	s.Helper()
	for lines := json.NewDecoder(strings.NewReader(s.ask("tasks", fmt.Sprint(id), "--json"))); lines.More(); {
		var one toldTask
		if err := lines.Decode(&one); err != nil {
			s.Fatal(err)
		}
		list = append(list, one)
	}
	return list
}

// apart are the runners that have each task run by a program of its own.
var apart = []string{"process", "slurm", "docker", "shell"}

const untilGo = "; until [ -e DIR/go ]; do sleep 0.02; done"

// long is a task that ends when it may.
func (s *site) long() string {
	return "+a:\n  sh>: " + s.note("ran") + strings.ReplaceAll(untilGo, "DIR", s.dir) + "\n+b:\n  echo>: b\n"
}

func TestTasksOfProgramsThatWereKilledRunAgain(t *testing.T) {
	t.Parallel()
	for _, name := range apart {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSiteOf(t, name)
			server := s.serve().Process.Pid
			s.push("long", s.long())
			id := s.begin("long")
			s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
			pid, err := strconv.Atoi(s.noted("ran")[0])
			if err != nil || pid == server {
				t.Fatalf("the task runs in %v, error %v", s.noted("ran"), err)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.until("the task runs again", func() bool { return len(s.noted("ran")) == 2 })
			s.write("go", "")
			if got := s.end(id); got != engine.AttemptSuccess {
				t.Errorf("the attempt ended as %v", got)
			}
		})
	}
}

func TestProgramsOfTasksOutliveTheServer(t *testing.T) {
	t.Parallel()
	for _, name := range apart {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ends before the next server: %t", name, before), func(t *testing.T) {
				t.Parallel()
				s := newSiteOf(t, name)
				first := s.serve()
				s.push("long", s.long())
				id := s.begin("long")
				s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
				s.kill(first, syscall.SIGKILL)
				if before {
					s.write("go", "")
				}
				s.serve()
				s.write("go", "")
				if got := s.end(id); got != engine.AttemptSuccess {
					t.Errorf("the attempt ended as %v", got)
				}
				if n := len(s.noted("ran")); n != 1 {
					t.Errorf("the task ran %d times", n)
				}
			})
		}
	}
}

func TestKillReachesPrograms(t *testing.T) {
	t.Parallel()
	for _, name := range apart {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSiteOf(t, name)
			s.serve()
			s.push("long", s.long())
			id := s.begin("long")
			s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
			s.ask("kill", fmt.Sprint(id))
			if got := s.end(id); got != engine.AttemptKilled {
				t.Errorf("the attempt ended as %v", got)
			}
			pid, err := strconv.Atoi(s.noted("ran")[0])
			if err != nil {
				t.Fatal(err)
			}
			s.until("its program ended", func() bool { return syscall.Kill(pid, 0) != nil })
		})
	}
}

func TestTasksThatARunnerCanNotLaunchFail(t *testing.T) {
	t.Parallel()
	s := newSiteOf(t, "slurm")
	s.serve()
	for name, c := range map[string]struct{ task, says string }{
		"queue": {"_queue: nowhere", "invalid partition"},
		"image": {`_needs: {image: "r:4"}`, "runner.slurm.images"},
	} {
		s.push(name, "+a:\n  sh>: true\n  "+c.task+"\n")
		id := s.begin(name)
		if got := s.end(id); got != engine.AttemptFailed {
			t.Errorf("%s: the attempt ended as %v", name, got)
		}
		if said := s.ask("tasks", fmt.Sprint(id), "--json"); !strings.Contains(strings.ToLower(said), c.says) {
			t.Errorf("%s: it says %s", name, said)
		}
	}
}

func TestATryThatNobodyGave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/input", "{}", 0o600)
	for _, args := range [][]string{{"try", "+a"}, {"try", "+a", dir + "/input"}} {
		p := startPawl(t, dir, args...)
		_ = p.Wait() // it says how it ended
		if said := fmt.Sprint(p.Stderr); p.ProcessState.ExitCode() != 2 || !strings.Contains(said, "servers call pawl try by themselves") {
			t.Errorf("%v ended with %d and says %s", args, p.ProcessState.ExitCode(), said)
		}
	}
	if _, err := os.Stat(dir + "/input"); err != nil {
		t.Error(err)
	}
}

// peeks is a task that writes what processes above it have read to a file.
const peeks = `
+a:
  sh>: |
    above=$(sed 's/.*) . \([0-9]*\) .*/\1/' /proc/$PPID/stat)
    cat /proc/$PPID/fd/0 /proc/$above/fd/0 > DIR/seen 2> /dev/null
    ls DIR > DIR/done
`

// Tasks of programs use the server's database wherever it is, and find nothing of what
// their programs were given.
func TestProgramsOfAServerWithARelativeFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &site{T: t, dir: dir, env: os.Environ()}
	s.write("config", "database.path = data\nrunner.type = process\ndigdag.secret-encryption-key = "+strings.Repeat("A", 43)+"=\n")
	s.serve()
	s.push("peek", strings.ReplaceAll(peeks, "DIR", s.dir))
	s.ask("start", "peek", "peek", "--session", "now")
	s.until("the task ends", func() bool {
		list := s.tasks(1)
		return len(list) > 1 && list[1].State == "success"
	})
	if seen := strings.Join(s.noted("seen"), " "); seen != "" || len(s.noted("done")) == 0 {
		t.Errorf("the task has seen %.200s", seen)
	}
}
