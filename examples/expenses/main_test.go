package main

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/pawltest"
)

func TestWhoIsNotAnsweredGetsNothing(t *testing.T) {
	e := pawltest.New(t, expenses)
	run, err := expenses.Start(t.Context(), e.Engine, "e-1", Expense{ID: "e-1", Amount: 250})
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(72 * time.Hour)
	if err := run.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x, _ := run.Params(t.Context()); x.Approved {
		t.Error("it is approved")
	}
}
