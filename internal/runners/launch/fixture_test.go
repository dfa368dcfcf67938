package launch_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/launch"
	"github.com/pawlhq/pawl/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// yard is a launcher whose programs are goroutines, and where their reports go.
type yard struct {
	testing.TB
	works sync.Map // runner.Work by name
	// refuse, when set, fails launches before (false) or after (true) they count.
	refuse func(name string) (after bool, err error)
	// keep, when set, fails what is to be forgotten, and away fails all else but
	// launches.
	keep func(name string) error
	away atomic.Bool
	// dies, when set, says which programs are killed: before they do anything, or
	// after all of it.
	dies func() (before, after bool)

	mu       sync.Mutex
	report   func([]runner.Report)
	programs map[string]*program
	lists    int
	launched []string
	most     int // that ran at a time
	running  sync.WaitGroup
}

type program struct {
	runner.Status
	cancel context.CancelCauseFunc
}

func newYard(t testing.TB) *yard {
	y := &yard{TB: t, programs: make(map[string]*program)}
	t.Cleanup(func() {
		for _, s := range y.all() {
			_ = y.Cancel(context.Background(), s.Name)
		}
		y.running.Wait()
	})
	return y
}

var errNotNow = model.Errorf(model.Unavailable, "not now")

// Launch implements runner.Launcher.
func (y *yard) Launch(_ context.Context, o runner.Order) error {
	var err error
	if y.refuse != nil {
		var after bool
		if after, err = y.refuse(o.Name); err != nil && !after {
			return err
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.launched = append(y.launched, o.Name)
	if y.programs[o.Name] != nil {
		y.Errorf("%s is launched again", o.Name)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	p := &program{runner.Status{Name: o.Name, State: runner.Running}, cancel}
	y.programs[o.Name] = p
	if p.cancel == nil {
		return err
	}
	y.most = max(y.most, len(y.programs))
	work, _ := y.works.Load(o.Name)
	y.running.Go(func() { y.run(ctx, p, work.(launched)) })
	return err
}

// launched is the work of a program.
type launched struct {
	id   runner.ID
	work runner.Work
}

func (y *yard) run(ctx context.Context, p *program, l launched) {
	before, after := false, false
	if y.dies != nil {
		before, after = y.dies()
	}
	var outcome runner.Outcome = crash{State: runner.Lost}
	if !before {
		outcome = l.work.Run(ctx)
	}
	if after {
		outcome = crash{State: runner.Lost}
	}
	if code, crashes := outcome.(crash); crashes {
		y.end(p, runner.Status{Name: p.Name, State: code.State, Code: code.Code, Reason: code.Reason})
		return
	}
	_ = y.deliver(ctx, runner.Report{ID: l.id, Outcome: outcome}) // it never fails
	y.end(p, runner.Status{Name: p.Name, State: runner.Exited})
}

// crash is the outcome of programs that end without delivering any.
type crash runner.Status

func (y *yard) end(p *program, s runner.Status) {
	y.mu.Lock()
	defer y.mu.Unlock()
	p.Status = s
}

// deliver tells the runner that was started last.
func (y *yard) deliver(_ context.Context, r runner.Report) error {
	y.mu.Lock()
	report := y.report
	y.mu.Unlock()
	report([]runner.Report{r})
	return nil
}

func (y *yard) all() (list []runner.Status) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, p := range y.programs {
		list = append(list, p.Status)
	}
	return list
}

// List implements runner.Launcher.
func (y *yard) List(_ context.Context, prefix string) (list []runner.Status, err error) {
	y.mu.Lock()
	y.lists++
	y.mu.Unlock()
	if y.away.Load() {
		return nil, errNotNow
	}
	for _, s := range y.all() {
		if strings.HasPrefix(s.Name, prefix) {
			list = append(list, s)
		}
	}
	return list, nil
}

// Cancel implements runner.Launcher.
func (y *yard) Cancel(_ context.Context, name string) error {
	if y.away.Load() {
		return errNotNow
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if p := y.programs[name]; p != nil {
		p.cancel(runner.ErrCancelled)
	}
	return nil
}

// Forget implements runner.Launcher.
func (y *yard) Forget(_ context.Context, name string) error {
	if y.keep != nil {
		if err := y.keep(name); err != nil {
			return err
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if p := y.programs[name]; p != nil && !p.State.Over() {
		y.Errorf("%s runs and is to be forgotten", name)
	}
	delete(y.programs, name)
	return nil
}

// Close implements runner.Launcher.
func (y *yard) Close() error { return nil }

// runner returns a runner with the yard's programs.
func (y *yard) runner(change ...func(*launch.Config)) runner.Adopter {
	cfg := launch.Config{
		Launcher: y, Instance: "test", Deliver: y.deliver, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond,
		Order: func(j *runner.Job) (runner.Order, error) {
			return runner.Order{Task: j.Task, Priority: j.Priority}, nil
		},
		Failed: func(reason error) runner.Outcome { return failed(reason.Error()) },
	}
	for _, f := range change {
		f(&cfg)
	}
	return &known{launch.New(cfg), y}
}

// failed is the outcome of jobs that the runner itself fails.
type failed string

// known is a runner whose works the yard knows.
type known struct {
	*launch.Runner
	y *yard
}

func (k *known) Start(report func([]runner.Report)) error {
	k.y.mu.Lock()
	k.y.report = report
	k.y.mu.Unlock()
	return k.Runner.Start(report)
}

func (k *known) Submit(jobs []runner.Job) {
	for _, j := range jobs {
		k.y.works.Store(launch.NameOf("test", j.ID), launched{j.ID, j.Work})
	}
	k.Runner.Submit(jobs)
}

// work is what a job does.
type work func(context.Context) runner.Outcome

func (w work) Run(ctx context.Context) runner.Outcome { return w(ctx) }

func id(n int) runner.ID { return runner.ID{Attempt: 1, Task: model.TaskID(n), Try: 1} }

// reports are what a runner told.
type reports chan runner.Report

func (r reports) take(list []runner.Report) {
	for _, one := range list {
		r <- one
	}
}

// next returns the next report.
func (r reports) next(t testing.TB) runner.Report {
	t.Helper()
	select {
	case one := <-r:
		return one
	case <-time.After(time.Minute):
		t.Fatal("no report")
		panic("unreachable")
	}
}

// started starts a runner, which is closed with the test.
func (y *yard) started(change ...func(*launch.Config)) (runner.Adopter, reports) {
	y.Helper()
	r, told := y.runner(change...), make(reports, 1000)
	if err := r.Start(told.take); err != nil {
		y.Fatal(err)
	}
	y.Cleanup(func() {
		if err := r.Close(); err != nil {
			y.Error(err)
		}
	})
	return r, told
}

var errNever = errors.New("never")
