package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl"
)

// count is what a process of the benchmark knows.
type count struct {
	Steps int `json:"steps"`
}

// sdkSteps measures processes in Go of three steps, in memory, one at a time and
// many: µs a process.
func sdkSteps(h *harness) error {
	step := func(name string) pawl.Step[count] {
		return pawl.Execute(name, func(_ context.Context, c *count) error { c.Steps++; return nil })
	}
	p, err := pawl.Define("three", "1", step("one"), step("two"), step("three"))
	if err != nil {
		return err
	}
	var cases []testCase
	for _, l := range []load{{1, h.size(20_000, 20)}, {64, h.size(50_000, 100)}} {
		cases = append(cases, testCase{fmt.Sprintf("sdk-steps-%d", l.inFlight), "µs", func() (float64, error) { return processes(p, l) }})
	}
	return h.measure(cases...)
}

// processes runs processes in a new engine and returns how many µs each took of
// the whole.
func processes(p *pawl.Process[count], l load) (float64, error) {
	ctx := context.Background()
	e, err := pawl.Open(ctx, pawl.Config{Project: "bench"}, p)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = inTurn(l.workflows, l.inFlight, func(i int) error {
		r, err := p.Start(ctx, e, fmt.Sprint(i), count{})
		if err == nil {
			err = r.Wait(ctx)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	last, err := p.Run(e, fmt.Sprint(l.workflows-1)).Params(ctx)
	if err == nil && last.Steps != 3 {
		err = fmt.Errorf("a process has counted %d steps", last.Steps)
	}
	if err != nil {
		return 0, err
	}
	return float64(took.Nanoseconds()) / 1000 / float64(l.workflows), e.Close()
}
