package skips_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/keeper"
	operators "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// project is a folder with a pipeline, and what builds it.
type project struct {
	dir   string
	files map[string]string // as they were written last
	now   int               // seconds since the beginning
	fate  func(name string) fate
	ran   []string // of the build that is under way
	cut   func()   // ends the build that is under way
}

// newProject makes a folder, in memory where there is such a thing.
func newProject() (*project, error) {
	home := "/dev/shm"
	if _, err := os.Stat(home); err != nil {
		home = ""
	}
	dir, err := os.MkdirTemp(home, "pawl-skips-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	return &project{dir: filepath.Join(dir, "p"), files: make(map[string]string)}, os.Mkdir(filepath.Join(dir, "p"), 0o777)
}

// relocate moves the project to another folder beside its own.
func (p *project) relocate(name string) error {
	to := filepath.Join(filepath.Dir(p.dir), name)
	if to == p.dir {
		return nil
	}
	if err := os.Rename(p.dir, to); err != nil {
		return err
	}
	p.dir = to
	return nil
}

func (p *project) remove() { _ = os.RemoveAll(filepath.Dir(p.dir)) } // it is in a folder for temporary files

func (p *project) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// put writes the sources that have changed.
func (p *project) put(sources map[string]string) error {
	for _, name := range names(sources) {
		if old, ok := p.files[name]; ok && old == sources[name] {
			continue
		}
		if err := p.write(name, sources[name]); err != nil {
			return err
		}
		p.files[name] = sources[name]
	}
	return nil
}

// write replaces a file by another one, as editors do.
func (p *project) write(name, text string) error {
	path := p.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// read returns what a file holds, and whether there is one.
func (p *project) read(name string) (text string, exists bool, err error) {
	data, err := os.ReadFile(p.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(data), err == nil, err
}

func metadata(name string) string {
	return filepath.ToSlash(files.MetadataPath(filepath.FromSlash(name)))
}

// load reads the pipeline, with another word in the place of that of env.yaml if
// there is one.
func (p *project) load(ctx context.Context, word string) (*pipeline.Pipeline, error) {
	return pipeline.Load(ctx, p.loading(word))
}

func (p *project) loading(word string) pipeline.Options {
	o := pipeline.Options{Dir: p.dir, Now: p.Now(), Lookup: nowhere}
	if word != "" {
		o.Set = []pipeline.Setting{{Path: []string{"word"}, Value: word}}
	}
	return o
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

// plan decides what is to be run.
func (p *project) plan(ctx context.Context, of *pipeline.Pipeline, o build.Options) (*build.Plan, error) {
	o.Memo, o.Now = p.memo(), p.later()
	plan, err := build.New(ctx, of, o)
	if err != nil {
		return nil, err
	}
	return plan, plan.Broken()
}

// planSoon is plan by the outline that the build before has kept, nil where that
// can't tell. It keeps that of this one.
func (p *project) planSoon(ctx context.Context, of *pipeline.Pipeline, word string, o build.Options) (*build.Plan, error) {
	o.Memo, o.Now = p.memo(), p.later()
	file, options := filepath.Join(filepath.Dir(p.dir), "outline"), []string{p.dir, word}
	if out, ok := build.ReadOutline(file, options, nowhere); ok {
		if plan, ok := out.Build(ctx, p.loading(word), o); ok {
			if seal, ok := out.Reseal(o.Now); ok {
				return plan, out.Write(file, seal)
			}
			return plan, nil
		}
	}
	if out, ok := build.OutlineOf(of); ok {
		if seal, ok := (build.Origin{Options: options, Inputs: of.Inputs, Paths: of.Paths, Began: o.Now}).Seal(); ok {
			return nil, out.Write(file, seal)
		}
	}
	return nil, nil
}

func (p *project) memo() string { return filepath.Join(filepath.Dir(p.dir), "memo") }

// later is now. What was written before counts as long ago, so that all is
// remembered of it that can be.
func (p *project) later() time.Time {
	if strings.HasPrefix(p.dir, "/dev/shm/") { // where no two files ever have one number
		return time.Now().Add(time.Hour)
	}
	return time.Now()
}

// Now is when everything happens: the time stands still but for tick.
func (p *project) Now() time.Time { return second(p.now) }

// After is never asked for by a core that is driven by hand.
func (*project) After(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// tick lets time pass.
func (p *project) tick() int {
	p.now++
	return p.now
}

// second is when a second since the beginning is. The beginning is such that the
// clock never shows what a file says of its last change.
func second(n int) time.Time { return time.Unix(1_700_000_000+int64(n), 0) }

// hand is a runner of which somebody takes the jobs one by one.
type hand struct{ jobs []runner.Job }

func (*hand) Start(func([]runner.Report)) error { return nil }
func (h *hand) Submit(jobs []runner.Job)        { h.jobs = append(h.jobs, jobs...) }
func (*hand) Cancel(runner.ID)                  {}
func (*hand) Close() error                      { return nil }

// take removes a job.
func (h *hand) take(n int) runner.Job {
	j := h.jobs[n]
	h.jobs = append(h.jobs[:n:n], h.jobs[n+1:]...)
	return j
}

// perform runs a workflow: next says which of the tasks that are ready is to run,
// and is told how it ended; ok is false where the build is cut off instead.
func (p *project) perform(ctx context.Context, w *workflow.Workflow, next func(ready []string) (n int, ok bool), ended func(name string, well bool)) error {
	ctx, p.cut = context.WithCancel(ctx)
	defer p.cut()
	h := &hand{}
	x := &executor.Executor{Operators: p.operators(), Now: p.Now, Products: &keeper.Keeper{}}
	core := conductor.NewCore(conductor.Config{
		Store: memory.New(), Runner: h, Owner: "hand", Clock: p,
		Open: func(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
			return x.Open(executor.AttemptInfo{
				ID: a.ID, SessionUUID: "session", Project: 1, Zone: time.UTC, Dialect: w.Dialect, ProjectDir: p.dir, Workdir: p.dir,
			}).Job
		},
	})
	if err := core.Step(ctx, nil); err != nil { // takes the lease
		return err
	}
	var failed error
	stimuli := []conductor.Stimulus{{Do: func(c *conductor.Core) error {
		_, _, failed = c.Start(ctx, store.Start{Session: store.Session{UUID: "session", Workflow: w.Name, Key: "build"}, Zone: "UTC", Definition: w})
		return failed
	}}}
	for {
		if err := errors.Join(core.Step(ctx, stimuli), failed); err != nil {
			return err
		}
		if len(h.jobs) == 0 {
			break
		}
		var ready []string
		for _, j := range h.jobs {
			ready = append(ready, nameOf(j))
		}
		n, ok := next(ready)
		if !ok {
			return nil
		}
		j := h.take(n)
		outcome := j.Work.Run(ctx)
		command, ok := outcome.(engine.Command)
		if !ok {
			return fmt.Errorf("%s ended with %v", j.Task, outcome)
		}
		ended(nameOf(j), command.Kind == engine.Succeed)
		if ctx.Err() != nil {
			return nil
		}
		stimuli = conductor.Stimuli(nil, []runner.Report{{ID: j.ID, Outcome: outcome}})
	}
	if !core.Idle() {
		return errors.New("nothing is ready, but the build has not ended")
	}
	return nil
}

// nameOf is the name of a task in its pipeline.
func nameOf(j runner.Job) string { return j.Task[strings.LastIndexByte(j.Task, '+')+1:] }

// operators are those of the tasks, with stand-ins for what user code would do.
func (p *project) operators() *operator.Registry {
	var r operator.Registry
	for _, name := range []string{"shell", "sql_dump"} {
		r.Register(operator.Spec{Name: name, Operator: operator.Func(func(ctx context.Context, t *operator.Task) (operator.Result, error) {
			code, err := t.Local.String("code")
			if err != nil {
				return operator.Result{}, err
			}
			return operator.Result{}, p.act(t, code)
		})})
	}
	r.Register(operator.Spec{Name: "function", Operator: operator.Func(func(_ context.Context, t *operator.Task) (operator.Result, error) {
		from, err := t.Local.MapOr("source", params.Map{})
		if err != nil {
			return operator.Result{}, err
		}
		text, err := os.ReadFile(p.path("tasks.py"))
		if err != nil {
			return operator.Result{}, err
		}
		dotted, err := from.String("dotted")
		_, body, _ := strings.Cut(string(text), "def "+strings.TrimPrefix(dotted, "tasks.")+"(")
		return operator.Result{}, errors.Join(err, p.act(t, body))
	})})
	r.Register(operator.Spec{Name: "script", Operator: operator.Func(func(ctx context.Context, t *operator.Task) (operator.Result, error) {
		rendered, err := operators.Render(t.Local)
		if err != nil {
			return operator.Result{}, err
		}
		return operator.Result{}, p.act(t, string(rendered.Content))
	})})
	return &r
}

var meaning = regexp.MustCompile(`=(v\d+)=`)

// act does what the source of a task means.
func (p *project) act(t *operator.Task, code string) error {
	task, err := operators.TaskOf(t.Local)
	if err != nil {
		return err
	}
	p.ran = append(p.ran, task.Name)
	said := meaning.FindStringSubmatch(code)
	if said == nil {
		return fmt.Errorf("nothing is meant by %q", code)
	}
	given, err := given(task)
	if err != nil {
		return err
	}
	text := said[1] + " " + given
	for _, up := range task.Upstream {
		for _, item := range up.Product.Items {
			above, err := os.ReadFile(item.Path)
			if err != nil {
				return err
			}
			text += fmt.Sprintf("\n%s/%s %s: %s", up.Group, up.Task, item.Key, above)
		}
	}
	return p.produce(task, text)
}

func (p *project) produce(task python.Task, text string) error {
	f := p.fate(task.Name)
	for k, item := range task.Product.Items {
		what := written(text, item.Key)
		switch {
		case f == failsAtOnce:
			return errors.New("it fails at once")
		case f == failsHalfWay:
			what = half
		}
		if err := os.WriteFile(item.Path, []byte(what), 0o600); err != nil {
			return err
		}
		if f == failsHalfWay && k == 0 {
			return errors.New("it fails half way")
		}
	}
	switch f {
	case failsAtTheEnd:
		return errors.New("it fails at the end")
	case lacksOne:
		return os.Remove(task.Product.Items[len(task.Product.Items)-1].Path)
	case cutOff:
		p.cut()
	}
	return nil
}

// given is what a task gets beside products.
func given(task python.Task) (string, error) {
	param, err := task.Params.Int("p")
	if err != nil {
		return "", err
	}
	text := fmt.Sprint("p=", param, " g=")
	if g, ok := task.Params.Get("g"); ok {
		text += fmt.Sprint(g)
	}
	if w, ok := task.Params.Get("w"); ok {
		text += fmt.Sprint(" w=", w)
	}
	if d, ok := task.Params.At("resources_", "d"); ok {
		data, err := os.ReadFile(fmt.Sprint(d))
		if err != nil {
			return "", err
		}
		text += " d=" + string(data)
	}
	return text, nil
}
