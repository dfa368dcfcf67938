package sim

import (
	"context"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// site is a model of a runner in a world of its own, with what it reported.
type site struct {
	world
	*jobs
	reports map[runner.ID][]runner.Report
	runs    map[runner.ID]int
}

func newSite(seed uint64, f faults) *site {
	s := &site{reports: make(map[runner.ID][]runner.Report), runs: make(map[runner.ID]int)}
	s.jobs = newJobs(&s.world, newDice(seed, "site"), func() faults { return f })
	_ = s.Start(func(group []runner.Report) {
		for _, r := range group {
			s.reports[r.ID] = append(s.reports[r.ID], r)
		}
	})
	return s
}

// batch returns n jobs that count their runs and give their number, or the
// cause of their end.
func (s *site) batch(n int) []runner.Job {
	batch := make([]runner.Job, n)
	for i := range batch {
		id := runner.ID{Attempt: 1, Task: model.TaskID(i), Try: 1}
		batch[i] = runner.Job{ID: id, Work: workFunc(func(ctx context.Context) runner.Outcome {
			s.runs[id]++
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return i
		})}
	}
	return batch
}

func (s *site) rest() {
	for s.next() {
		continue
	}
}

type workFunc func(context.Context) runner.Outcome

func (f workFunc) Run(ctx context.Context) runner.Outcome { return f(ctx) }

func TestModelRunnerReportsEveryJobOnceWhenNothingGoesWrong(t *testing.T) {
	t.Parallel()
	s := newSite(1, faults{})
	batch := s.batch(100)
	s.Submit(batch)
	ids := make([]runner.ID, len(batch))
	for i, j := range batch {
		ids[i] = j.ID
	}
	clear(batch) // the runner does not keep the slice
	s.rest()
	for i, id := range ids {
		got := s.reports[id]
		if len(got) != 1 || got[0].Outcome != i || got[0].Lost || s.runs[id] != 1 {
			t.Errorf("job %d: reports %v after %d runs", i, got, s.runs[id])
		}
	}
}

func TestModelRunnerReportsEveryJobAtLeastOnceWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	for seed := range uint64(20) {
		s := newSite(seed, faults{reportLost: 0.3, reportTwice: 0.3, reportLate: 0.3})
		batch := s.batch(50)
		s.Submit(batch)
		s.rest()
		for _, j := range batch {
			got := s.reports[j.ID]
			if len(got) == 0 || s.runs[j.ID] != 1 {
				t.Errorf("seed %d: job %v: reports %v after %d runs", seed, j.ID, got, s.runs[j.ID])
			}
			for _, r := range got {
				if r.Lost {
					seen["lost"]++
				}
			}
			if len(got) > 1 {
				seen["twice"]++
			}
		}
	}
	if seen["lost"] == 0 || seen["twice"] == 0 {
		t.Errorf("the faults did not show: %v", seen)
	}
}

func TestModelRunnerDoesNotRunWhatIsCancelledBeforeItsStart(t *testing.T) {
	t.Parallel()
	s := newSite(1, faults{})
	batch := s.batch(1)
	s.Submit(batch)
	s.Cancel(batch[0].ID)
	s.Cancel(batch[0].ID)
	s.rest()
	got := s.reports[batch[0].ID]
	if len(got) != 1 || got[0].Outcome != runner.ErrCancelled || s.runs[batch[0].ID] != 0 {
		t.Errorf("reports %v after %d runs", got, s.runs[batch[0].ID])
	}
}

func TestModelRunnerCancelsWhatRuns(t *testing.T) {
	t.Parallel()
	s := newSite(1, faults{})
	batch := s.batch(1)
	s.Submit(batch)
	s.next() // it begins
	s.Cancel(batch[0].ID)
	s.rest()
	if got := s.reports[batch[0].ID]; len(got) != 1 || got[0].Outcome != runner.ErrCancelled {
		t.Errorf("reports %v", got)
	}
}

func TestModelRunnerOnlyEndsWhatHasBegunWhenItIsClosed(t *testing.T) {
	t.Parallel()
	s := newSite(1, faults{})
	s.Submit(s.batch(10))
	s.next() // one of them begins
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.Submit(s.batch(20))
	s.rest()
	runs := 0
	for _, n := range s.runs {
		runs += n
	}
	if len(s.reports) > 0 || runs != 1 {
		t.Errorf("after its end it ran %v and reported %v", s.runs, s.reports)
	}
}

func TestModelRunnerHoldsLateReportsBackWhenItIsClosed(t *testing.T) {
	t.Parallel()
	s := newSite(1, faults{reportLate: 1})
	s.Submit(s.batch(10))
	for len(s.runs) == 0 { // none has ended
		s.next()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.rest()
	if len(s.reports) > 0 {
		t.Errorf("after its end it reported %v", s.reports)
	}
}
