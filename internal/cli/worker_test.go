//go:build unix

package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// site is a database with the programs that share it.
type site struct {
	*testing.T
	dir   string
	store *postgres.Store
	// endpoint is the address of the server that was started last.
	endpoint string
	servers  int
	// env is the environment of servers and workers.
	env []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, dir: t.TempDir(), env: os.Environ()}
	at := postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)}
	var err error
	if s.store, err = postgres.Open(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.write("config", fmt.Sprintf("database.type = postgresql\ndatabase.url = %s\ndatabase.schema = %s\ndatabase.path = %s\n"+
		"log-server.local.path = %s\nrunner.type = queue\n", at.URL, at.Schema, s.dir, s.path("logs")))
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.Fatal(err)
	}
	write(s.T, s.path(name), text, 0o644)
}

// start starts a program that ends with the test, at the latest.
func (s *site) start(args ...string) *exec.Cmd {
	s.Helper()
	p := startPawlIn(s.T, s.env, s.dir, os.TempDir(), append(args, "-c", s.path("config"))...)
	s.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if s.Failed() {
			s.Logf("pawl %s:\n%s", strings.Join(args, " "), p.Stderr)
		}
	})
	return p
}

// serve starts a server.
func (s *site) serve(args ...string) *exec.Cmd {
	s.Helper()
	s.servers++
	info := s.path(fmt.Sprint("info", s.servers))
	p := s.start(append([]string{"server", "-n", "0", "-X", "server.runtime-info.path=" + info}, args...)...)
	s.until("the server listens", func() bool {
		var at struct {
			Addresses []struct {
				Host string
				Port int
			} `json:"local_addresses"`
		}
		text, err := os.ReadFile(info)
		if err != nil || json.Unmarshal(text, &at) != nil || len(at.Addresses) == 0 {
			return false
		}
		s.endpoint = fmt.Sprintf("http://%s:%d", at.Addresses[0].Host, at.Addresses[0].Port)
		return true
	})
	return p
}

// until waits for a fact.
func (s *site) until(what string, fact func() bool) {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !fact(); {
		select {
		case <-tick.C:
		case <-deadline:
			s.Fatalf("not within a minute: %s", what)
		}
	}
}

// ask runs a command to its end, and returns what it prints.
func (s *site) ask(args ...string) string {
	s.Helper()
	p := startPawl(s.T, s.dir, append(args, "-e", s.endpoint)...)
	if err := p.Wait(); err != nil {
		s.Fatalf("pawl %s: %v\n%s", strings.Join(args, " "), err, p.Stderr)
	}
	return fmt.Sprint(p.Stdout)
}

// push makes a project of one workflow.
func (s *site) push(name, workflow string) {
	s.Helper()
	s.write(filepath.Join(name, name+".dig"), workflow)
	s.ask("push", name, "--project", s.path(name))
}

// begin starts an attempt of the workflow of a project, and returns its id.
func (s *site) begin(name string) model.AttemptID {
	s.Helper()
	s.ask("start", name, name, "--session", "now")
	list, _, err := s.store.ListAttempts(s.Context(), store.Filter{}, store.Page{Limit: 1})
	if err != nil || len(list) != 1 {
		s.Fatalf("%d attempts, %v", len(list), err)
	}
	return list[0].ID
}

// end waits for the end of an attempt, and returns how it ended.
func (s *site) end(id model.AttemptID) engine.AttemptState {
	s.Helper()
	var state engine.AttemptState
	s.until("the attempt ends", func() bool {
		a, err := s.store.Attempt(context.Background(), id)
		if err != nil {
			s.Fatal(err)
		}
		state = a.State
		return state.Done()
	})
	return state
}

// noted returns the lines of a file that tasks append to.
func (s *site) noted(name string) []string {
	text, err := os.ReadFile(s.path(name))
	if err != nil && !os.IsNotExist(err) {
		s.Fatal(err)
	}
	return strings.Fields(string(text))
}

// note appends the process of the worker that runs a task to a file.
func (s *site) note(name string) string { return "echo $PPID >> " + s.path(name) }

func (s *site) kill(p *exec.Cmd, by syscall.Signal) {
	s.Helper()
	if err := p.Process.Signal(by); err != nil {
		s.Fatal(err)
	}
	_ = p.Wait() // it says how it ended
}

func TestWorkersRunTheTasksOfServers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("--disable-local-agent")
	one, two := s.start("worker", "--max-task-threads", "1"), s.start("worker", "--max-task-threads", "1")
	s.push("both", `
+wide:
  _parallel: true
  +a:
    sh>: `+s.note("wide")+`; until [ $(wc -l < `+s.path("wide")+`) = 2 ]; do sleep 0.02; done; echo from a
  +b:
    sh>: `+s.note("wide")+`; until [ $(wc -l < `+s.path("wide")+`) = 2 ]; do sleep 0.02; done
+child:
  require>: other
  project_name: other
+count:
  loop>: 2
  _do:
    +n:
      sh>: `+s.note("loop")+`
`)
	s.push("other", "+it:\n  sh>: "+s.note("required")+"\n")
	id := s.begin("both")
	if got := s.end(id); got != engine.AttemptSuccess {
		t.Fatalf("the attempt ended as %v\n%s", got, s.ask("tasks", fmt.Sprint(id)))
	}
	got := s.noted("wide")
	slices.Sort(got)
	want := []string{fmt.Sprint(one.Process.Pid), fmt.Sprint(two.Process.Pid)}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who ran the tasks: %s", diff)
	}
	if n, m := len(s.noted("required")), len(s.noted("loop")); n != 1 || m != 2 {
		t.Errorf("the required workflow ran %d times, and the loop %d", n, m)
	}
	if log := s.ask("log", fmt.Sprint(id), "+both+wide+a"); !strings.Contains(log, "from a") {
		t.Errorf("the log of a task is %q", log)
	}
}

func TestTasksOfAWorkerThatWasKilledRunElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("--disable-local-agent")
	victim := s.start("worker")
	s.push("long", "+a:\n  sh>: "+s.note("ran")+"; until [ -e "+s.path("go")+" ]; do sleep 0.02; done\n")
	id := s.begin("long")
	s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
	s.kill(victim, syscall.SIGKILL)
	heir := s.start("worker")
	s.until("the task runs again", func() bool { return len(s.noted("ran")) == 2 })
	s.write("go", "")
	if got := s.end(id); got != engine.AttemptSuccess {
		t.Errorf("the attempt ended as %v", got)
	}
	if diff := cmp.Diff([]string{fmt.Sprint(victim.Process.Pid), fmt.Sprint(heir.Process.Pid)}, s.noted("ran")); diff != "" {
		t.Error(diff)
	}
}

func TestTasksOfWorkersOutliveTheServer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site, model.AttemptID){
		"that ends before":        func(s *site, _ model.AttemptID) { s.write("go", ""); s.until("the task ended", s.ended) },
		"that is followed before": func(*site, model.AttemptID) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			first := s.serve("--disable-local-agent")
			s.start("worker")
			s.push("long", "+a:\n  sh>: "+s.note("ran")+"; until [ -e "+s.path("go")+" ]; do sleep 0.02; done; touch "+s.path("ended")+"\n+b:\n  echo>: b\n")
			id := s.begin("long")
			s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
			s.kill(first, syscall.SIGKILL)
			end(s, id)
			s.serve("--disable-local-agent")
			s.until("another server drives the attempt", func() bool {
				a, err := s.store.Attempt(t.Context(), id)
				return err == nil && (a.State.Done() || a.Owner != "" && !strings.HasPrefix(a.Owner, fmt.Sprint(first.Process.Pid, "-")))
			})
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

func (s *site) ended() bool {
	_, err := os.Stat(s.path("ended"))
	return err == nil
}

func TestKillReachesTheWorker(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("--disable-local-agent")
	s.start("worker")
	s.push("long", "_parallel: true\n+a:\n  sh>: "+s.note("ran")+"; sleep 1000\n+b:\n  _queue: nobody\n  sh>: "+s.note("ran")+"\n")
	id := s.begin("long")
	s.until("a task runs", func() bool { return len(s.noted("ran")) == 1 })
	s.ask("kill", fmt.Sprint(id))
	if got := s.end(id); got != engine.AttemptKilled {
		t.Errorf("the attempt ended as %v", got)
	}
	if n := len(s.noted("ran")); n != 1 {
		t.Errorf("%d tasks ran", n)
	}
}

func TestAWorkerThatIsAskedToEndHandsTasksBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("--disable-local-agent")
	first := s.start("worker", "-X", "runner.queue.grace=1s")
	s.push("long", "+a:\n  sh>: "+s.note("ran")+"; until [ -e "+s.path("go")+" ]; do sleep 0.02; done\n")
	id := s.begin("long")
	s.until("the task runs", func() bool { return len(s.noted("ran")) == 1 })
	s.kill(first, syscall.SIGTERM)
	if code := first.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the worker ended with %d\n%s", code, first.Stderr)
	}
	s.start("worker")
	s.until("the task runs again", func() bool { return len(s.noted("ran")) == 2 })
	s.write("go", "")
	if got := s.end(id); got != engine.AttemptSuccess {
		t.Errorf("the attempt ended as %v", got)
	}
}

func TestAServerOnAQueueRunsTasksItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := s.serve()
	s.push("own", "+a:\n  sh>: "+s.note("ran")+"\n")
	if got := s.end(s.begin("own")); got != engine.AttemptSuccess {
		t.Errorf("the attempt ended as %v", got)
	}
	if diff := cmp.Diff([]string{fmt.Sprint(server.Process.Pid)}, s.noted("ran")); diff != "" {
		t.Error(diff)
	}
}

func TestTasksWaitForWorkersOfTheirQueue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	usual := s.serve()
	special := s.start("worker", "--queue", "gpu", "--queue", "tpu", "--log-level", "warn")
	s.push("mixed", "+a:\n  sh>: "+s.note("ran")+"\n+b:\n  _export: {_queue: gpu}\n  +c:\n    sh>: "+s.note("ran")+"\n+d:\n  _queue: tpu\n  sh>: "+s.note("ran")+"\n")
	if got := s.end(s.begin("mixed")); got != engine.AttemptSuccess {
		t.Errorf("the attempt ended as %v", got)
	}
	one, two := fmt.Sprint(usual.Process.Pid), fmt.Sprint(special.Process.Pid)
	if diff := cmp.Diff([]string{one, two, two}, s.noted("ran")); diff != "" {
		t.Errorf("who ran the tasks: %s", diff)
	}
}
