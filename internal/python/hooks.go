package python

import (
	"context"
	"io"

	"github.com/pawlhq/pawl/internal/params"
)

// RunDAGHook calls a hook of a pipeline as Run runs a task: in a process of its
// own, which prints to output. An empty cwd stands for that of the host.
func (h *Host) RunDAGHook(ctx context.Context, c Call, d DAG, o Outcome, cwd string, output io.Writer) error {
	request, err := dagHook(c, d, o)
	if err != nil {
		return err
	}
	return h.runRequest(ctx, "dag_hook", request, cwd, output)
}

// RunTaskHook calls a hook of a task that does not run in such a way.
func (h *Host) RunTaskHook(ctx context.Context, c Call, t Task, cwd string, output io.Writer) error {
	return h.runRequest(ctx, "task_hook", params.Of("call", c.value(), "task", t.value()), cwd, output)
}

// runRequest has a process of its own answer a request, whose value is dropped.
func (h *Host) runRequest(ctx context.Context, kind string, request params.Map, cwd string, output io.Writer) error {
	mode, err := modeOf(Automatic, h.config.Mode, h.config.Env)
	if err != nil {
		return err
	}
	if cwd == "" {
		cwd = h.config.Cwd
	}
	text, status, err := h.runAs(ctx, mode, cwd, params.AppendJSON(nil, h.withMade(request.Set("kind", kind).Set("path", h.folders()))), output)
	if err != nil {
		return err
	}
	_, err = resultOf(text, status)
	return err
}
