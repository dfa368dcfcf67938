package skips_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/prop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever is done to a pipeline and its files, a build runs the tasks that it
// has to and no others, and what it leaves alone is what a clean build makes. A
// case is a project with a history of some twenty builds; RAPID_CHECKS asks for
// more than a hundred of them.
func TestASkippedTaskHasMadeWhatACleanBuildMakes(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	prop.Check(t, func(rt *rapid.T) { play(rt, seen) })
	t.Log(seen)
	for _, what := range []string{"build", "task run", "task skipped", "task failed", "build cut off", "build refused", "build forced", "build in part", "build served", "build by an outline"} {
		if seen[what] < 10 {
			t.Errorf("hardly anything was tried of %q: %v", what, seen)
		}
	}
}

// maxTasks is how many entries a pipeline has at most.
const maxTasks = 7

// history is what happens to a project.
type history struct {
	*rapid.T
	*project
	definition
	on     disk
	before []definition // that it can go back to
	seen   map[string]int
	next   int // the id of the next task
}

func play(rt *rapid.T, seen map[string]int) {
	p, err := newProject()
	if err != nil {
		rt.Fatal(err)
	}
	defer p.remove()
	h := &history{T: rt, project: p, on: make(disk), seen: seen}
	h.inSource, h.word, h.place, h.folder = rapid.Bool().Draw(rt, "in source"), "w0", "here", "p"
	for range rapid.IntRange(1, maxTasks-1).Draw(rt, "tasks") {
		h.add()
	}
	h.build()
	rt.Repeat(map[string]func(*rapid.T){
		"edit":  func(*rapid.T) { h.edit() },
		"build": func(*rapid.T) { h.build() },
	})
	h.build()
}

func (h *history) must(err error) {
	if err != nil {
		h.Helper()
		h.Fatal(err)
	}
}

// one draws one of a list, which may not be empty.
func one[T any](h *history, label string, list ...T) T {
	return rapid.SampledFrom(list).Draw(h.T, label)
}

func (h *history) often(label string, of int) bool {
	return rapid.IntRange(0, of-1).Draw(h.T, label) == of-1
}

// free returns numbers that no task has.
func (h *history) free(of func(*task) int) []int {
	list := []int{0, 1, 2, 3, 4, 5, 6, 7}
	return slices.DeleteFunc(list, func(n int) bool {
		return slices.ContainsFunc(h.tasks, func(t task) bool { return of(&t) == n })
	})
}

func nameNumber(t *task) int { return t.name }
func fileNumber(t *task) int { return t.file }

// add adds a task to the end.
func (h *history) add() {
	t := task{id: h.next, kind: one(h, "kind", function, script, shell, query), products: 1}
	h.next++
	t.name, t.file = one(h, "name", h.free(nameNumber)...), one(h, "file", h.free(fileNumber)...)
	if t.kind != query {
		t.products = one(h, "products", 1, 1, 2)
	}
	t.placed, t.word = h.often("placed", 4), h.often("word", 3)
	if t.kind == function || t.kind == script {
		t.data = one(h, "resource", 0, 0, 1, 2)
	}
	if t.gridded = h.often("grid", 4); t.gridded {
		t.grid = one(h, "grid of", []int{1, 2}, []int{1}, []int{1, 2, 3}, []int{})
	}
	for _, up := range h.tasks {
		if h.may(&t, &up) && rapid.Bool().Draw(h.T, "edge") {
			t.up = append(t.up, up.id)
		}
	}
	h.tasks = append(h.tasks, t)
	h.Logf("add %s: %+v", t.reference(), t)
}

// may tells whether a task can come after another.
func (h *history) may(t, up *task) bool { return !up.gridded || t.groups(&h.definition) }

// edit changes something.
func (h *history) edit() {
	if len(h.tasks) == 0 {
		h.add()
		return
	}
	n := rapid.IntRange(0, len(h.tasks)-1).Draw(h.T, "which")
	t := &h.tasks[n]
	what := one(h, "edit", "source", "cosmetic", "param", "word", "place", "resource", "rename", "move", "edge", "grid",
		"add", "remove", "back", "back", "back", "product", "metadata", "metadata", "metadata", "touch", "folder")
	switch what {
	case "source":
		t.version = rapid.IntRange(0, 2).Draw(h.T, "version")
	case "cosmetic":
		t.cosmetic = rapid.IntRange(0, 9).Draw(h.T, "cosmetic")
	case "param":
		t.param = rapid.IntRange(0, 2).Draw(h.T, "param")
	case "word":
		h.word = one(h, "word", "w0", "w1")
	case "place":
		h.place = one(h, "place", "here", "there")
	case "folder":
		h.folder = one(h, "folder", "p", "q")
	case "resource":
		h.data[rapid.IntRange(0, 1).Draw(h.T, "resource")] = rapid.IntRange(0, 2).Draw(h.T, "content")
	case "rename":
		t.name = one(h, "name", h.free(nameNumber)...)
	case "move":
		t.file = one(h, "file", h.free(fileNumber)...)
		t.version = rapid.IntRange(0, 2).Draw(h.T, "version")
	case "edge":
		h.edge(t, n)
	case "grid":
		if t.gridded {
			t.grid = one(h, "grid of", []int{1, 2}, []int{1}, []int{1, 2, 3}, []int{}, []int{2, 1})
		}
	case "add":
		if len(h.tasks) < maxTasks {
			h.add()
		}
		return
	case "remove":
		h.removeTask(n)
	case "back":
		h.definition = one(h, "back", h.before...)
		h.definition = h.clone()
	default:
		h.spoil(what, t)
		return
	}
	h.Logf("%s: %+v", what, h.definition)
}

// edge adds a task to those that one comes after, or takes it away.
func (h *history) edge(t *task, place int) {
	if place == 0 {
		return
	}
	up := &h.tasks[rapid.IntRange(0, place-1).Draw(h.T, "upstream")]
	if i := slices.Index(t.up, up.id); i >= 0 {
		t.up = slices.Delete(t.up, i, i+1)
	} else if h.may(t, up) {
		t.up = append(t.up, up.id)
	}
}

func (h *history) removeTask(n int) {
	id := h.tasks[n].id
	h.tasks = slices.Delete(h.tasks, n, n+1)
	for i := range h.tasks {
		h.tasks[i].up = slices.DeleteFunc(h.tasks[i].up, func(up int) bool { return up == id })
	}
}

// spoil does something to the files of a task.
func (h *history) spoil(what string, t *task) {
	var paths []string
	for _, u := range h.units() {
		if u.task == t {
			paths = append(paths, u.paths...)
		}
	}
	if len(paths) == 0 {
		return
	}
	path := one(h, "product", paths...)
	p := h.on.at(path)
	switch what {
	case "product":
		h.Logf("remove %s", path)
		h.must(os.RemoveAll(h.path(path)))
		p.exists, p.content = false, ""
	case "touch":
		if p.exists {
			h.Logf("touch %s", path)
			later := time.Now().Add(time.Hour)
			h.must(os.Chtimes(h.path(path), later, later))
		}
	case "metadata":
		if p.state != absent && p.exists {
			h.spoilRecord(path, p)
		}
	}
}

// spoilRecord does something to a record.
func (h *history) spoilRecord(path string, p *product) {
	text, exists, err := h.read(metadata(path))
	h.must(err)
	if !exists || text == "" {
		return // it is where it was kept of old, or has nothing left to be spoilt
	}
	ways := []string{"forget", "empty", "no bytes", "half", "garbage", "mark"}
	if p.state == stored {
		ways = append(ways, "older", "newer", "no time", "by the peer", "written anew", "of old")
	}
	how := one(h, "way", ways...)
	h.Logf("metadata of %s: %s", path, how)
	r := &p.record
	switch how {
	case "forget":
		h.must(os.Remove(h.path(metadata(path))))
		p.state = absent
		return
	case "of old":
		h.must(os.Rename(h.path(metadata(path)), h.path(path)+".source"))
		return
	case "empty":
		text, p.state = "{}", empty
	case "no bytes":
		text, p.state = "", empty
	case "mark": // as if the end of the run had been cut off between two products
		text, p.state = `{"timestamp": null, "unfinished": true}`, mark
	case "half":
		text, p.state = text[:len(text)/2], damaged
	case "garbage":
		text, p.state = "\x00\x01", damaged
	case "older":
		r.honest, r.at = false, rapid.IntRange(0, r.at).Draw(h.T, "at")
	case "newer":
		r.honest, r.at = false, h.now+rapid.IntRange(0, 3).Draw(h.T, "after")
	case "no time":
		r.honest, r.at = false, 0
	case "by the peer":
		r.told = false
	}
	if p.state == stored {
		text = rewritten(text, *r)
	}
	h.must(h.write(metadata(path), text))
}

// rewritten returns the text of a record with what is changed of it.
func rewritten(text string, r record) string {
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	if m["timestamp"] = second(r.at).Unix(); r.at == 0 {
		m["timestamp"] = nil
	}
	if !r.told {
		delete(m, "made_of")
	}
	changed, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err)
	}
	return string(changed)
}
