package server

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

type attemptList struct {
	Attempts []restAttempt `json:"attempts"`
}

func (c *call) attemptsOut(list []store.Attempt, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.attemptOut)
	if err == nil && c.flag("tags") {
		err = c.withTags(made)
	}
	return attemptList{made}, err
}

func (c *call) readAttempts(f store.Filter, p page) ([]store.Attempt, error) {
	return gather(p.wanted, p.cursor, func(page store.Page) ([]store.Attempt, string, error) {
		return c.store.ListAttempts(c.r.Context(), f, page)
	})
}

func listAttempts(c *call) (any, error) {
	p, err := c.page(c.cfg.MaxAttempts)
	if err != nil {
		return nil, err
	}
	f := store.Filter{Stored: true, Last: !c.flag("include_retried")}
	if c.given("project") {
		of, err := c.store.ProjectNamed(c.r.Context(), c.query("project"))
		if err != nil {
			return nil, err
		}
		if err := c.allow(of.Name, ""); err != nil {
			return nil, err
		}
		f.Project, f.Workflow = of.ID, c.query("workflow")
		return c.attemptsOut(c.readAttempts(f, p))
	}
	newest := func(a, b store.Attempt) int { return cmp.Compare(b.ID, a.ID) }
	return c.attemptsOut(within(c, p.wanted, newest, func(of *store.Project) ([]store.Attempt, error) {
		f.Project = projectOf(of, projectID)
		return c.readAttempts(f, p)
	}))
}

// pathAttempt reads the attempt in the path, whose action must be allowed.
func (c *call) pathAttempt() (store.Attempt, error) {
	id, err := pathID[model.AttemptID](c, "id")
	if err != nil {
		return store.Attempt{}, err
	}
	a, err := c.service.Attempt(c.r.Context(), id)
	if err != nil {
		return a, err
	}
	return a, c.allowIn(a.Session.Project, fmt.Sprintf("attempt %d", id))
}

func getAttempt(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	return c.taggedOut(&a)
}

// taggedOut is attemptOut with the tags of the attempt.
func (c *call) taggedOut(a *store.Attempt) (restAttempt, error) {
	out, err := c.attemptOut(a)
	if err != nil {
		return out, err
	}
	if now := current(&a.AttemptRow); !now.Equal(a.Params) {
		out.Current = now
	}
	list := []restAttempt{out}
	err = c.withTags(list)
	return list[0], err
}

// current are the parameters of an attempt as they stand.
func current(row *engine.AttemptRow) params.Map {
	if row.Shared.Len() > 0 {
		return row.CurrentIn(workflow.Shared)
	}
	return row.CurrentIn(workflow.Tree)
}

func attemptRetries(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	list, err := c.readAttempts(store.Filter{Session: a.Session.ID}, page{wanted: maxEntries})
	slices.SortFunc(list, func(a, b store.Attempt) int { return cmp.Compare(a.Index, b.Index) })
	return c.attemptsOut(list, err)
}

func killAttempt(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	if a, err = c.service.Kill(c.r.Context(), a.ID, c.who.Name); err != nil {
		return nil, err
	}
	return c.attemptOut(&a)
}

// rerunTarget is what the audit log says of an attempt that was asked to run memoised
// tasks, too.
const rerunTarget = ", rerun"

type startIn struct {
	WorkflowID       *number     `json:"workflowId"`
	SessionTime      string      `json:"sessionTime"`
	SessionKey       *string     `json:"sessionKey"`
	RetryAttemptName *string     `json:"retryAttemptName"`
	Resume           *resumeIn   `json:"resume"`
	Params           *params.Map `json:"params"`
	Tags             model.Tags  `json:"tags"`
	Priority         *int32      `json:"priority"`
	Weight           int32       `json:"weight"`
	Rerun            bool        `json:"rerun"`
}

type resumeIn struct {
	Mode      string  `json:"mode"`
	AttemptID *number `json:"attemptId"`
	From      string  `json:"from"`
}

func (in *startIn) check() error {
	switch {
	case in.WorkflowID == nil:
		return required("workflowId")
	case in.Params == nil:
		return required("params")
	case in.RetryAttemptName != nil:
		return project.CheckRetryAttemptName(*in.RetryAttemptName)
	}
	return nil
}

// resume returns what the field "resume" asks for.
func (in *resumeIn) resume() (r service.Resume, err error) {
	switch {
	case in == nil:
		return r, nil
	case in.AttemptID == nil || *in.AttemptID < 1:
		return r, required("resume.attemptId")
	case in.Mode == "failed":
	case in.Mode == "from" && in.From != "":
		r.From = in.From
	case in.Mode == "from":
		return r, required("resume.from")
	default:
		return r, model.Errorf(model.Invalid, "resume.mode is %q, but must be failed or from", in.Mode)
	}
	r.Attempt = model.AttemptID(*in.AttemptID)
	return r, nil
}

func startAttempt(c *call) (any, error) {
	var in startIn
	if err := c.body(&in, false); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	w, err := c.store.Workflow(c.r.Context(), model.WorkflowID(*in.WorkflowID))
	if err != nil {
		return nil, err
	}
	if err := c.allow(w.ProjectName, "workflow "+w.Name); err != nil {
		return nil, err
	}
	start := service.Start{Workflow: &w, Params: *in.Params, Tags: in.Tags, Weight: int(in.Weight)}
	if in.Priority != nil {
		priority := int(*in.Priority)
		start.Priority = &priority
	}
	if in.SessionTime == "" && w.Definition.Dialect != workflow.Program {
		return nil, required("sessionTime")
	}
	if in.SessionKey != nil {
		if err := project.CheckSessionKey(*in.SessionKey); err != nil {
			return nil, err
		}
		start.Key = *in.SessionKey
	}
	if in.RetryAttemptName != nil {
		start.Name = *in.RetryAttemptName
	}
	if start.Resume, err = c.resume(in.Resume); err != nil {
		return nil, err
	}
	start.Resume.Rerun = in.Rerun
	zone, err := c.service.Zone(c.r.Context(), w.ID)
	if err != nil {
		return nil, err
	}
	if start.Session, err = timeIn("sessionTime", in.SessionTime, zone); err != nil {
		return nil, err
	}
	return c.start(start)
}

// resume checks that the principal may see what is to be taken over: it may
// belong to another project.
func (c *call) resume(in *resumeIn) (service.Resume, error) {
	r, err := in.resume()
	if err != nil || r.Attempt == 0 {
		return r, err
	}
	a, err := c.service.Attempt(c.r.Context(), r.Attempt)
	if err != nil {
		return r, err
	}
	name, err := c.names.of(c.r.Context(), c.store, a.Session.Project)
	if err != nil {
		return r, err
	}
	return r, c.cfg.Access.Allow(c.who, auth.TaskList, name)
}

func (c *call) start(start service.Start) (any, error) {
	a, err := c.service.Start(c.r.Context(), start)
	if err != nil && (model.CodeOf(err) != model.Conflict || a.ID == 0) {
		return nil, err
	}
	out, fault := c.attemptOut(&a)
	if fault == nil && err == nil && len(start.Tags)+len(start.Workflow.Definition.Turn.Tags) > 0 {
		out.Tags = start.Workflow.Definition.Turn.Tags.With(start.Tags)
	}
	if fault != nil {
		return nil, fault
	}
	if err != nil {
		return nil, withBody{err, out} // clients show the attempt that there is
	}
	c.target += fmt.Sprintf(", attempt %d", a.ID)
	if start.Resume.Rerun {
		c.target += rerunTarget
	}
	return out, nil
}
