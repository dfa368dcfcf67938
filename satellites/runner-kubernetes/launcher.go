package main

import (
	"context"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/pawlhq/pawl/runnerplugin"
)

// launcher launches programs as Jobs of a namespace.
type launcher struct {
	options
	api *api
}

// open opens the launcher of the cluster that settings name.
func open(_ context.Context, s runnerplugin.Settings) (runnerplugin.Launcher, error) {
	o, err := read(s)
	if err != nil {
		return nil, err
	}
	a, err := connect(s)
	if err != nil {
		return nil, err
	}
	return &launcher{o, a}, nil
}

// Launch implements runnerplugin.Launcher. The Job comes first, as its Secret is to end
// with it. A pod waits for the Secret.
func (l *launcher) Launch(ctx context.Context, o runnerplugin.Order) error {
	job, err := l.options.job(&o)
	if err != nil {
		return err
	}
	made, err := l.api.createJob(ctx, job)
	if apierrors.IsAlreadyExists(err) {
		made, err = l.api.job(ctx, o.Name)
		if apierrors.IsNotFound(err) || err == nil && made.DeletionTimestamp != nil {
			return runnerplugin.Errorf(runnerplugin.Unavailable, "another job %s is being deleted", o.Name)
		}
		if err == nil && (finished(made) || made.Annotations[endNote] != "") {
			return nil
		}
	}
	if err != nil {
		return explain("create the job "+o.Name, err)
	}
	if err := l.give(ctx, made, o.Input); err != nil {
		return l.undo(ctx, made, err)
	}
	return nil
}

// give gives a Job its input, unless it has it.
func (l *launcher) give(ctx context.Context, job *batchv1.Job, input []byte) error {
	what := "create the secret " + job.Name
	err := l.api.createSecret(ctx, secret(job, input))
	if !apierrors.IsAlreadyExists(err) {
		return explain(what, err)
	}
	there, err := l.api.secret(ctx, job.Name)
	if err != nil {
		return explain(what, err)
	}
	for _, owner := range there.OwnerReferences {
		if owner.UID == job.UID {
			return nil
		}
	}
	return runnerplugin.Errorf(runnerplugin.Unavailable, "%s: there is one that is not the job's", what)
}

// undoWithin is how long a Job that can't begin may take to be deleted.
const undoWithin = 10 * time.Second

// undo deletes a Job that does not get its input.
func (l *launcher) undo(ctx context.Context, job *batchv1.Job, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	if err := l.api.deleteJob(ctx, job.Name, &job.UID); err != nil && !apierrors.IsNotFound(err) {
		return runnerplugin.Errorf(runnerplugin.Unavailable, "%w; delete the job: %w", why, err)
	}
	return why
}

// List implements runnerplugin.Launcher: by one call for Jobs and one for their pods.
// Those are asked for last, so that a Job that has ended has a pod that has.
func (l *launcher) List(ctx context.Context, prefix string) ([]runnerplugin.Status, error) {
	jobs, err := l.api.jobs(ctx)
	if err != nil {
		return nil, explain("list jobs", err)
	}
	pods, err := l.api.pods(ctx)
	if err != nil {
		return nil, explain("list pods", err)
	}
	var list []runnerplugin.Status
	now := time.Now()
	for i := range jobs {
		job := &jobs[i]
		if !strings.HasPrefix(job.Name, prefix) {
			continue
		}
		s := l.status(job, pods[job.Name], now)
		if waitsForInput(pods[job.Name], now) {
			if _, err := l.api.secret(ctx, job.Name); apierrors.IsNotFound(err) {
				s.State, s.Reason = runnerplugin.Lost, "whoever made the job gave it no input"
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// ending is what a Job that is called off becomes: suspended, which has its pod asked to
// end, and killed after its grace period, and no other made.
const ending = `{"metadata":{"annotations":{"` + endNote + `":"true"}},"spec":{"suspend":true}}`

// Cancel implements runnerplugin.Launcher.
func (l *launcher) Cancel(ctx context.Context, name string) error {
	if err := l.api.patchJob(ctx, name, ending); err != nil && !apierrors.IsNotFound(err) {
		return explain("suspend the job "+name, err)
	}
	return nil
}

// Forget implements runnerplugin.Launcher.
func (l *launcher) Forget(ctx context.Context, name string) error {
	if err := l.api.deleteJob(ctx, name, nil); err != nil && !apierrors.IsNotFound(err) {
		return explain("delete the job "+name, err)
	}
	return nil
}

// Close implements runnerplugin.Launcher.
func (l *launcher) Close() error {
	for _, c := range []interface{ CloseIdleConnections() }{l.api.batch.Client, l.api.core.Client} {
		c.CloseIdleConnections()
	}
	return nil
}
