package store

import (
	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
)

// Choice is a Chooser that keeps limits.
type Choice struct {
	limits *admission.Limits
	now    model.Instant
	round  *admission.Round
	// Judged, when set, is called with each page and what became of its attempts.
	// Every one that waits is judged then.
	Judged func(page []Waiting, verdicts []admission.Verdict)
	// held and uses are those before anybody is admitted.
	held []Waiting
	uses []admission.Use
}

// Choose returns what chooses at an instant.
func Choose(l *admission.Limits, now model.Instant) *Choice { return &Choice{limits: l, now: now} }

// Begin implements Chooser.
func (c *Choice) Begin(held []Waiting, spent admission.Spent) bool {
	c.round = c.limits.Begin(runsOf(held), spent, c.now)
	if c.Judged != nil {
		c.held, c.uses = held, c.round.Uses()
	}
	return c.more()
}

// more reports whether those that come next are to be looked at.
func (c *Choice) more() bool { return c.Judged != nil || !c.round.Full() }

// Uses returns which runs hold a place, and how much of each limit is in use, where
// all are Judged.
func (c *Choice) Uses() (held []Waiting, list []admission.Use) { return c.held, c.uses }

func runsOf(list []Waiting) []admission.Run {
	runs := make([]admission.Run, len(list))
	for i := range list {
		runs[i] = list[i].Run
	}
	return runs
}

// Offer implements Chooser.
func (c *Choice) Offer(page []Waiting) (admitted []int, more bool) {
	verdicts := c.round.Offer(runsOf(page))
	for i := range verdicts {
		if verdicts[i].Admitted() {
			admitted = append(admitted, i)
		}
	}
	if c.Judged != nil {
		c.Judged(page, verdicts)
	}
	return admitted, c.more()
}

// Spent implements Chooser.
func (c *Choice) Spent() admission.Spent { return c.round.Spent() }
