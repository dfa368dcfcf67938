package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/operator"
)

// What a sensor has printed, and what masks its secrets, is known however its evaluation
// ends; and nothing of it is left.
func TestSensorsAreEvaluated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prints string
		err    error
		want   string
	}{
		"an answer":    {"looked\n{\"cursor\": \"4\"}\n", nil, ""},
		"none":         {"looked\n4\n", nil, "the sensor answered 4, and is to answer a mapping"},
		"a failure":    {"looked\n", errors.New("s3cret is wrong"), "*** is wrong"},
		"a wait":       {"looked\n", nil, "it waits for something"},
		"no such task": {"", nil, "unknown operator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, operator.Spec{Name: "sh", Operator: operator.Func(func(ctx context.Context, task *operator.Task) (operator.Result, error) {
				if _, err := task.Secrets.Secret(ctx, "key"); err != nil {
					return operator.Result{}, err
				}
				_, _ = fmt.Fprint(task.Output, c.prints)
				if name == "a wait" {
					return operator.Result{Wait: &operator.Wait{Until: now}}, nil
				}
				return operator.Result{}, c.err
			})})
			b.info.ID = 0 // it is of no attempt
			s := sensor.Sensor{Operator: "sh", Command: "look"}
			if name == "no such task" {
				s.Operator = "nothing"
			}
			dir := t.TempDir()
			a, err := b.Evaluate(t.Context(), b.info, "+w", &s, params.Map{}, dir)
			if c.want == "" && (err != nil || a.Cursor == nil || *a.Cursor != "4") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, %v", a, err)
			}
			if c.prints != "" && !strings.HasPrefix(a.Printed, "looked\n") || a.Hide == nil || c.prints != "" && a.Hide("s3cret") != "***" {
				t.Errorf("printed %q, and masks: %t", a.Printed, a.Hide != nil)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%v are left, %v", left, err)
			}
		})
	}
}
