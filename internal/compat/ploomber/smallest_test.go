package ploomber_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Whatever changes in a pipeline, a build runs the tasks that it has to and no
// others, and what it leaves alone is what a clean build makes. The environment
// variable RAPID_CHECKS asks for more cases.
func TestABuildRunsNoMoreThanItHasTo(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(rt *rapid.T) { playModel(t, rt, false) })
}

// The same with functions, which an interpreter runs.
func TestABuildOfFunctionsRunsNoMoreThanItHasTo(t *testing.T) {
	t.Parallel()
	environment(t) // skips where there is no Python
	cases := 0
	prop.Check(t, func(rt *rapid.T) {
		if cases++; cases%10 == 1 { // they take ten times as long
			playModel(t, rt, true)
		}
	})
}

// sandbox is a model and the project that it is of.
type sandbox struct {
	*model
	*rapid.T
	dir, logs string
	env       []string
}

func playModel(t *testing.T, rt *rapid.T, functions bool) {
	dir, err := os.MkdirTemp("", "pawl-smallest")
	if err != nil {
		rt.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s := &sandbox{model: drawModel(rt, functions), T: rt, dir: filepath.Join(dir, "p"), logs: filepath.Join(dir, "logs")}
	s.env = append(os.Environ(), "RAN="+filepath.Join(dir, "ran"))
	if functions {
		s.env = append(environment(t), "RAN="+filepath.Join(dir, "ran"))
	}
	s.write()
	for range rapid.IntRange(2, 6).Draw(rt, "builds") {
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			s.change()
		}
		s.write()
		s.check()
	}
}

func drawModel(rt *rapid.T, functions bool) *model {
	m := &model{word: "word0"}
	for i := range rapid.IntRange(3, 12).Draw(rt, "tasks") {
		t := &modelTask{name: fmt.Sprintf("t%d", i), word: rapid.IntRange(0, 3).Draw(rt, "word") == 0}
		t.function = functions && rapid.Bool().Draw(rt, "function")
		for k := range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(rt, "products") {
			t.products = append(t.products, &modelProduct{path: fmt.Sprintf("out/%s-%d.txt", t.name, k)})
		}
		for _, up := range m.tasks[max(0, i-4):] {
			if rapid.IntRange(0, 2).Draw(rt, "edge") == 0 {
				t.upstream = append(t.upstream, up)
			}
		}
		m.tasks = append(m.tasks, t)
	}
	return m
}

// change does something to the project.
func (s *sandbox) change() {
	t := rapid.SampledFrom(s.tasks).Draw(s.T, "task")
	p := rapid.SampledFrom(t.products).Draw(s.T, "product")
	path := filepath.Join(s.dir, p.path)
	switch what := rapid.SampledFrom([]string{
		"source", "revert", "cosmetic", "param", "word", "remove", "touch", "empty", "forget", "damage", "fails",
	}).Draw(s.T, "what"); what {
	case "source":
		t.version = rapid.IntRange(0, 2).Draw(s.T, "version")
	case "revert":
		t.version, t.param, t.fails = 0, 0, false
	case "cosmetic":
		t.cosmetic++
	case "param":
		t.param = rapid.IntRange(0, 2).Draw(s.T, "param")
	case "word":
		s.word = rapid.SampledFrom([]string{"word0", "word1"}).Draw(s.T, "word")
	case "fails":
		t.fails = !t.fails
	case "remove":
		s.must(os.RemoveAll(path))
		p.exists, p.content = false, ""
	case "touch":
		if p.exists {
			later := time.Now().Add(time.Hour)
			s.must(os.Chtimes(path, later, later))
		}
	default:
		s.spoil(what, path, p)
	}
}

// spoil does something to a record, where there is one.
func (s *sandbox) spoil(what, path string, p *modelProduct) {
	record := files.MetadataPath(path)
	if _, err := os.Lstat(record); errors.Is(err, fs.ErrNotExist) {
		return
	}
	p.record = modelRecord{damaged: what == "damage"}
	switch what {
	case "empty":
		s.must(os.WriteFile(record, []byte("{}"), 0o600))
	case "forget":
		s.must(os.Remove(record))
	case "damage":
		s.must(os.WriteFile(record, []byte(`{"timestamp": 1`), 0o600))
	}
}

// check builds, or is refused, as the model says.
func (s *sandbox) check() {
	target, force := "", rapid.IntRange(0, 9).Draw(s.T, "force") == 0
	selection := product.Selection{}
	asked := func(*modelTask) bool { return true }
	reached := asked
	if rapid.IntRange(0, 3).Draw(s.T, "partially") == 0 {
		one := rapid.SampledFrom(s.tasks).Draw(s.T, "target")
		target, selection.Target = one.name, one.name
		selection.Alone = rapid.Bool().Draw(s.T, "alone")
		needs := one.needs()
		reached = func(t *modelTask) bool { return needs[t] }
		asked = func(t *modelTask) bool { return needs[t] && (!selection.Alone || t == one) }
	}
	s.mend(reached, force)
	got, err := s.build(build.Options{Force: force, Selection: selection, Now: time.Now(), Memo: filepath.Join(s.logs, "memo")})
	s.must(err)
	want := s.model.build(asked, force)
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		s.Fatalf("ran other tasks than it has to, asked for %q (-want +ran):\n%s", target, diff)
	}
	for _, t := range s.tasks {
		for _, p := range t.products {
			text, err := os.ReadFile(filepath.Join(s.dir, p.path))
			if (err == nil) != p.exists || string(text) != p.content {
				s.Fatalf("%s is %q (%v), want %q", p.path, text, err, p.content)
			}
			if !s.outdated(t) && string(text) != s.clean(t) {
				s.Fatalf("%s counts as up to date and is %q, but a clean build makes %q", p.path, text, s.clean(t))
			}
		}
	}
}

// mend has a build refused where records are damaged, and removes them.
func (s *sandbox) mend(reached func(*modelTask) bool, force bool) {
	if force || !slices.ContainsFunc(s.tasks, func(t *modelTask) bool { return reached(t) && s.broken(t) }) {
		return
	}
	if ran, err := s.build(build.Options{Now: time.Now()}); err == nil || len(ran) > 0 {
		s.Fatalf("with a damaged record, a build ran %v: %v", ran, err)
	}
	for _, t := range s.tasks {
		for _, p := range t.products {
			if p.exists && p.record.damaged {
				s.must(os.Remove(files.MetadataPath(filepath.Join(s.dir, p.path))))
				p.record = modelRecord{}
			}
		}
	}
}

func sorted(list []string) []string {
	return slices.Sorted(slices.Values(append([]string{}, list...)))
}

func (s *sandbox) must(err error) {
	if err != nil {
		s.Fatal(err)
	}
}

// build has pawl build, and returns the tasks that have run.
func (s *sandbox) build(o build.Options) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p, err := pipeline.Load(ctx, pipeline.Options{
		Dir: s.dir, Now: o.Now, Lookup: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		return nil, err
	}
	plan, err := build.New(ctx, p, o)
	if err != nil {
		return nil, err
	}
	if err := plan.Broken(); err != nil {
		return nil, err
	}
	w, err := plan.Workflow()
	if err != nil || w == nil {
		return nil, err
	}
	if err := s.perform(ctx, w); err != nil {
		return nil, err
	}
	ran, err := os.ReadFile(filepath.Join(filepath.Dir(s.dir), "ran"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return strings.Fields(string(ran)), os.RemoveAll(filepath.Join(filepath.Dir(s.dir), "ran"))
}

func (s *sandbox) perform(ctx context.Context, w *workflow.Workflow) (err error) {
	shared := &pool.Pool{}
	defer shared.Close()
	in, err := instance.Open(ctx, instance.Config{
		Project: s.dir, Workflows: []*workflow.Workflow{w}, Logs: s.logs, Slots: 2, Env: s.env, Pool: shared,
		Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	b, err := in.Begin(ctx, instance.Request{Workflow: w, Calendar: instance.Calendar{Zone: time.UTC}, Key: "build"})
	if err != nil {
		return err
	}
	_, err = in.Wait(ctx, b.Attempt.ID)
	return err
}

// write writes the definitions of the project.
func (s *sandbox) write() {
	var list, tasks strings.Builder
	list.WriteString("tasks:\n")
	tasks.WriteString("import os\n")
	for _, t := range s.tasks {
		source := t.name + ".sh"
		if t.function {
			source = "tasks." + t.name
			tasks.WriteString(t.python())
		} else {
			s.put(source, t.shell())
		}
		fmt.Fprintf(&list, "- source: %s\n  name: %s\n  params: {p: %d", source, t.name, t.param)
		if t.word {
			list.WriteString(", w: '{{word}}'")
		}
		list.WriteString("}\n  product:")
		for k, p := range t.products {
			if len(t.products) == 1 {
				fmt.Fprintf(&list, " %s\n", p.path)
			} else {
				fmt.Fprintf(&list, "\n    k%d: %s", k, p.path)
			}
		}
		list.WriteString("\n")
		s.putMark(t)
	}
	s.put("pipeline.yaml", list.String())
	s.put("env.yaml", "word: "+s.word+"\n")
	s.put("tasks.py", tasks.String())
}

// putMark makes a task fail, or not, without anything that is tracked.
func (s *sandbox) putMark(t *modelTask) {
	path := filepath.Join(s.dir, "fail-"+t.name)
	if t.fails {
		s.put("fail-"+t.name, "")
	} else {
		s.must(os.RemoveAll(path))
	}
}

func (s *sandbox) put(name, text string) {
	path := filepath.Join(s.dir, name)
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return
	}
	s.must(os.MkdirAll(filepath.Dir(path), 0o755))
	s.must(os.WriteFile(path, []byte(text), 0o600))
}

// product is how the source of a task reaches the product k of another.
func (t *modelTask) product(of string, k int) string {
	if len(t.products) == 1 {
		return of
	}
	return fmt.Sprintf("%s['k%d']", of, k)
}

// shell is the source of a task that is a script.
func (t *modelTask) shell() string {
	var all, above []string
	for k := range t.products {
		all = append(all, "{{"+t.product("product", k)+"}}")
	}
	for _, up := range t.upstream {
		for k := range up.products {
			above = append(above, "{{"+up.product("upstream['"+up.name+"']", k)+"}}")
		}
	}
	line := fmt.Sprintf("%s v%d {{p}}", t.name, t.version)
	if t.word {
		line += " {{w}}"
	}
	text := fmt.Sprintf("# %d\nset -e\necho %s >> \"$RAN\"\n", t.cosmetic, t.name)
	if len(above) > 0 {
		text += "cat " + strings.Join(above, " ") + " > /dev/null\n"
	}
	text += fmt.Sprintf("echo %s > %s\n[ ! -e fail-%s ]\n", line, all[0], t.name)
	if len(above) > 0 {
		text += "cat " + strings.Join(above, " ") + " >> " + all[0] + "\n"
	}
	for _, other := range all[1:] {
		text += "cp " + all[0] + " " + other + "\n"
	}
	return text
}

// python is the source of a task that is a function.
func (t *modelTask) python() string {
	signature, line := "product, p", fmt.Sprintf("f'%s v%d {p}", t.name, t.version)
	if t.word {
		signature, line = signature+", w", line+" {w}"
	}
	if len(t.upstream) > 0 {
		signature += ", upstream"
	}
	text := fmt.Sprintf("\n\ndef %s(%s):  # %d\n    open(os.environ['RAN'], 'a').write('%s\\n')\n    above = ''\n",
		t.name, signature, t.cosmetic, t.name)
	for _, up := range t.upstream {
		for k := range up.products {
			text += "    above += open(" + up.product("upstream['"+up.name+"']", k) + ").read()\n"
		}
	}
	first := t.product("product", 0)
	text += fmt.Sprintf("    open(%s, 'w').write(%s\\n')\n    assert not os.path.exists('fail-%s')\n    open(%s, 'a').write(above)\n",
		first, line, t.name, first)
	for k := range t.products[1:] {
		text += fmt.Sprintf("    open(%s, 'w').write(open(%s).read())\n", t.product("product", k+1), first)
	}
	return text
}
