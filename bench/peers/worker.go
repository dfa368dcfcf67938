package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	temporal "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const taskQueue = "bench"

// worker runs workflows and waits for them.
type worker struct {
	client client.Client
	worker temporal.Worker
}

func startWorker(address string) (*worker, error) {
	c, err := client.Dial(client.Options{
		HostPort: address, Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		return nil, err
	}
	w := temporal.New(c, taskQueue, temporal.Options{})
	w.RegisterWorkflow(steps)
	w.RegisterActivity(noop)
	return &worker{c, w}, w.Start()
}

func (w *worker) stop() {
	w.worker.Stop()
	w.client.Close()
}

// run runs one workflow to its end.
func (w *worker) run(ctx context.Context, n int) error {
	r, err := w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: uuid.NewString(), TaskQueue: taskQueue}, steps, n)
	if err != nil {
		return err
	}
	return r.Get(ctx, nil)
}

// steps is a workflow of n activities in a row.
func steps(ctx workflow.Context, n int) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for range n {
		if err := workflow.ExecuteActivity(ctx, noop).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func noop(context.Context) error { return nil }
