// Package storetest is the suite that every store passes: each sentence of
// the contract in package store is a test here. It knows no implementation.
package storetest

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/store"
)

// Subject is a store under test.
type Subject struct {
	store.Store
	// Pass lets time go by for the leases in the store.
	Pass func(time.Duration)
}

// Run checks a store against the contract. open returns an empty one and
// closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"projects", projectTests},
		{"deletion", deletionTests},
		{"workflows", workflowTests},
		{"schedules", scheduleTests},
		{"firing", fireTests},
		{"ticks", tickTests},
		{"sensors", sensorTests},
		{"starts", startTests},
		{"starts together", togetherTests},
		{"room", roomTests},
		{"chain", chainTests},
		{"sessions", sessionTests},
		{"list", listTests},
		{"search", searchTests},
		{"tags", tagTests},
		{"backfills", backfillTests},
		{"queue", queueTests},
		{"slots", slotTests},
		{"commit", commitTests},
		{"repeat", repeatTests},
		{"fence", fenceTests},
		{"events", eventTests},
		{"log", logTests},
		{"values", valueTests},
		{"notes", noteTests},
		{"digest", digestTests},
		{"load", loadTests},
		{"lease", leaseTests},
		{"claim", claimTests},
		{"due", dueTests},
		{"wake", wakeTests},
		{"inbox", inboxTests},
		{"watch", watchTests},
		{"deliver", deliverTests},
		{"given", givenTests},
		{"offsets", offsetTests},
		{"listen", listenTests},
		{"early", earlyTests},
		{"letters", letterTests},
		{"returned", returnedTests},
		{"outbox", outboxTests},
		{"signals", modelTests},
		{"secrets", secretTests},
		{"tokens", tokenTests},
		{"audit", auditTests},
		{"prune", pruneTests},
		{"delete", deleteTests},
		{"rules", ruleTests},
		{"forget", forgetTests},
		{"orphans", orphanTests},
		{"calls", callTests},
		{"items", itemTests},
		{"versions", versionTests},
		{"facts", factTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(newFixture(t, open(t)))
				})
			}
		})
	}
	t.Run("records", func(t *testing.T) {
		t.Parallel()
		runRecords(t, open)
	})
}

// RunDurable checks that a store keeps what it was given when it is closed.
// open opens the store that lives in dir, a new one when dir is empty. The
// caller closes it.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) Subject) {
	for _, test := range durableTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.run(t, func() *fixture { return newFixture(t, open(t, dir)) })
		})
	}
}

type test struct {
	name string
	run  func(f *fixture)
}
