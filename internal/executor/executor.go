// Package executor runs tries in this process. It evaluates a task's
// parameters, calls its operator and says what came of it in the engine's
// terms.
//
// It decides nothing about what runs when, keeps nothing between tries and
// knows no workflow language: others evaluate expressions and compile what
// operators generate.
package executor

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// Executor is what all tries of a process share. It must not be changed once
// it is in use. Its functions are called concurrently.
type Executor struct {
	// Operators are those that tasks can name. Required.
	Operators *operator.Registry
	// Compilers compile what operators generate, by the workflow's dialect.
	Compilers map[string]Compiler
	// Logs keeps what tries print. Nil discards it.
	Logs logs.Store
	// LogLevel is the least level of messages that are kept where a task does not say
	// which. Zero is logs.Info.
	LogLevel logs.Level
	// Env is the environment of programs that tasks start.
	Env []string
	// Scratch is that of tasks; it may be nil.
	Scratch func() (string, error)
	// Now tells the time. Required.
	Now func() time.Time

	// Before, when set, is called first of all. If it returns true, the try
	// ends well with that result, which may be nil, and nothing else happens.
	// Where the result has Subtasks but no Node, they are compiled.
	Before func(*Try) (*engine.Result, bool)
	// Began, when set, is called with each try that really runs, when it begins
	// to; Ended when its outcome is known, before anybody else knows it.
	Began, Ended func(*Try)
	// Judged, when set, is called with why a task is to make its products, before
	// it does. The context is done once it has, or has not.
	Judged func(context.Context, *Try, engine.Verdict)
	// Evaluated, when set, is called with the parameters of each try just
	// before its operator.
	Evaluated func(*Try, params.Map)
	// Explain, when set, is called with the error of a try that failed. What it
	// returns, unless empty, is the `reason` in the description of the failure:
	// one line for people.
	Explain func(*Try, error) string
	// Products looks after what tasks make that say so. Nil lets them run
	// whether there is anything to do or not.
	Products Products
	// DryRun lets every try end well right before its operator.
	DryRun bool
	// Image is what tries run in, where their runner has put them into a container.
	Image string
}

// Products looks after the persistent things that tasks make.
type Products interface {
	// Make calls run, unless the task's products are up to date, and sees to it
	// that they count as such only once it has ended well. The verdict says what
	// was found and why, which run is told first; it is nil where that could not
	// be found out. It is called concurrently.
	Make(ctx context.Context, t *operator.Task, run func(engine.Verdict) (operator.Result, error)) (operator.Result, *engine.Verdict, error)
}

// Compiler turns the configuration of generated tasks into a tree whose root
// has the given name. It is called concurrently. Errors are the task's.
type Compiler interface {
	Compile(name string, config params.Map) (*workflow.Node, error)
}

// CompilerFunc is a function as a compiler.
type CompilerFunc func(name string, config params.Map) (*workflow.Node, error)

// Compile calls f.
func (f CompilerFunc) Compile(name string, config params.Map) (*workflow.Node, error) {
	return f(name, config)
}

// Evaluator evaluates the expressions in parameters. It is called
// concurrently.
type Evaluator interface {
	// Config returns local laid over scope, with the expressions of both
	// evaluated. It is not called when there is nothing to evaluate.
	Config(scope, local params.Map) (params.Map, error)
}

// AttemptInfo is what the tries of an attempt have in common.
type AttemptInfo struct {
	ID          model.AttemptID
	Session     model.SessionID
	SessionUUID string
	// SessionTime is zero for a session without one.
	SessionTime time.Time
	Project     model.ProjectID
	// Name tells the attempts of a session apart; empty for the first.
	Name string
	// Zone is that of the workflow. Required.
	Zone *time.Location
	// Dialect names the compiler of what tasks generate.
	Dialect string
	// Params are those that the attempt began with.
	Params params.Map
	// Defaults are parameters that all others override.
	Defaults params.Map
	// ProjectDir is the folder with the project's files and Workdir the one
	// that tasks work in, unless they say otherwise. Both are absolute.
	ProjectDir, Workdir string
	// Workspace, when set, makes a folder with the project's files for each
	// try that may use files, instead of ProjectDir and Workdir.
	Workspace func(context.Context) (Workspace, error)
	// Carried, when set, gives the results that the attempt takes over from
	// another, by the full names of the tasks. They end their tries like those
	// of Executor.Before.
	Carried func(context.Context) (Results, error)
	// Memo knows what memoised tasks gave. Nil runs them all.
	Memo Memo
	// Items keeps the items of collections. Nil has all of them be tasks at once.
	Items Items
	// Evaluator evaluates expressions in the attempt's zone. Nil takes parameters
	// as they stand, for languages without expressions.
	Evaluator Evaluator
	// Secrets are those that its tasks may read. Nil means none.
	Secrets operator.Secrets
	// Services are what its operators are offered.
	Services operator.Services
	// Watch, when set, is called with each try that really runs, when it begins
	// to. It returns variables for the environment of its programs, and what is
	// called with how it ended; both may be nil.
	Watch func(*Try) (env []string, ended func(engine.Command))
}

// Items keeps the items of collections, for each try that lists them. It is called
// concurrently.
type Items interface {
	// List writes what the source of the collection of that name yields. The items are
	// not read twice: what the try reports says that they are there.
	List(ctx context.Context, id model.TryID, name string, items iter.Seq2[operator.Item, error]) (*engine.Listed, error)
	// Carried lists the items that the collection of that name had in the attempt that
	// this one goes on with, instead of reading its source again. It returns nil if
	// there is nothing to go on with.
	Carried(ctx context.Context, id model.TryID, name string) (*engine.Listed, error)
}

// Workspace is a folder that belongs to one try.
type Workspace interface {
	// Dir returns its absolute name.
	Dir() string
	// Close removes it.
	Close() error
}

// Attempt makes the tries of one attempt. It is safe for concurrent use.
type Attempt struct {
	info AttemptInfo
	x    *Executor
	// builtins are the parameters that nothing but a task's own can override:
	// fixed, and the forms of times. They are built for the first task that may
	// see them.
	builtins, fixed params.Map
	times           times
	built           sync.Once
	// last remembers the parameters of the try before, as tries in a row often
	// have the same scope.
	last atomic.Pointer[layered]
}

// Open returns what makes the tries of an attempt.
func (x *Executor) Open(info AttemptInfo) *Attempt { return &Attempt{info: info, x: x} }

// Info returns what the attempt was opened with.
func (a *Attempt) Info() AttemptInfo { return a.info }

// Job returns the try that e, a dispatch, asks for. It keeps no reference to e.
func (a *Attempt) Job(e *engine.Effect) runner.Job {
	t := &Try{
		ID:      model.TryID{Attempt: a.info.ID, Task: e.Task, Try: e.Try},
		Name:    e.Name,
		Node:    e.Node,
		Scope:   e.Scope,
		State:   e.State,
		Retries: int(e.Retries),
		Message: e.Message,
		Attempt: a,
	}
	name, config := t.action()
	spec, _ := a.x.Operators.Lookup(name) // an unknown one is the try's to report
	light := spec.Light && (spec.Holds == "" || !t.asks(spec.Holds, config))
	job := runner.Job{ID: t.ID, Task: t.Name, Light: light, Work: t}
	if !light {
		_ = t.place(&job, config) // the try reports what is wrong
	}
	return job
}

// place says where the job of a try runs and what it takes there.
func (t *Try) place(job *runner.Job, config params.Map) (err error) {
	if job.Queue, err = t.queue(config); err != nil {
		return err
	}
	r, err := t.needs(config)
	if own := t.Node.Resources; own != nil {
		r = own
		if own.Queue != "" {
			job.Queue = own.Queue
		}
	}
	if r != nil {
		job.Priority = r.Priority
		job.Resources = runner.Resources{CPU: r.CPU, Memory: r.Memory, GPU: r.GPU, Image: r.Image, Time: wholeSeconds(r.Time)}
	}
	if job.Resources.Image == "" {
		job.Resources.Image = t.container(config)
	}
	// One that is to be skipped must not be ended by the runner before.
	if l := &t.Node.Limit; l.After > 0 && l.Then == workflow.LimitFails && job.Resources.Time == 0 {
		job.Resources.Time = wholeSeconds(l.After)
	}
	if err != nil {
		return err
	}
	job.Options, err = t.options(config)
	return err
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// own returns a parameter of the task, or one that it sees.
func (t *Try) own(key string, config params.Map) (params.Value, bool) {
	v, ok := config.Get(key)
	if !ok {
		v, ok = t.Scope.Get(key)
	}
	return v, ok
}

// container returns the image that a .dig file asks for as Digdag has it. One with an
// expression is not known yet: the operator refuses it.
func (t *Try) container(config params.Map) string {
	v, _ := t.own("docker", config)
	m, _ := v.(params.Map)
	if v, ok := m.Get("image"); ok && !params.TemplatedValue(v) {
		if r, err := workflow.Needs(params.Of("image", v)); err == nil {
			return r.Image
		}
	}
	return ""
}

// options returns what the task says to runners of one kind.
func (t *Try) options(config params.Map) (map[string]json.RawMessage, error) {
	v, ok := t.own(workflow.RunnerKey, config)
	if !ok {
		return nil, nil
	}
	return workflow.RunnerOptions(v)
}

// needs returns what a parameter says that the task takes, or nil.
func (t *Try) needs(config params.Map) (*workflow.Resources, error) {
	v, ok := t.own(workflow.NeedsKey, config)
	if !ok {
		return nil, nil
	}
	r, err := workflow.Needs(v)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// queue returns the queue that the task is for, or "".
func (t *Try) queue(config params.Map) (string, error) {
	v, ok := t.own(workflow.QueueKey, config)
	if !ok {
		return "", nil
	}
	return workflow.Queue(v)
}

// asks reports whether a parameter may be true. What it really is shows only
// when the try runs.
func (t *Try) asks(key string, config params.Map) bool {
	v, ok := config.Get(key)
	if !ok {
		v, _ = t.Scope.Get(key)
	}
	return v != nil && v != false && v != "false"
}

// Try is one run of one task.
type Try struct {
	ID model.TryID
	// Name is the task's full name and Node its definition.
	Name string
	Node *workflow.Node
	// Scope are the parameters that the task sees, as the engine says: not
	// evaluated, without built-ins and its own configuration.
	Scope params.Map
	// State is what the operator kept.
	State params.Map
	// Retries counts the tries that a retry policy asked for.
	Retries int
	// Message is the one to handle; nil when there is none.
	Message *engine.Message
	Attempt *Attempt
}

// Operator returns the name of the operator that runs, or "" where there is
// none of the name that the task gives.
func (t *Try) Operator() string {
	name, _ := t.action()
	spec, _ := t.Attempt.x.Operators.Lookup(name)
	return spec.Name
}

// action returns the operator that the node names and how it is configured.
func (t *Try) action() (name string, config params.Map) {
	if t.Node.IsGroup() && t.Node.Each != nil {
		return t.Node.Each.Source, t.Node.Each.Config
	}
	return t.Node.Operator, t.Node.Config
}

var _ runner.Work = (*Try)(nil)
