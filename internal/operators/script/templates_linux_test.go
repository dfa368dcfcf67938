package script

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// keeper returns templates, a function that runs a task in a child of one and
// returns that one's process, and one that counts those that are kept.
func keeper(t *testing.T) (p *templates, parent func(env ...string) int) {
	t.Helper()
	python, err := exec.LookPath("/usr/bin/python3")
	if err != nil {
		t.Skipf("needs Python: %v", err)
	}
	p = newTemplates()
	t.Cleanup(p.close)
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/tasks.py", []byte("import os\ndef main(): print(os.getppid())\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p, func(env ...string) int {
		t.Helper()
		var out strings.Builder
		c, err := newCall(t.Context(), &operator.Task{
			Params: params.Of("_command", "tasks.main"), Workdir: dir, Project: dir, Env: env, Output: &out,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.call(t.Context(), c, []string{python}, automatic); err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
}

func TestTemplateIsKeptForTheSameEnvironment(t *testing.T) {
	t.Parallel()
	_, parent := keeper(t)
	first := parent("A=1")
	if again := parent("A=1"); again != first {
		t.Errorf("template %d became %d", first, again)
	}
	if other := parent("A=2"); other == first {
		t.Error("a task got the template of another environment")
	}
}

func TestOnlyTheTemplatesUsedLastAreKept(t *testing.T) {
	t.Parallel()
	p, parent := keeper(t)
	var pids []int
	for i := range maxTemplates {
		pids = append(pids, parent("A="+strconv.Itoa(i)))
	}
	parent("A=0")
	parent("A=new") // displaces 1
	for i, pid := range pids {
		if i != 1 && parent("A="+strconv.Itoa(i)) != pid {
			t.Errorf("template %d was not kept", i)
		}
	}
	if parent("A=1") == pids[1] {
		t.Error("template 1 was kept")
	}
	if len(p.kept) != maxTemplates {
		t.Errorf("%d templates are kept", len(p.kept))
	}
}

func TestTemplateThatNobodyUsesEnds(t *testing.T) {
	t.Parallel()
	p, parent := keeper(t)
	p.idle = time.Millisecond
	parent("A=1")
	p.alive.Wait() // has been reaped
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) != 0 {
		t.Errorf("%d are kept", len(p.kept))
	}
}

func TestTemplateInUseDoesNotExpire(t *testing.T) {
	t.Parallel()
	p, parent := keeper(t)
	pid := parent("A=1")
	l := p.kept[0]
	acquired, isNew := p.acquire(l.words, slices.Clone(l.env))
	if acquired != l || isNew {
		t.Fatal("not the same template")
	}
	p.expire(l)
	if again := parent("A=1"); again != pid {
		t.Errorf("template %d became %d", pid, again)
	}
	p.release(l)
}

func TestTemplateThatCannotStartIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	p := newTemplates()
	t.Cleanup(p.close)
	dir := t.TempDir()
	starts := dir + "/starts"
	wrong := dir + "/python"
	if err := os.Symlink("/bin/false", wrong); err != nil {
		t.Fatal(err)
	}
	c := &call{Task: &operator.Task{Workdir: dir}, command: "a.b"}
	for range 2 {
		if _, _, err := p.call(t.Context(), c, []string{wrong}, automatic); !errors.Is(err, errCold) {
			t.Errorf("got %v", err)
		}
		if len(p.kept) != 1 || p.kept[0].template != nil {
			t.Errorf("kept %v", p.kept)
		}
	}
	first := p.kept[0]
	if err := os.WriteFile(starts, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(starts, wrong); err != nil { // another program
		t.Fatal(err)
	}
	if _, _, err := p.call(t.Context(), c, []string{wrong}, automatic); !errors.Is(err, errCold) || p.kept[0] == first {
		t.Errorf("got %v; tried again: %v", err, p.kept[0] != first)
	}
}

func TestNoTemplateAfterClose(t *testing.T) {
	t.Parallel()
	p, parent := keeper(t)
	parent("A=1")
	p.close()
	c := &call{Task: &operator.Task{Workdir: "/"}, command: "a.b"}
	if _, _, err := p.call(t.Context(), c, []string{"/usr/bin/python3"}, automatic); !errors.Is(err, errCold) {
		t.Errorf("got %v", err)
	}
}
