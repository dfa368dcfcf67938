// Package launch makes a runner of a launcher: each job is a program somewhere,
// which the runner launches, watches and calls off.
//
// A program delivers the report of its job by itself and exits with 0 after that.
// One that ended in any other way did not, so the runner says what became of it: a
// job is reported by its program, by whoever launched it, or by whoever adopted it.
// What is out is known from the launcher alone, by the names of programs, so that
// nothing has to be kept here for a crash.
//
// The package knows nothing of what jobs do, nor where reports go.
package launch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a Runner works with.
type Config struct {
	// Launcher runs programs. Required; whoever opened it closes it.
	Launcher runner.Launcher
	// Instance tells the programs of one installation from those of others that
	// share the launcher: up to 10 lower case letters and digits. Required.
	Instance string
	// Order returns what is launched for a job, all but its Name. Its error is the
	// end of the job. Required.
	Order func(job *runner.Job) (runner.Order, error)
	// Deliver makes a report known to whoever waits for it, in whatever process
	// that is, and returns once it is durable. It is called again after an error.
	// Required.
	Deliver func(context.Context, runner.Report) error
	// Failed returns the outcome of a job whose program can't run, or was ended
	// because of what it is. Required.
	Failed func(reason error) runner.Outcome
	// Slots bounds the programs that this runner has out at a time. Zero is no
	// bound: the launcher has a queue.
	Slots int
	// Poll is how soon the launcher is asked what has become of programs when
	// something has happened. It is asked ten times as seldom when nothing does.
	// Defaults to 1 s.
	Poll time.Duration
	// Log receives what operators are to know. Required.
	Log *slog.Logger
}

const (
	defaultPoll = time.Second
	// seldom is how many times longer than Poll a wait may be.
	seldom = 10
	// idle is how often programs of others are looked at when none is out here.
	idle = time.Minute
	// launching is how many programs are launched at a time.
	launching = 4
	// patience is how long a call of the launcher may take, but for a launch, which
	// may have to fetch an image: another is made in its place after that time.
	patience     = time.Minute
	launchWithin = 30 * time.Minute
	// closing is how long Close goes on to launch what was submitted.
	closing = 5 * time.Second
	// The waits after failures double from the first to the last.
	firstPause = 100 * time.Millisecond
	mostPause  = 30 * time.Second
)

// Runner launches a program for each job. Light jobs run in this process, one
// after the other.
type Runner struct {
	cfg    Config
	light  *local.Runner
	report func([]runner.Report)
	// calls is the context of calls of the launcher; end ends them, and all loops.
	calls context.Context
	end   context.CancelFunc
	// launchers launch, loops do all else.
	launchers, loops sync.WaitGroup
	once             sync.Once
	err              error         // of closing
	hurry            chan struct{} // something is to be looked at soon
	errands          chan struct{} // something is to be called off
	refusals         chan struct{} // something is to be reported

	mu     sync.Mutex
	ready  sync.Cond // there is something to launch, or nothing ever again
	closed bool
	// jobs are those that were submitted or adopted and not reported, waiting
	// those of them that are to be launched, in order.
	jobs    map[runner.ID]*program
	waiting []*program
	// round counts the looks at the launcher.
	round int
	// surplus counts the launchers that are to end, as others took their places.
	surplus int
	// strays counts how often a program was seen that has ended and is not ours.
	strays map[string]int
	// settled are programs whose fates were delivered and that are to be forgotten.
	settled map[string]bool
	// off are programs to be called off, and refused those that never began.
	off     []string
	refused []runner.Report
	// forgone are programs whose launch was called off before it was answered, with
	// when that was: their launcher may begin with them all the same.
	forgone map[string]time.Time
}

// stage is how far a program is.
type stage uint8

const (
	waiting  stage = iota // to be launched
	launches              // by one of the launchers
	out                   // with the launcher
)

// program is the program of a job.
type program struct {
	id       runner.ID
	name     string
	priority int
	job      *runner.Job // nil unless it is to be launched
	stage    stage
	// launching ends once the job is called off. It is nil before.
	launching context.Context
	end       context.CancelFunc
	// cancelled is set once the job was called off here.
	cancelled bool
	// since is the look after which it must be listed, and missed counts those in
	// which it was not.
	since, missed int
}

var _ runner.Adopter = (*Runner)(nil)

// New returns a Runner that is not started.
func New(cfg Config) *Runner {
	if cfg.Poll <= 0 {
		cfg.Poll = defaultPoll
	}
	r := &Runner{
		cfg: cfg, light: local.New(local.Config{Slots: 1}),
		hurry: make(chan struct{}, 1), errands: make(chan struct{}, 1), refusals: make(chan struct{}, 1),
		jobs: make(map[runner.ID]*program), strays: make(map[string]int), settled: make(map[string]bool), forgone: make(map[string]time.Time),
	}
	r.ready.L = &r.mu
	r.calls, r.end = context.WithCancel(context.Background())
	return r
}

// Start begins work, also on what was submitted before.
func (r *Runner) Start(report func([]runner.Report)) error {
	if err := r.light.Start(report); err != nil {
		return err
	}
	r.report = report
	for range launching {
		r.launchers.Go(r.launchAll)
	}
	r.loops.Go(r.watch)
	r.loops.Go(r.runErrands)
	r.loops.Go(r.reportRefused)
	return nil
}

// Submit takes jobs over. After Close it drops them.
func (r *Runner) Submit(jobs []runner.Job) {
	var light []runner.Job
	r.mu.Lock()
	for i := range jobs {
		if jobs[i].Light {
			light = append(light, jobs[i])
		} else if !r.closed {
			job := jobs[i]
			r.wait(&program{id: job.ID, name: NameOf(r.cfg.Instance, job.ID), priority: job.Priority, job: &job})
		}
	}
	r.ready.Broadcast()
	r.mu.Unlock()
	r.light.Submit(light)
}

// Cancel ends a job as runner.Runner says. One that was launched is reported once
// its program has ended.
func (r *Runner) Cancel(id runner.ID) {
	r.light.Cancel(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.jobs[id]
	switch {
	case r.closed:
		return
	case p == nil: // it may be another process's
		r.off = append(r.off, NameOf(r.cfg.Instance, id))
	case p.stage == waiting:
		r.take(p)
		delete(r.jobs, id)
		r.refused = append(r.refused, cancelled(id))
		wake(r.refusals)
	case p.cancelled:
		return
	default:
		if p.cancelled = true; p.stage == out { // else it is called off once it is
			r.off = append(r.off, p.name)
		} else {
			p.end()
		}
	}
	wake(r.errands)
}

// Adopt returns the jobs of some attempts that were launched, here or elsewhere,
// and are not reported. From then on they are this runner's, too.
func (r *Runner) Adopt(ctx context.Context, attempts ...model.AttemptID) ([]runner.ID, error) {
	listed, err := r.list(ctx, r.prefix())
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "look for programs that were launched: %w", err)
	}
	of := make(map[model.AttemptID]bool, len(attempts))
	for _, id := range attempts {
		of[id] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range listed {
		id, ok := idOf(r.cfg.Instance, s.Name)
		if reported := s.State == runner.Exited && s.Code == 0; ok && of[id.Attempt] && r.jobs[id] == nil && !reported && !r.settled[s.Name] {
			r.jobs[id] = &program{id: id, name: s.Name, stage: out, since: r.round}
		}
	}
	var list []runner.ID
	for id := range r.jobs {
		if of[id.Attempt] {
			list = append(list, id)
		}
	}
	wake(r.hurry)
	return list, nil
}

// Load counts the jobs that this runner has out, and those that it has not
// launched.
func (r *Runner) Load(context.Context) (local.Load, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return local.Load{Slots: r.cfg.Slots, Busy: r.busy(), Queued: len(r.waiting)}, nil
}

// Drain begins no more jobs in this process, and returns when those that run in it
// have ended, or ctx is done. Programs go on. Close comes after it.
func (r *Runner) Drain(ctx context.Context) error { return r.light.Drain(ctx) }

// Close launches what was submitted, as far as there are slots and the launcher
// takes it soon, and leaves all programs to others.
func (r *Runner) Close() error {
	r.once.Do(func() {
		r.mu.Lock()
		r.closed = true
		r.ready.Broadcast()
		r.mu.Unlock()
		late := time.AfterFunc(closing, r.end)
		defer late.Stop()
		if r.report == nil { // nobody launches
			r.end()
		}
		r.launchers.Wait()
		r.end()
		r.loops.Wait()
		r.err = r.light.Close()
	})
	return r.err
}

// failure turns the error of a launcher into the reason why a job failed.
func failure(err error) error {
	return model.Errorf(model.CodeOf(err), "the task could not be launched: %w", err)
}

// final reports whether an error of a launcher will stay.
func final(err error) bool {
	switch model.CodeOf(err) {
	case model.Invalid, model.NotFound, model.Forbidden:
		return true
	}
	return false
}

var errUnlisted = errors.New("it is no longer listed")

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// rest waits for a while, or until something happens on early. It returns false
// when ctx is done before.
func rest(ctx context.Context, d time.Duration, early <-chan struct{}) (hurried, ok bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false, false
	case <-early:
		return true, true
	case <-t.C:
		return false, true
	}
}

func cancelled(id runner.ID) runner.Report {
	return runner.Report{ID: id, Outcome: runner.ErrCancelled}
}
