package postgres

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
)

// waitFor returns when n calls wait.
func waitFor[J any](q *queue[J], n int) {
	for waiting := -1; waiting != n; {
		runtime.Gosched()
		q.mu.Lock()
		waiting = len(q.waiting)
		q.mu.Unlock()
	}
}

func TestCallsThatWaitShareTheNextRun(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	var runs [][]int
	q := newQueue(func(jobs []int) []error {
		runs = append(runs, slices.Clone(jobs))
		entered <- struct{}{}
		<-leave
		errs := make([]error, len(jobs))
		for i, job := range jobs {
			if job == 3 {
				errs[i] = errors.New("three")
			}
		}
		return errs
	})
	var wg sync.WaitGroup
	errs := make([]error, 5)
	call := func(ctx context.Context, job int) {
		wg.Go(func() { errs[job] = q.do(ctx, job) })
	}
	call(ctx, 1)
	<-entered
	gone, cancel := context.WithCancelCause(ctx)
	for i, job := range []int{2, 3} {
		call(ctx, job)
		waitFor(q, i+1)
	}
	call(gone, 4)
	waitFor(q, 3)
	cause := errors.New("gave up")
	cancel(cause)
	waitFor(q, 2)
	leave <- struct{}{}
	<-entered
	leave <- struct{}{}
	wg.Wait()
	if diff := cmp.Diff([][]int{{1}, {2, 3}}, runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if errs[1] != nil || errs[2] != nil || errs[3] == nil || !errors.Is(errs[4], cause) {
		t.Errorf("errors %v", errs)
	}
}

func TestOneJobHarmsNoOther(t *testing.T) {
	t.Parallel()
	broken, down := errors.New("broken"), errors.Join(errLost, errors.New("down"))
	refused := model.Errorf(model.Conflict, "refused")
	for name, test := range map[string]struct {
		jobs, want []error
		runs       int
	}{
		"all well":             {[]error{nil, nil}, []error{nil, nil}, 1},
		"one is refused":       {[]error{nil, refused}, []error{nil, refused}, 1},
		"one fails":            {[]error{nil, broken, refused}, []error{nil, broken, refused}, 4},
		"the database is gone": {[]error{nil, down, nil}, []error{down, down, down}, 1},
		"alone":                {[]error{broken}, []error{broken}, 1},
	} {
		runs := 0
		got := oneByOne(test.jobs, func(jobs []error, errs []error) error {
			runs++
			for i, err := range jobs {
				if err != nil && err != error(refused) {
					return err
				}
				errs[i] = err
			}
			return nil
		})
		if !slices.Equal(got, test.want) || runs != test.runs {
			t.Errorf("%s: errors %v in %d runs, want %v in %d", name, got, runs, test.want, test.runs)
		}
	}
}
