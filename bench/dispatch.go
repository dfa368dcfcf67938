package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/workflow"
)

// dispatch runs workflows in a store that has a million attempts that have
// ended, and in one that is empty.
func dispatch(h *harness) error {
	n := h.size(1_000_000, 1_000)
	path, err := h.filledSQLite(n)
	if err != nil {
		return err
	}
	err = h.dispatchOn(h.onSQLite(), func() (store.Store, error) { return sqlite.Open(path) })
	if err != nil {
		return err
	}
	cfg, err := h.filledPostgres(n)
	if err != nil {
		return err
	}
	err = h.dispatchOn(h.onPostgres(), func() (store.Store, error) { return postgres.Open(context.Background(), cfg) })
	return errors.Join(err, drop(cfg))
}

// dispatchOn runs workflows in both stores in turn. What comes first in each
// round fills caches and is not counted.
func (h *harness) dispatchOn(on medium, full func() (store.Store, error)) error {
	w, err := chain(stepsOfWorkflow)
	if err != nil {
		return err
	}
	l := load{50, h.size(3_000, 20)}
	var cases []testCase
	var machines []*machine
	for _, c := range []struct {
		name string
		open func() (store.Store, error)
	}{{"-1M", full}, {"-empty", on.open}} {
		s, err := c.open()
		if err != nil {
			return err
		}
		m, err := newMachine(s, shared)
		if err != nil {
			return err
		}
		machines = append(machines, m)
		cases = append(cases, testCase{"dispatch-" + on.name + c.name, "steps/s", func() (float64, error) { return stepsAmong(m, w, l) }})
	}
	err = h.measure(cases...)
	for _, m := range machines {
		err = errors.Join(err, m.close())
	}
	return err
}

// stepsAmong runs workflows in a store that may have others.
func stepsAmong(m *machine, w *workflow.Workflow, l load) (float64, error) {
	run := time.Now().UnixNano()
	key := func(i int) string { return fmt.Sprint(run, "/", i) }
	if _, err := inTurn(l.workflows/10, l.inFlight, func(i int) error { return m.run(w, key(-i-1)) }); err != nil {
		return 0, err
	}
	began := time.Now()
	_, err := inTurn(l.workflows, l.inFlight, func(i int) error { return m.run(w, key(i)) })
	return float64(stepsOfWorkflow*l.workflows) / time.Since(began).Seconds(), err
}
