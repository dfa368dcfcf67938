package local_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLocalIsARunner(t *testing.T) {
	runnertest.Run(t, func(*testing.T) runner.Runner { return local.New(local.Config{Slots: 4}) })
}

func TestEagerIsARunner(t *testing.T) {
	runnertest.Run(t, func(*testing.T) runner.Runner { return local.NewEager() })
}

type work func(ctx context.Context) runner.Outcome

func (w work) Run(ctx context.Context) runner.Outcome { return w(ctx) }

func id(n int) runner.ID { return runner.ID{Attempt: 1, Task: model.TaskID(n), Try: 1} }

// log is what happened, in order.
type log struct {
	mu     sync.Mutex
	events []int
	groups []int // sizes of the groups of reports
}

func (l *log) job(n, priority int, light bool) runner.Job {
	return runner.Job{ID: id(n), Priority: priority, Light: light, Work: work(func(context.Context) runner.Outcome {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, n)
		return nil
	})}
}

func (l *log) report(reports []runner.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups = append(l.groups, len(reports))
}

// started runs a test of a runner in a bubble, where synctest.Wait tells that
// all is done.
func started(t *testing.T, r runner.Runner, l *log) {
	t.Helper()
	if err := r.Start(l.report); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestJobsRunByPriorityThenInOrder(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() runner.Runner{
		"eager": func() runner.Runner { return local.NewEager() },
		"local": func() runner.Runner { return local.New(local.Config{Slots: 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var l log
				r := open()
				priorities := []int{0, 5, 0, -1, 5, 0, 7}
				for n, p := range priorities { // nothing runs before Start
					r.Submit([]runner.Job{l.job(n, p, false)})
				}
				started(t, r, &l)
				synctest.Wait()
				if diff := cmp.Diff([]int{6, 1, 4, 0, 2, 5, 3}, l.events); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestSlotsBoundWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const slots = 3
		var l log
		r := local.New(local.Config{Slots: slots})
		started(t, r, &l)
		running, release := make(chan struct{}, 100), make(chan struct{})
		var jobs []runner.Job
		for n := range 10 {
			jobs = append(jobs, runner.Job{ID: id(n), Work: work(func(context.Context) runner.Outcome {
				running <- struct{}{}
				<-release
				return nil
			})})
		}
		r.Submit(jobs)
		for left := len(jobs); left > 0; left-- {
			synctest.Wait()
			if got := len(running); got != min(slots, left) {
				t.Fatalf("%d jobs run at a time while %d are left", got, left)
			}
			release <- struct{}{}
			<-running
		}
	})
}

func TestLightJobsDoNotWaitForASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l log
		r := local.New(local.Config{Slots: 1})
		started(t, r, &l)
		release := make(chan struct{})
		r.Submit([]runner.Job{
			{ID: id(0), Work: work(func(context.Context) runner.Outcome { <-release; return nil })},
			l.job(1, 0, false),
			l.job(2, 0, true),
		})
		synctest.Wait()
		if diff := cmp.Diff([]int{2}, l.events); diff != "" {
			t.Error(diff)
		}
		close(release)
	})
}

func TestEagerNeverRunsTwoJobsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l log
		r := local.NewEager()
		var jobs []runner.Job
		for n := range 20 {
			jobs = append(jobs, l.job(n, 0, n%3 == 0))
		}
		started(t, r, &l)
		r.Submit(jobs)
		synctest.Wait()
		if !slices.IsSorted(l.events) || len(l.events) != len(jobs) {
			t.Errorf("got %v", l.events)
		}
	})
}

func TestLightJobsAreReportedInGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l log
		r := local.New(local.Config{})
		var jobs []runner.Job
		for n := range 600 {
			jobs = append(jobs, l.job(n, 0, true))
		}
		r.Submit(jobs)
		started(t, r, &l)
		synctest.Wait()
		if diff := cmp.Diff([]int{256, 256, 88}, l.groups); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReportsDoNotWaitForALongJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l log
		r := local.NewEager()
		release := make(chan struct{})
		r.Submit([]runner.Job{
			l.job(0, 0, true),
			l.job(1, 0, true),
			{ID: id(2), Work: work(func(context.Context) runner.Outcome { <-release; return nil })},
		})
		started(t, r, &l)
		synctest.Wait()
		if diff := cmp.Diff([]int{2}, l.groups); diff != "" {
			t.Error(diff)
		}
		close(release)
	})
}

func TestCancelledJobNeverRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l log
		r := local.NewEager()
		r.Submit([]runner.Job{l.job(0, 0, false), l.job(1, 0, true), l.job(2, 1, false), l.job(3, 0, false)})
		for _, n := range []int{1, 2, 7} {
			r.Cancel(id(n))
		}
		r.Cancel(id(1))
		r.Submit([]runner.Job{l.job(4, 0, false)})
		r.Cancel(id(4))
		started(t, r, &l)
		synctest.Wait()
		if diff := cmp.Diff([]int{0, 3}, l.events); diff != "" {
			t.Error(diff)
		}
		reports := 0
		for _, n := range l.groups {
			reports += n
		}
		if reports != 5 {
			t.Errorf("%d reports of 5 jobs", reports)
		}
	})
}

func TestAJobThatYieldsLetsAnotherBegin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		slots, begun int
	}{{"several", 2, 4}, {"one at a time", 1, 1}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &log{}
				r := local.New(local.Config{Slots: c.slots})
				started(t, r, l)
				var begun atomic.Int32
				end := make(chan struct{})
				jobs := make([]runner.Job, 8)
				for i := range jobs {
					jobs[i] = runner.Job{ID: id(i), Work: work(func(ctx context.Context) runner.Outcome {
						begun.Add(1)
						runner.Yield(ctx)
						runner.Yield(ctx) // which is the same
						<-end
						return nil
					})}
				}
				r.Submit(jobs)
				synctest.Wait()
				if got := int(begun.Load()); got != c.begun {
					t.Errorf("%d jobs have begun with %d slots, want %d", got, c.slots, c.begun)
				}
				if got := r.Load().Busy; got != c.slots {
					t.Errorf("%d slots are in use, want %d", got, c.slots)
				}
				close(end)
				synctest.Wait()
				if got := r.Load(); got.Busy != 0 || len(l.groups) != len(jobs) {
					t.Errorf("in the end there is %+v, with %d reports", got, len(l.groups))
				}
			})
		})
	}
}
