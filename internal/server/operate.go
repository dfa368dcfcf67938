package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// operateRoutes are those that change what an attempt does.
func operateRoutes() []route {
	return []route{
		{post, "/api/pawl/v1/attempts/{id}/skip", auth.AttemptSkip, skipTask, doc{tag: "attempt", body: "TaskName", answer: "Attempt",
			summary: "Pass over a task that has not ended, or has failed; answers the attempt or, if that is done, another one that goes on without the task"}},
		{post, "/api/pawl/v1/attempts/{id}/skip-to", auth.AttemptSkip, skipToTask, doc{tag: "attempt", body: "TaskName", answer: "Attempt",
			summary: "Begin a task at once that is not reached yet, and skip what would have come before it"}},
		{post, "/api/pawl/v1/attempts/{id}/edit", auth.AttemptEdit, editAttempt, doc{tag: "attempt", body: "Edit", answer: "Attempt",
			summary: "Change parameters of an attempt for all that is still to run; answers it as it was"}},
		{post, "/api/pawl/v1/attempts/{id}/retry", auth.AttemptRun, retryAttempt, doc{tag: "attempt", body: "Retry", answer: "Attempt",
			summary: "Run a session on that is done, by another attempt of the same revision and with the parameters as they stand; or a task again that has failed, while the attempt goes on"}},
		{del, "/api/pawl/v1/attempts/{id}", auth.AttemptDelete, deleteAttempt, doc{tag: "attempt", answer: "Attempt",
			summary: "Delete an attempt that is done, with its history and its logs; answers it as it was. Its session goes with the last of its attempts"}},
	}
}

// ordered reads a body about the attempt in the path, and asks for the change.
func (c *call) ordered(in any, change func(service.Order) (store.Attempt, error)) (any, error) {
	fault := c.body(in, false)
	a, err := c.pathAttempt()
	if err == nil {
		err = fault
	}
	if err != nil {
		return nil, err
	}
	of := a.ID
	if a, err = change(service.Order{Attempt: of, By: c.who.Name}); err != nil {
		return nil, err
	}
	if a.ID != of {
		c.target += fmt.Sprintf(", attempt %d", a.ID)
	}
	return c.attemptOut(&a)
}

// aboutTask is ordered for a body that names a task.
func (c *call) aboutTask(change func(service.Order) (store.Attempt, error)) (any, error) {
	var in struct {
		Task string `json:"task"`
	}
	return c.ordered(&in, func(o service.Order) (store.Attempt, error) {
		if in.Task == "" {
			return store.Attempt{}, required("task")
		}
		c.target += ", task " + in.Task
		o.Task = in.Task
		return change(o)
	})
}

func skipTask(c *call) (any, error) {
	return c.aboutTask(func(o service.Order) (store.Attempt, error) { return c.service.SkipTask(c.r.Context(), o) })
}

func skipToTask(c *call) (any, error) {
	return c.aboutTask(func(o service.Order) (store.Attempt, error) { return c.service.SkipToTask(c.r.Context(), o) })
}

func editAttempt(c *call) (any, error) {
	var in struct {
		Params *params.Map `json:"params"`
	}
	return c.ordered(&in, func(o service.Order) (store.Attempt, error) {
		if in.Params == nil {
			return store.Attempt{}, required("params")
		}
		for name := range in.Params.Keys() {
			c.target += ", parameter " + name
		}
		return c.service.Edit(c.r.Context(), o, *in.Params)
	})
}

func retryAttempt(c *call) (any, error) {
	var in struct {
		Mode   string     `json:"mode"`
		From   string     `json:"from"`
		Tasks  []string   `json:"tasks"`
		After  bool       `json:"after"`
		Rerun  bool       `json:"rerun"`
		Params params.Map `json:"params"`
		Name   string     `json:"name"`
	}
	return c.ordered(&in, func(o service.Order) (store.Attempt, error) {
		r := service.Retry{Attempt: o.Attempt, Params: in.Params, Name: in.Name, Rerun: in.Rerun, By: o.By}
		switch {
		case in.Mode == "all":
			r.All = true
		case in.Mode == "failed":
		case in.Mode == "from" && in.From != "":
			r.From = in.From
			c.target += ", from " + in.From
		case in.Mode == "from":
			return store.Attempt{}, required("from")
		case in.Mode == "tasks" && len(in.Tasks) > 0:
			r.Only, r.After = in.Tasks, in.After
			c.target += ", tasks " + strings.Join(in.Tasks, " ")
		case in.Mode == "tasks":
			return store.Attempt{}, required("tasks")
		default:
			return store.Attempt{}, model.Errorf(model.Invalid, "mode is %q, but must be all, failed, from or tasks", in.Mode)
		}
		if in.Rerun {
			c.target += rerunTarget
		}
		if in.Name != "" {
			if err := project.CheckRetryAttemptName(in.Name); err != nil {
				return store.Attempt{}, err
			}
		}
		return c.service.Retry(c.r.Context(), r)
	})
}

func deleteAttempt(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	out, err := c.attemptOut(&a)
	if err != nil {
		return nil, err
	}
	if _, err := c.store.DeleteAttempts(c.r.Context(), []model.AttemptID{a.ID}, 0); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), sweepWithin) // nobody else knows of them
	defer cancel()
	if c.cfg.Outputs != nil {
		err = c.cfg.Outputs.Remove(ctx, a.ID)
	}
	if c.cfg.Logs != nil {
		err = errors.Join(err, c.cfg.Logs.Remove(ctx, a.ID))
	}
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "attempt %d is deleted, but not all that its tasks have kept and printed: %w", a.ID, err)
	}
	return out, nil
}

// sweepWithin bounds how long it takes to remove logs.
const sweepWithin = 30 * time.Second
