package runnertest

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
	"go.uber.org/goleak"
)

// RunAdopter runs the suite of runner.Adopter. Each test gets two new runners
// from open, which share their jobs as if they were in two processes, and are
// not started yet; the second one runs jobs, and the first one may. The test
// closes both. What either is told reaches the same function. Once one has reported
// how a job ended, the other may take it for lost.
func RunAdopter(t *testing.T, open func(t *testing.T) (first, second runner.Adopter)) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, p *pair)
	}{
		{"AdoptNamesWhatIsNotReported", adoptNamesWhatIsNotReported},
		{"AdoptNamesNothingOfOthers", adoptNamesNothingOfOthers},
		{"WhatASubmitterLeftIsRun", whatASubmitterLeftIsRun},
		{"OthersCancelWhatRuns", othersCancelWhatRuns},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one to run
			test.run(t, newPair(t, open))
		})
	}
}

// pair are two runners under test, with the reports of both.
type pair struct {
	first, second *station
}

func newPair(t *testing.T, open func(t *testing.T) (first, second runner.Adopter)) *pair {
	t.Helper()
	one, two := open(t)
	p := &pair{first: newStation(t, one, nil)}
	p.first.shared = true
	p.second = newStation(t, &sharing{Adopter: two, with: p.first}, nil)
	return p
}

// sharing is a runner whose reports reach those who wait for another's.
type sharing struct {
	runner.Adopter
	with *station
}

// Start implements runner.Runner.
func (s *sharing) Start(func([]runner.Report)) error { return s.Adopter.Start(s.with.take) }

// adopt returns what a runner names of the first attempt and some others, in
// order.
func (p *pair) adopt(t *testing.T, r runner.Runner, others ...model.AttemptID) []runner.ID {
	t.Helper()
	list, err := r.(runner.Adopter).Adopt(context.Background(), append(others, 1)...)
	if err != nil {
		t.Fatalf("Adopt: %v", err)
	}
	slices.SortFunc(list, func(a, b runner.ID) int { return cmp.Compare(a.Task, b.Task) })
	return list
}

func (p *pair) submit(n int) []*blocker {
	var jobs []runner.Job
	var blockers []*blocker
	for i := range n {
		blockers = append(blockers, block(i))
		jobs = append(jobs, blockers[i].Job)
	}
	p.first.Submit(jobs)
	return blockers
}

func adoptNamesWhatIsNotReported(t *testing.T, p *pair) {
	const n = 30
	blockers := p.submit(n)
	var want []runner.ID
	for i := range n {
		want = append(want, id(i))
	}
	if got := p.adopt(t, p.first.Runner); !slices.Equal(got, want) {
		t.Errorf("who submitted them has %v, want %v", got, want)
	}
	await(t, "the first job's start", blockers[0].began)
	// What its submitter has not passed on yet nobody else knows.
	for deadline := time.Now().Add(patience); ; {
		got := p.adopt(t, p.second.Runner)
		if slices.Equal(got, want) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("another process has %v, want %v", got, want)
		}
	}
	for i, b := range blockers {
		close(b.release)
		p.first.expect(id(i), nil)
	}
	for deadline := time.Now().Add(patience); len(p.adopt(t, p.second.Runner)) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("jobs that were reported are there for ever")
		}
	}
}

func adoptNamesNothingOfOthers(t *testing.T, p *pair) {
	other := block(0)
	other.ID.Attempt = 2
	p.first.Submit([]runner.Job{other.Job})
	await(t, "the job's start", other.began)
	for _, r := range []runner.Runner{p.first.Runner, p.second.Runner} {
		if got := p.adopt(t, r); len(got) > 0 {
			t.Errorf("an attempt without jobs has %v", got)
		}
		if got, want := p.adopt(t, r, 2, 3), []runner.ID{other.ID}; !slices.Equal(got, want) {
			t.Errorf("three attempts have %v, want %v", got, want)
		}
	}
	close(other.release)
	p.first.expect(other.ID, nil)
}

func whatASubmitterLeftIsRun(t *testing.T, p *pair) {
	const n = 20
	blockers := p.submit(n)
	await(t, "the first job's start", blockers[0].began)
	if err := within(t, "Close", p.first.Close); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, b := range blockers {
		close(b.release)
	}
	for i, b := range blockers {
		p.first.expect(id(i), nil)
		if got := b.runs.Load(); got != 1 {
			t.Errorf("job %d ran %d times", i, got)
		}
	}
}

func othersCancelWhatRuns(t *testing.T, p *pair) {
	blockers := p.submit(1)
	await(t, "the job's start", blockers[0].began)
	p.second.Cancel(id(0))
	p.first.expect(id(0), runner.ErrCancelled)
}
