package files_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/product/files"
)

// lockVariable names the product that a process of TestALockKeepsOtherProcessesOut
// tries to lock.
const lockVariable = "PAWL_TEST_LOCK"

func TestALockIsHeldByOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	var inside atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		paths := []string{a, b, a}
		if i%2 == 0 {
			paths = []string{b, dir + "/x/../a"}
		}
		wg.Go(func() {
			unlock, err := files.Lock(t.Context(), paths...)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d hold the lock", n)
			}
			inside.Add(-1)
		})
	}
	wg.Wait()
}

func TestALockThatIsGivenBackAllTheTimeIsHeldByOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	var inside atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				release := files.TryLock(t, path)
				if release == nil {
					continue
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				runtime.Gosched()
				inside.Add(-1)
				release()
			}
		})
	}
	wg.Wait()
}

func TestWhoWaitsForALockCanBeCalledBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	free, taken := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	unlock, err := files.Lock(t.Context(), taken)
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := files.Lock(ctx, taken); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := files.Lock(ctx, free, taken); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the time is over", err)
	}
	unlock()
	again, err := files.Lock(t.Context(), free, taken)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestALockKeepsOtherProcessesOut(t *testing.T) {
	if path := os.Getenv(lockVariable); path != "" {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		unlock, err := files.Lock(ctx, path)
		if err != nil {
			os.Exit(3)
		}
		unlock()
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	other := func() int {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestALockKeepsOtherProcessesOut$")
		c.Env = append(os.Environ(), lockVariable+"="+path)
		_ = c.Run() // the code tells
		return c.ProcessState.ExitCode()
	}
	unlock, err := files.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got := other(); got != 3 {
		t.Errorf("another process got the lock: exit code %d", got)
	}
	unlock()
	if got := other(); got != 0 {
		t.Errorf("another process did not get the free lock: exit code %d", got)
	}
}
