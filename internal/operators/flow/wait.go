package flow

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/operator"
)

// startKey is when a wait began, in its task's state.
const startKey = "wait_start_time_millis"

// wait is over when more time has passed since its first try than its command
// says.
func wait(ctx context.Context, t *operator.Task) (operator.Result, error) {
	d, poll, blocking, err := readWait(t.Params)
	if err != nil {
		return operator.Result{}, err
	}
	now := t.Now()
	start, err := t.State.IntOr(startKey, now.UnixMilli())
	if err != nil {
		return operator.Result{}, err
	}
	left := time.UnixMilli(start).Add(d).Sub(now)
	if left < 0 {
		return operator.Result{}, nil
	}
	left = max(left, time.Second)
	if blocking {
		return operator.Result{}, sleep(ctx, left)
	}
	if poll > 0 {
		left = poll
	}
	return operator.Result{Wait: &operator.Wait{Until: now.Add(left), State: t.State.Set(startKey, start)}}, nil
}

// readWait reads how long to wait and how. A poll of 0 means that none is
// asked for.
func readWait(p params.Map) (d, poll time.Duration, blocking bool, err error) {
	text, err := p.String("_command")
	if err != nil {
		return 0, 0, false, err
	}
	if d, err = schedule.ParseDuration(text); err != nil {
		return 0, 0, false, err
	}
	if blocking, err = p.BoolOr("blocking", false); err != nil {
		return 0, 0, false, err
	}
	if text, err = p.StringOr("poll_interval", ""); err != nil || text == "" {
		return d, 0, blocking, err
	}
	if blocking {
		return 0, 0, false, model.Errorf(model.Invalid, "poll_interval can't be specified with blocking:true")
	}
	poll, err = schedule.ParseDuration(text)
	return d, max(poll, time.Second), blocking, err
}

// sleep returns when the time has passed or the task is to end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
