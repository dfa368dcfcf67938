package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestMessagesAreKeptFromALevelOn(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]string{
		"":      "INFO  app: two\nWARN  app: three s***",
		"error": "",
		"debug": "DEBUG pawl: try 1 of +main+a begins, by the operator op\nDEBUG app: one\nINFO  app: two\nWARN  app: three s***\n" +
			"DEBUG pawl: the task failed: no",
	} {
		b := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
			if want := map[string]string{"": "info"}[level] + level; task.LogLevel != want {
				t.Errorf("the operator is told %q, want %q", task.LogLevel, want)
			}
			if _, err := task.Secrets.Secret(ctx, "key"); err != nil {
				return err
			}
			for i, text := range []string{"one", "two", "three ss3cret"} {
				if err := logs.WriteRecord(task.Output, logs.Record{Level: logs.Level(i + 1), Logger: "app", Message: text}); err != nil {
					return err
				}
			}
			return errors.New("no")
		}))
		local := typeOp
		if level != "" {
			local = local.Set("_log_level", level)
		}
		b.run(t, params.Map{}, local)
		if got := b.printed(t); got != want {
			t.Errorf("%s: printed\n%s\nwant\n%s", level, got, want)
		}
	}
}

func TestUnknownLevelsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, does("op", func(context.Context, *operator.Task) error { return nil }))
	c := b.run(t, params.Map{}, typeOp.Set("_log_level", "wran"))
	message, _ := c.Failure.Error.StringOr("message", "")
	hint, _ := c.Failure.Error.StringOr("hint", "")
	if c.Kind != engine.Fail || !strings.HasPrefix(message, `_log_level: unknown level "wran"`) || hint != `did you mean "warn"?` {
		t.Errorf("got %v, %q, %q", c.Kind, message, hint)
	}
}

func TestFailuresSayWhatKindTheyAre(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"retry":      &operator.Error{Message: "x", Again: &operator.Again{Most: 1}},
		"deliberate": &operator.Error{Message: "x", Props: params.Of("label", "x")},
		"operator":   nil,
		"":           errors.New("x"),
	} {
		b := newBench(t, does("op", func(context.Context, *operator.Task) error {
			if err == nil {
				panic("x")
			}
			return err
		}))
		c := b.run(t, params.Map{}, typeOp)
		if got, _ := c.Failure.Error.StringOr("fault", ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
