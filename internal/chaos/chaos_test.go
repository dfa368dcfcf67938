//go:build linux

package chaos

import (
	"context"
	"errors"
	"testing"
	"time"
)

// How far apart faults are in the mean, and within what time everything must
// have ended once there are no more. Machines that are busy with other tests
// are slow, so that it is long.
const (
	faultEvery  = 1200 * time.Millisecond
	settleAfter = 4 * time.Minute
)

// Servers that share a database lose nothing and repeat nothing, whatever
// happens to them and to it.
func TestNothingIsLostWhenServersAreKilled(t *testing.T) {
	t.Parallel()
	survive(t, 1, servers(3))
}

// Nor do servers that leave the tasks to workers.
func TestNothingIsLostWhenServersAndWorkersAreKilled(t *testing.T) {
	t.Parallel()
	queued := "runner.type = queue"
	survive(t, 2, servers(3, queued, "agent.enabled = false"), workers(2, queued))
}

// survive lets a cluster live through its faults and checks what is left. Each
// of the tests makes half of what was asked for.
func survive(t *testing.T, stream uint64, kinds ...kind) {
	t.Helper()
	kills, workflows := (*kills+1)/2, (*workflows+1)/2
	random, others := dice(t, stream), dice(t, stream+100)
	c := newCluster(t, kinds...)
	c.start(t, random.Uint64())
	l := newLoad(t, c, others)
	f := &faults{cluster: c, dice: random, kinds: faultsOfDatabases, pause: faultEvery}
	f.rest = func(ctx context.Context) error { return wait(ctx, f.upTo(2*f.pause)) }
	began := time.Now()
	spread := max(*lasts, time.Duration(kills)*faultEvery)
	within := 4*spread + time.Minute
	ctx, cancel := context.WithTimeoutCause(t.Context(), within+settleAfter, errors.New("it takes too long"))
	defer cancel()
	must(t, l.push(ctx, "first", began.Add(-time.Minute)))
	must(t, l.find(ctx))

	over := make(chan struct{})
	loaded := make(chan error, 1)
	go func() { loaded <- l.run(ctx, workflows, spread/time.Duration(workflows), over) }() // received below
	err := f.run(ctx, kills, func() bool { return time.Since(began) > *lasts })
	close(over)
	must(t, errors.Join(err, <-loaded))
	t.Logf("%v: faults %v", time.Since(began).Round(time.Second), f.done)

	after, done := context.WithTimeoutCause(t.Context(), settleAfter, errors.New("it takes too long"))
	defer done()
	must(t, l.disable(after, "often"))
	s := c.open(t)
	must(t, settled(after, s))
	killed, left := c.deaths()
	t.Logf("%v: all has ended; %d processes were killed, %d ended because they could not work on", time.Since(began).Round(time.Second), killed, left)
	if err := c.stop(); err != nil {
		t.Error(err)
	}
	if killed < kills || len(l.started) < workflows {
		t.Errorf("%d kills and %d workflows, want at least %d and %d", killed, len(l.started), kills, workflows)
	}
	c.checkLogs(t)
	checkTruth(t, readTruth(t, s), l)
}

// checkTruth fails unless what the store says agrees with what clients were
// told and with what tasks noted.
func checkTruth(t *testing.T, w *truth, l *load) {
	t.Helper()
	w.checkStarts(t, l.started)
	w.checkEnds(t)
	w.checkHistory(t)
	w.checkLedger(t, l.notes(t))
	w.checkSlots(t, "often", 3*time.Second)
	w.checkBackfill(t, backfillName, backfilled)
	t.Logf("%d starts were acknowledged, %d attempts ran", len(l.started), len(w.attempts))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
