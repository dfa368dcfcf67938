package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/params"
)

func TestWaitIsOverAfterItsTime(t *testing.T) {
	t.Parallel()
	started := params.Of("wait_start_time_millis", now.UnixMilli())
	for _, tt := range []struct {
		name    string
		options params.Map
		state   params.Map
		after   time.Duration
		want    time.Duration // 0 is the end of the wait
	}{
		{"at first", params.Map{}, params.Map{}, 0, 10 * time.Second},
		{"before the end", params.Map{}, started, 4 * time.Second, 6 * time.Second},
		{"close to the end", params.Map{}, started, 9900 * time.Millisecond, time.Second},
		{"at the end", params.Map{}, started, 10 * time.Second, time.Second},
		{"after the end", params.Map{}, started, 10*time.Second + time.Millisecond, 0},
		{"with its own interval", params.Of("poll_interval", "3s"), params.Map{}, 0, 3 * time.Second},
		{"with an interval beyond the end", params.Of("poll_interval", "1m"), started, 4 * time.Second, time.Minute},
		{"with no interval at all", params.Of("poll_interval", "0s"), started, 4 * time.Second, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := task("wait", "_command", "10s")
			task.Params = task.Params.Merge(tt.options)
			task.State = tt.state
			at := now.Add(tt.after)
			task.Now = func() time.Time { return at }
			r, err := run(t, task)
			if err != nil {
				t.Fatal(err)
			}
			var got time.Duration
			if r.Wait != nil {
				got = r.Wait.Until.Sub(at)
				if state := fmt.Sprint(r.Wait.State); state != fmt.Sprint(started) {
					t.Errorf("state %s, want %v", state, started)
				}
			}
			if got != tt.want {
				t.Errorf("waits for %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBlockingWaitReturnsAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r, err := run(t, task("wait", "_command", "1h", "blocking", true))
		if r.Wait != nil || err != nil || time.Since(start) != time.Hour {
			t.Errorf("got %v, %v after %v", r.Wait, err, time.Since(start))
		}
		why := errors.New("cancelled")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(why) })
		start = time.Now()
		_, err = runWith(ctx, t, dig.ReadConfig, task("wait", "_command", "1h", "blocking", "true"))
		if !errors.Is(err, why) || time.Since(start) != time.Minute {
			t.Errorf("cancelled: got %v after %v", err, time.Since(start))
		}
	})
}

func TestWaitRefuses(t *testing.T) {
	t.Parallel()
	wantInvalid(t, task("wait"), "'_command' is required")
	wantInvalid(t, task("wait", "_command", "10"), `invalid duration "10"`)
	wantInvalid(t, task("wait", "_command", "10s", "poll_interval", "x"), `invalid duration "x"`)
	wantInvalid(t, task("wait", "_command", "10s", "poll_interval", "1s", "blocking", true), "poll_interval can't be specified with blocking:true")
}
