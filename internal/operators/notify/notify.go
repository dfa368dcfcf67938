// Package notify holds the operator that tells people something and the ways
// to tell them: the log, a command, an HTTP request. Which way it is, the
// system's configuration says, not the task.
package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Specs returns the operator.
func Specs() []operator.Spec {
	return []operator.Spec{{Name: "notify", Operator: operator.Func(run), Check: check, Keys: where, IgnoresRetry: true}}
}

// where are the built-in parameters that a notification carries.
var where = []string{
	"project_id", "session_id", "attempt_id", "task_name", "timezone", "session_uuid", "session_time",
}

// check sees what is wrong with a task as it is written.
func check(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
}

// run sends the command as a message. Without a notifier it does nothing.
func run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.Notifier == nil {
		return operator.Result{}, nil
	}
	message, err := t.Params.String("_command")
	if err != nil {
		return operator.Result{}, err
	}
	n := operator.Notification{Message: message, Time: t.Now()}
	for _, key := range where {
		if v, ok := t.Params.Get(key); ok {
			n.Params = n.Params.Set(key, v)
		}
	}
	err = t.Services.Notifier.Notify(ctx, n)
	switch {
	case err == nil:
		return operator.Result{}, nil
	case ctx.Err() != nil:
		return operator.Result{}, context.Cause(ctx)
	}
	return again(t, err)
}

// retryKey counts in a task's state how often it was tried again.
const retryKey = "retry"

// again tries again later, unless that was done often enough.
func again(t *operator.Task, failure error) (operator.Result, error) {
	done, err := t.State.IntOr(retryKey, 0)
	if err != nil {
		return operator.Result{}, err
	}
	var limit, shortest, longest int64
	for _, s := range []struct {
		key string
		def int64
		to  *int64
	}{
		{"notification.retries", 10, &limit},
		{"notification.min_retry_wait", 1_000, &shortest},
		{"notification.max_retry_wait", 30_000, &longest},
	} {
		if *s.to, err = number(t.Services.Settings, s.key, s.def); err != nil {
			return operator.Result{}, err
		}
	}
	if done >= limit {
		return operator.Result{}, &operator.Error{Message: fmt.Sprintf("Notification failed: %v", failure)}
	}
	wait := shortest
	for range done {
		if wait >= longest {
			break
		}
		wait *= 2
	}
	return operator.Result{Wait: &operator.Wait{
		Until: t.Now().Add(time.Duration(min(wait, longest)) * time.Millisecond),
		State: t.State.Set(retryKey, done+1),
	}}, nil
}

// mostMilliseconds bounds waits and timeouts: a year.
const mostMilliseconds = int64(365 * 24 * time.Hour / time.Millisecond)

// number reads a setting that is a count or a number of milliseconds.
func number(settings map[string]string, key string, def int64) (int64, error) {
	text, ok := settings[key]
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > mostMilliseconds {
		return 0, model.Errorf(model.Invalid, "setting %s must be a number from 0 to %d, not %q", key, mostMilliseconds, text)
	}
	return n, nil
}

// Describe returns a notifier that adds to each notification what of gives, such as
// the names of the project and the workflow: tasks know ids alone. It is nil if n is.
func Describe(n operator.Notifier, of func(context.Context) (params.Map, error)) operator.Notifier {
	if n == nil {
		return nil
	}
	return described{n, of}
}

type described struct {
	operator.Notifier
	of func(context.Context) (params.Map, error)
}

func (d described) Notify(ctx context.Context, n operator.Notification) error {
	p, err := d.of(ctx)
	if err != nil {
		return err
	}
	n.Params = p.Merge(n.Params)
	return d.Notifier.Notify(ctx, n)
}
