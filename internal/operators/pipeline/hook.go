package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// hook calls hooks of a pipeline (see definition.AddHooks), with what is known
// of its tasks.
func (p *Tasks) hook(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.History == nil {
		return operator.Result{}, errors.New("hooks of pipelines can't be called here: nobody knows how the tasks went")
	}
	past, err := t.Services.History.Tasks(ctx, t.ID.Attempt)
	if err != nil {
		return operator.Result{}, err
	}
	past = slices.DeleteFunc(past, func(p operator.Past) bool { return !strings.HasPrefix(p.Name, "+") })
	dag, err := dagOf(t, past)
	if err != nil {
		return operator.Result{}, err
	}
	host, release, err := Host(ctx, p.pool, t)
	if err != nil {
		return operator.Result{}, err
	}
	defer release()
	h := hooked{host: host, task: t, dag: dag}
	r := reading{config: t.Local}
	switch r.text("hook") {
	case definition.RenderHook:
		err = h.render(ctx, r.list("calls"))
	case definition.FinishHook:
		err = h.whole(ctx, r.call("call"), python.Outcome{Report: reportOf(past)})
	case definition.FailureHook:
		err = h.whole(ctx, r.call("call"), python.Outcome{Traceback: map[string]string{"build": failuresOf(past)}})
	}
	if r.err != nil {
		return operator.Result{}, r.err
	}
	return ended(err)
}

// ended is how a task ended whose code may have failed or asked for a stop.
func ended(err error) (operator.Result, error) {
	var f *python.Failure
	if errors.As(err, &f) && f.EarlyStop {
		return operator.Result{Stop: true}, nil
	}
	if err != nil {
		return operator.Result{}, failure(err)
	}
	return operator.Result{}, nil
}

// hooked calls hooks in processes of their own.
type hooked struct {
	host *python.Host
	task *operator.Task
	dag  python.DAG
}

func (h *hooked) whole(ctx context.Context, call *python.Call, o python.Outcome) error {
	return h.host.RunDAGHook(ctx, *call, h.dag, o, h.task.Workdir, h.task.Output)
}

// render calls the hooks on render of tasks, and then that of the whole.
func (h *hooked) render(ctx context.Context, calls []params.Value) error {
	for _, v := range calls {
		m, _ := v.(params.Map)
		r := reading{config: params.Of("call", m.Delete("task"))}
		call, name := r.call("call"), r.of(m).text("task")
		if r.err != nil {
			return r.err
		}
		i := slices.IndexFunc(h.dag.Tasks, func(t python.Task) bool { return t.Name == name })
		var err error
		if i < 0 {
			err = h.whole(ctx, call, python.Outcome{})
		} else {
			err = h.host.RunTaskHook(ctx, *call, h.dag.Tasks[i], h.task.Workdir, h.task.Output)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dagOf returns the pipeline as its hooks see it.
func dagOf(t *operator.Task, past []operator.Past) (python.DAG, error) {
	r := reading{config: t.Local}
	dag := python.DAG{Name: r.text("name"), Clients: make(map[string]python.Call)}
	clients := reading{config: r.mapping("clients")}
	for class := range clients.config.All() {
		if c := clients.call(class); c != nil {
			dag.Clients[class] = *c
		}
	}
	r.take(clients.err)
	for _, one := range past {
		task, err := TaskOf(definition.At(one.Config, t.Project))
		r.take(err)
		dag.Tasks = append(dag.Tasks, task)
	}
	return dag, r.err
}

// reportOf tells of the tasks that ran, in the order in which they ended, and
// then of the others.
func reportOf(past []operator.Past) []python.Row {
	ran := func(p *operator.Past) bool { return p.State == model.Success }
	past = slices.Clone(past)
	slices.SortStableFunc(past, func(a, b operator.Past) int {
		switch {
		case !ran(&a) && !ran(&b):
			return 0
		case !ran(&a):
			return 1
		case !ran(&b):
			return -1
		}
		return a.Ended.Compare(b.Ended)
	})
	total := 0.0
	rows := make([]python.Row, len(past))
	for i := range past {
		rows[i].Name = past[i].Name[1:]
		if rows[i].Ran = ran(&past[i]); rows[i].Ran {
			rows[i].Seconds = past[i].Ended.Sub(past[i].Started).Seconds()
			total += rows[i].Seconds
		}
	}
	for i := range rows {
		if total > 0 {
			rows[i].Percentage = 100 * rows[i].Seconds / total
		}
	}
	return rows
}

// failuresOf tells why tasks failed.
func failuresOf(past []operator.Past) string {
	var text strings.Builder
	for _, p := range past {
		if p.State != model.Failed {
			continue
		}
		r := reading{config: p.Error}
		text.WriteString(p.Name[1:] + ":\n" + cmp.Or(r.text("traceback"), r.text("message"), "failed") + "\n")
	}
	return text.String()
}
