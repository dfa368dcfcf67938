package postgres

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeadOwners(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	s, other := openAndClose(t, cfg), openAndClose(t, cfg)
	// For some seconds after the start of a database nobody counts as dead.
	const untilSettled = `SELECT pg_sleep(greatest(0, extract(epoch FROM pg_postmaster_start_time() + interval '5.1 seconds' - clock_timestamp())))`
	if _, err := s.pool.Exec(ctx, untilSettled); err != nil {
		t.Fatal(err)
	}
	lease := func(of *Store, owner string, d time.Duration) int64 {
		t.Helper()
		epoch, err := of.Lease(ctx, owner, 0, d)
		if err != nil {
			t.Fatal(err)
		}
		return epoch
	}
	standing := lease(s, "standing", time.Hour)
	over := lease(s, "over", time.Microsecond)
	ended := lease(s, "ended", time.Hour)
	if err := s.EndLease(ctx, "ended", ended); err != nil {
		t.Fatal(err)
	}
	remote := lease(other, "remote", time.Hour)
	check := func(want ...int64) {
		t.Helper()
		got, err := s.Dead(ctx, []int64{standing, over, ended, remote, 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	check(over, ended, 1<<30)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	check(over, ended, remote, 1<<30)
	if _, err := s.Lease(ctx, "remote", remote, time.Hour); err == nil {
		t.Error("the lease of an owner that counts as dead was renewed")
	}
	if _, err := s.Lease(ctx, "standing", standing, time.Hour); err != nil {
		t.Errorf("a lease that stands: %v", err)
	}
}

func TestConnectionsForJobsPlanAsTheServerDoes(t *testing.T) {
	t.Parallel()
	pool, err := openTemp(t).Jobs(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for name, want := range map[string]string{"enable_seqscan": "on", "enable_bitmapscan": "on", "enable_hashjoin": "on"} {
		var got string
		if err := pool.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	var jobs int
	if err := pool.QueryRow(ctx, "SELECT count(*) FROM river_job").Scan(&jobs); err != nil || jobs != 0 {
		t.Errorf("%d jobs, %v", jobs, err)
	}
}
