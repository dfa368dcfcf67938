package remote

import (
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type retryOptions struct {
	Options
	console.OutputOptions
	local.ParamOptions
	latest, keep          bool
	revision              string
	all, resume           bool
	resumeFrom, retryName string
	tasks                 []string
	after, rerun          bool
}

func newRetry(world console.IO) *cobra.Command {
	o := retryOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "retry ATTEMPT", GroupID: "remote", Args: cobra.ExactArgs(1),
		Short: "Run a session on a server again",
		Long: "Run the session of an attempt on a server again, with the parameters of that attempt.\n\n" +
			"Say which revision runs, and what of it: all, or what did not succeed, what comes from a task on, or some\n" +
			"tasks alone. A run of a process keeps its version. While an attempt goes on, --resume-from runs one task\n" +
			"again that has failed, or that is held because its runner was lost.",
		Example: "  pawl retry 35 --latest-revision --resume\n  pawl retry 35 --keep-revision --resume-from +load\n" +
			"  pawl retry 35 --keep-revision --tasks 'fit-*' --and-after\n  pawl retry 36 --resume",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	console.Grouped(c, "Which revision", func(f *pflag.FlagSet) {
		f.BoolVar(&o.latest, "latest-revision", false, "the newest one")
		f.BoolVar(&o.keep, "keep-revision", false, "that of the attempt")
		f.StringVar(&o.revision, "revision", "", "the one of this `name`")
	})
	console.Grouped(c, "What is run", func(f *pflag.FlagSet) {
		f.BoolVar(&o.all, "all", false, "all tasks")
		f.BoolVar(&o.resume, "resume", false, "the tasks that did not succeed")
		f.StringVar(&o.resumeFrom, "resume-from", "", "`+TASK` and all that comes after it")
		f.Var((*console.Repeated)(&o.tasks), "tasks", "those alone whose names end as this `PATTERN` says; repeatable")
		f.BoolVar(&o.after, "and-after", false, "with --tasks: all that comes after them, too")
		f.BoolVar(&o.rerun, "rerun", false, "with --resume: memoised tasks, too, that were made before, as the others run them anyhow")
		f.StringVar(&o.retryName, "name", "", "`name` of the new attempt, which no other one of the session has (default: with --tasks, and of processes, its number, such as run 2; else random)")
		o.ParamOptions.Flags(f)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// check sees to it that of each choice exactly one is made.
func (o *retryOptions) check() error {
	if count(o.all, o.resume, o.resumeFrom != "", len(o.tasks) > 0) != 1 {
		return model.Errorf(model.Invalid, "retry needs one of --all, --resume, --resume-from +TASK and --tasks PATTERN")
	}
	if o.after && len(o.tasks) == 0 {
		return model.Errorf(model.Invalid, "--and-after says what else runs again than the --tasks, which are missing")
	}
	return nil
}

// checkRevision sees to it that one is chosen.
func (o *retryOptions) checkRevision() error {
	if count(o.latest, o.keep, o.revision != "") != 1 {
		return model.Errorf(model.Invalid, "retry needs one of --latest-revision, --keep-revision and --revision NAME")
	}
	return nil
}

func count(given ...bool) (n int) {
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}

func (o *retryOptions) run(ctx context.Context, arg string) error {
	attempt, err := id("an attempt", arg)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		a, err := r.Attempt(ctx, attempt)
		if err != nil {
			return err
		}
		kept, err := o.keeps(ctx, r, a)
		if err != nil {
			return err
		}
		if kept {
			return o.goOn(ctx, r, a)
		}
		if err := o.checkRevision(); err != nil {
			return err
		}
		start := client.Start{
			SessionTime: a.SessionTime, SessionKey: a.SessionKey, Resume: o.resumption(attempt), Rerun: o.all || o.rerun,
			Name: client.Text(cmp.Or(o.retryName, uuid.NewString())),
		}
		if start.Workflow, err = o.workflow(ctx, r, a); err != nil {
			return err
		}
		if start.Params, err = o.Read(o.World, a.Params); err != nil {
			return err
		}
		made, err := r.Start(ctx, start)
		if model.CodeOf(err) == model.Conflict && made.ID != "" {
			return model.Errorf(model.Conflict, "the session already has an attempt with the name %q (session_id=%s, attempt_id=%s)",
				start.Name, made.SessionID, made.ID).WithHint("leave out --name, or choose another one")
		}
		if err != nil {
			return err
		}
		return showStarted(o.World, o.OutputOptions, made)
	})
}

// workflow returns the one to run: the same, or that of the same name in
// another revision.
func (o *retryOptions) workflow(ctx context.Context, r Server, a client.Attempt) (client.ID, error) {
	if !o.keep {
		w, err := r.Workflow(ctx, a.Project.ID, a.Workflow.Name, o.revision)
		return w.ID, err
	}
	if a.Workflow.ID == "" {
		return "", model.Errorf(model.Invalid, "attempt %s is of a workflow that is not stored, so it can't be run again", a.ID)
	}
	return a.Workflow.ID, nil
}

// resumption says what the new attempt takes over.
func (o *retryOptions) resumption(attempt client.ID) *client.Resume {
	switch {
	case o.all:
		return nil
	case o.resume:
		return &client.Resume{Mode: "failed", Attempt: attempt}
	}
	return &client.Resume{Mode: "from", Attempt: attempt, From: o.resumeFrom}
}

// keeps reports whether what runs is the attempt's own: it goes on, or it is one of
// a process, whose version nobody else has.
func (o *retryOptions) keeps(ctx context.Context, r Server, a client.Attempt) (bool, error) {
	if !a.Done && o.resumeFrom != "" {
		return true, nil
	}
	if len(o.tasks) > 0 && (o.latest || o.revision != "") {
		return false, model.Errorf(model.Invalid, "--tasks are those of the attempt, as they were").WithHint("say --keep-revision")
	}
	if len(o.tasks) > 0 && o.keep {
		return true, nil
	}
	if a.SessionKey == "" || a.Workflow.ID == "" {
		return false, nil
	}
	w, err := r.WorkflowByID(ctx, a.Workflow.ID)
	if err != nil || !w.IsProcess() {
		return false, err
	}
	if o.latest || o.revision != "" {
		return false, model.Errorf(model.Invalid, "attempt %s is a run of a process, which keeps its version", a.ID).
			WithHint("leave out --latest-revision and --revision")
	}
	return true, nil
}

// goOn has the server make the attempt that goes on, or run a task again.
func (o *retryOptions) goOn(ctx context.Context, r Server, a client.Attempt) error {
	again := client.Retry{Mode: "all", From: o.resumeFrom, Name: o.retryName, Rerun: o.rerun}
	switch {
	case o.resume:
		again.Mode = "failed"
	case len(o.tasks) > 0:
		again.Mode, again.Tasks, again.After = "tasks", o.tasks, o.after
	case o.resumeFrom != "":
		again.Mode = "from"
	}
	var err error
	if again.Params, err = o.Read(o.World, params.Map{}); err != nil {
		return err
	}
	made, err := r.Retry(ctx, a.ID, again)
	if err != nil {
		return err
	}
	return showStarted(o.World, o.OutputOptions, made)
}
