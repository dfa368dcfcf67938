package launch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/launch"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestLaunchIsARunner(t *testing.T) {
	runnertest.RunApart(t, func(t *testing.T) runner.Runner { return newYard(t).runner() })
}

func TestLaunchIsAnAdopter(t *testing.T) {
	runnertest.RunAdopter(t, func(t *testing.T) (first, second runner.Adopter) {
		y := newYard(t)
		return y.runner(), y.runner()
	})
}

// A launcher that refuses, loses answers or stutters changes when jobs run only.
func TestLaunchIsARunnerOnALauncherWithFaults(t *testing.T) {
	runnertest.RunApart(t, func(t *testing.T) runner.Runner {
		y := newYard(t)
		var n atomic.Int64
		y.refuse = func(string) (bool, error) {
			i := n.Add(1)
			if i%20 == 1 {
				return i%2 == 0, errNotNow
			}
			return false, nil
		}
		return y.runner()
	})
}

func nothing(context.Context) runner.Outcome { return nil }

func job(n int, w work) runner.Job {
	return runner.Job{ID: id(n), Task: fmt.Sprint("+job", n), Work: w}
}

func TestWhatBecomesOfProgramsThatDeliverNothing(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	r, told := y.started()
	for n, c := range []struct {
		ends crash
		want runner.Report
	}{
		{crash{State: runner.Lost, Reason: "the node died"}, runner.Report{ID: id(0), Lost: true}},
		{crash{State: runner.Exited, Code: 6, Reason: "no database"}, runner.Report{ID: id(1), Outcome: failed("the program of the task ended with exit code 6: no database")}},
		{crash{State: runner.Exited, Code: runner.ExitTold}, runner.Report{ID: id(2), Lost: true}},
		{crash{State: runner.Exited, Code: 143}, runner.Report{ID: id(3), Lost: true}},
		{crash{State: runner.Failed, Reason: "no such image"}, runner.Report{ID: id(4), Outcome: failed("the program of the task was ended: no such image")}},
	} {
		r.Submit([]runner.Job{job(n, func(context.Context) runner.Outcome { return c.ends })})
		if got := told.next(t); got != c.want {
			t.Errorf("%+v: reported as %+v", c.ends, got)
		}
	}
	waitFor(t, "all are forgotten", func() bool { return len(y.all()) == 0 })
}

// A program that can't be forgotten is reported once and keeps nobody else.
func TestAProgramThatCanNotBeForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		var stays atomic.Bool
		stays.Store(true)
		y.keep = func(name string) error {
			if stays.Load() && name == launch.NameOf("test", id(0)) {
				return errNotNow
			}
			return nil
		}
		r, told := y.started(func(c *launch.Config) { c.Slots = 1 })
		ends := func(context.Context) runner.Outcome { return crash{State: runner.Lost} }
		r.Submit([]runner.Job{job(0, ends), job(1, ends), job(2, ends)})
		for n := range 3 {
			if got := told.next(t); got != (runner.Report{ID: id(n), Lost: true}) {
				t.Errorf("reported %+v", got)
			}
		}
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's time
		if len(told) > 0 {
			t.Errorf("it is told again: %+v", <-told)
		}
		stays.Store(false)
		waitFor(t, "it is forgotten", func() bool { return len(y.all()) == 0 })
	})
}

// A launch that takes long, such as one that fetches an image, is none of others'
// business.
func TestLongLaunchesDoNotKeepOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.refuse = func(name string) (bool, error) {
			if name < launch.NameOf("test", id(8)) {
				time.Sleep(10 * time.Minute) //nolint:forbidigo // of the bubble's time
			}
			return false, nil
		}
		r, told := y.started()
		began := time.Now()
		for n := range 10 {
			r.Submit([]runner.Job{job(n, nothing)})
		}
		for n := range 10 {
			got := <-told // after more time than others wait
			if took := time.Since(began); n < 2 && (got.ID.Task < 8 || took > 5*time.Minute) {
				t.Errorf("%v is reported after %v", got.ID, took)
			}
			if got.Lost || got.Outcome != nil {
				t.Errorf("reported %+v", got)
			}
		}
	})
}

// What is called off is reported although the launcher does not answer, and is called
// off there once it does.
func TestJobsAreCalledOffWhileTheLauncherIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.refuse = func(string) (bool, error) { return true, errNotNow } // it is launched all the same
		y.away.Store(true)
		r, told := y.started()
		ended := make(chan struct{})
		r.Submit([]runner.Job{job(0, func(ctx context.Context) runner.Outcome {
			<-ctx.Done()
			close(ended)
			return crash{State: runner.Lost}
		})})
		synctest.Wait()
		began := time.Now()
		r.Cancel(id(0))
		if got := told.next(t); got.ID != id(0) || got.Outcome != runner.ErrCancelled {
			t.Errorf("reported %+v", got)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it is reported after %v", took)
		}
		y.away.Store(false)
		<-ended
	})
}

// laggard is a launcher that does not answer, and launches much later.
type laggard struct {
	*yard
	orders chan runner.Order
}

func (l *laggard) Launch(ctx context.Context, o runner.Order) error {
	<-ctx.Done()
	l.orders <- o
	return context.Cause(ctx)
}

// A host that is away may begin with a program when it is back, although that was
// called off there before: then it is found, and called off once more.
func TestALaunchThatWasCalledOffIsFoundWhenTheHostIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &laggard{newYard(t), make(chan runner.Order, 1)}
		r, told := l.started(func(c *launch.Config) { c.Launcher = l })
		ended := make(chan struct{})
		r.Submit([]runner.Job{job(0, func(ctx context.Context) runner.Outcome {
			<-ctx.Done()
			close(ended)
			return crash{State: runner.Lost}
		})})
		synctest.Wait()
		r.Cancel(id(0))
		if got := told.next(t); got.ID != id(0) || got.Outcome != runner.ErrCancelled {
			t.Errorf("reported %+v", got)
		}
		time.Sleep(10 * time.Minute) //nolint:forbidigo // of the bubble's time
		if err := l.yard.Launch(t.Context(), <-l.orders); err != nil {
			t.Fatal(err)
		}
		<-ended
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's time
		if left := l.all(); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
	})
}

func waitFor(t *testing.T, what string, fact func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !fact(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestAProgramThatIsNotListedAnyMoreIsLost(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	r, told := y.started()
	begun, end := make(chan struct{}), make(chan struct{})
	r.Submit([]runner.Job{job(0, func(context.Context) runner.Outcome { close(begun); <-end; return crash{} })})
	<-begun
	y.mu.Lock()
	clear(y.programs)
	y.mu.Unlock()
	if got := told.next(t); !got.Lost {
		t.Errorf("it is reported as %+v", got)
	}
	close(end)
}

func TestWhatCanNeverBeLaunchedFails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*yard, *launch.Config){
		"launcher": func(y *yard, _ *launch.Config) {
			y.refuse = func(string) (bool, error) { return false, model.Errorf(model.Invalid, "no partition gpu") }
		},
		"order": func(_ *yard, c *launch.Config) {
			c.Order = func(*runner.Job) (runner.Order, error) { return runner.Order{}, errNever }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t)
			r, told := y.started(func(c *launch.Config) { change(y, c) })
			r.Submit([]runner.Job{job(0, nothing)})
			got, _ := told.next(t).Outcome.(failed)
			if !strings.Contains(string(got), "no partition gpu") && !strings.Contains(string(got), "never") {
				t.Errorf("outcome %q", got)
			}
			if ids, err := r.Adopt(t.Context(), 1); err != nil || len(ids) > 0 {
				t.Errorf("it is still there: %v, %v", ids, err)
			}
		})
	}
}

func TestSlotsBoundWhatIsOutAndPrioritiesOrderTheRest(t *testing.T) {
	t.Parallel()
	for slots := 1; slots <= 3; slots++ {
		y := newYard(t)
		r, told := y.started(func(c *launch.Config) { c.Slots = slots })
		release := make(chan struct{})
		var jobs []runner.Job
		var want []string
		for n := range 20 {
			j := job(n, func(context.Context) runner.Outcome { <-release; return nil })
			j.Priority = n / 5
			jobs = append(jobs, j)
			want = append(want, launch.NameOf("test", id((3-n/5)*5+n%5)))
		}
		r.Submit(jobs)
		waitFor(t, "the slots are taken", func() bool { return len(y.all()) == slots })
		close(release)
		for range jobs {
			told.next(t)
		}
		y.mu.Lock()
		if y.most != slots {
			t.Errorf("%d were out at a time, want %d", y.most, slots)
		}
		if slots == 1 && !slices.Equal(y.launched, want) {
			t.Errorf("they were launched as %v, want %v", y.launched, want)
		}
		y.mu.Unlock()
	}
}

func TestARestartFindsWhatRunsAndWhatFailedMeanwhile(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	first, _ := y.started()
	release, failing := make(chan struct{}), make(chan struct{})
	first.Submit([]runner.Job{
		job(0, func(context.Context) runner.Outcome { <-release; return nil }),
		job(1, func(context.Context) runner.Outcome { <-failing; return crash{State: runner.Exited, Code: 9} }),
	})
	waitFor(t, "both run", func() bool { return len(y.all()) == 2 })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	close(failing)
	waitFor(t, "one ended", func() bool { return strings.Contains(fmt.Sprint(y.all()), "exited") })
	second, told := y.started()
	ids, err := second.Adopt(t.Context(), 1, 2)
	if err != nil || len(ids) != 2 {
		t.Fatalf("adopted %v, %v", ids, err)
	}
	if got := told.next(t); got.ID != id(1) || got.Outcome != failed("the program of the task ended with exit code 9") {
		t.Errorf("reported %+v", got)
	}
	close(release)
	if got := told.next(t); got.ID != id(0) || got.Outcome != nil || got.Lost {
		t.Errorf("reported %+v", got)
	}
}

func TestProgramsThatNobodyWaitsForAreForgotten(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	first, _ := y.started()
	first.Submit([]runner.Job{job(0, nothing)})
	waitFor(t, "it was launched", func() bool { y.mu.Lock(); defer y.mu.Unlock(); return len(y.launched) == 1 })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, _ := y.started()
	if _, err := second.Adopt(t.Context(), 2); err != nil { // which has it look
		t.Fatal(err)
	}
	waitFor(t, "it is forgotten", func() bool { return len(y.all()) == 0 })
}

func TestTheLauncherIsAskedSeldomWhileNothingHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		r, told := y.started(func(c *launch.Config) { c.Poll = time.Second })
		release := make(chan struct{})
		r.Submit([]runner.Job{job(0, func(context.Context) runner.Outcome { <-release; return crash{State: runner.Lost} })})
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble's time
		y.mu.Lock()
		if y.lists < 300 || y.lists > 400 {
			t.Errorf("it was asked %d times in an hour, want one in ten seconds", y.lists)
		}
		y.mu.Unlock()
		close(release)
		told.next(t)
		synctest.Wait()
		y.mu.Lock()
		y.lists = 0
		y.mu.Unlock()
		time.Sleep(time.Hour) //nolint:forbidigo // of the bubble's time
		y.mu.Lock()
		if y.lists > 70 {
			t.Errorf("it was asked %d times in an hour in which there was no program", y.lists)
		}
		y.mu.Unlock()
	})
}

func TestNamesOfPrograms(t *testing.T) {
	t.Parallel()
	name := launch.NameOf("abcdefghij", runner.ID{Attempt: 1<<63 - 1, Task: 1<<31 - 1, Try: 1<<31 - 1})
	if len(name) > 63 {
		t.Errorf("%s has %d bytes", name, len(name))
	}
	for _, bad := range []string{"", "A", "a-b", "abcdefghijk"} {
		if err := launch.CheckInstance(bad); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLaunchRunsAttempts(t *testing.T) {
	runnertest.RunAttempts(t, true, func(t *testing.T) runner.Runner { return newYard(t).runner() })
}

func TestLaunchRunsAttemptsWhileProgramsAreKilled(t *testing.T) {
	runnertest.RunAttempts(t, true, func(t *testing.T) runner.Runner {
		y := newYard(t)
		var n atomic.Int64
		y.dies = func() (before, after bool) {
			i := n.Add(1)
			return i%5 == 2, i%7 == 3
		}
		return y.runner()
	})
}
