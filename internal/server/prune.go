package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

func pruneRoutes() []route {
	return []route{
		{post, "/api/pawl/v1/prune", auth.AttemptDelete, prune, doc{tag: "attempt", body: "Prune", answer: "Pruned",
			summary: "Delete attempts that have ended and are old, with their history, logs and values, a part with each request: as long as there is a next one, ask again with that as the cursor"}},
	}
}

// prunedAtOnce bounds what one request deletes, so that the others do not wait long.
const prunedAtOnce = 200

func prune(c *call) (any, error) {
	var in struct {
		OlderThan string `json:"olderThan"`
		Project   string `json:"project"`
		Workflow  string `json:"workflow"`
		State     string `json:"state"`
		LogsOnly  bool   `json:"logsOnly"`
		DryRun    bool   `json:"dryRun"`
		Cursor    string `json:"cursor"`
	}
	if err := c.body(&in, false); err != nil {
		return nil, err
	}
	if in.Project != "" {
		if err := c.allow(in.Project, ""); err != nil {
			return nil, err
		}
	}
	sweep := upkeep.Sweep{
		Store: c.store, Now: c.cfg.Clock.Now(), Retention: c.cfg.Retention, Dry: in.DryRun, LogsOnly: in.LogsOnly,
		NameOf: func(ctx context.Context, id model.ProjectID) (string, error) { return c.names.of(ctx, c.store, id) },
	}
	if c.cfg.Logs != nil {
		sweep.Logs = c.cfg.Logs
	}
	if c.cfg.Outputs != nil {
		sweep.Outputs = c.cfg.Outputs
	}
	s := store.Search{Filter: store.Filter{Stored: true}}
	var err error
	if s.Ended, err = upkeep.ParseEnded(in.State); err == nil && in.OlderThan != "" {
		if sweep.Older, err = schedule.ParseDuration(in.OlderThan); err == nil && sweep.Older <= 0 {
			err = model.Errorf(model.Invalid, "an age is more than 0, not %q", in.OlderThan)
		}
	}
	if err == nil {
		s.Until, err = sweep.Until()
	}
	if err == nil {
		s.Project, s.Workflow, err = c.pruned(in.Project, in.Workflow)
	}
	if err != nil {
		return nil, err
	}
	c.target = fmt.Sprintf("attempts made before %s", s.Until.Time().UTC().Format("2006-01-02T15:04:05Z"))
	if in.Workflow != "" {
		c.target += ", workflow " + in.Workflow
	}
	if in.State != "" {
		c.target += ", state " + in.State
	}
	_, past, err := store.Page{Cursor: in.Cursor}.Bounds()
	if err != nil {
		return nil, err
	}
	list, next, err := c.searched(s, prunedAtOnce, past)
	if err != nil {
		return nil, err
	}
	done, err := sweep.Page(c.r.Context(), list)
	if err != nil {
		return nil, err
	}
	which, err := c.going(done.Going)
	return struct {
		Attempts int      `json:"attempts"`
		Tasks    int      `json:"tasks"`
		Sessions int      `json:"sessions"`
		Needed   int      `json:"needed"`
		Going    []going  `json:"going,omitempty"`
		Next     optional `json:"next"`
	}{done.Attempts, done.Tasks, done.Sessions, done.Needed, which, optional(next)}, err
}

// going is an attempt that would be deleted.
type going struct {
	ID         string `json:"id"`
	Project    string `json:"project"`
	Workflow   string `json:"workflow"`
	Status     string `json:"status"`
	FinishedAt string `json:"finishedAt"`
}

func (c *call) going(list []store.Attempt) (all []going, err error) {
	for i := range list {
		a := &list[i]
		one := going{
			ID: strconv.FormatInt(int64(a.ID), 10), Workflow: a.Session.Workflow,
			Status: a.State.String(), FinishedAt: a.Ended.Time().UTC().Format(time.RFC3339),
		}
		if one.Project, err = c.names.of(c.r.Context(), c.store, a.Session.Project); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// pruned returns the project, and the workflow of it, that are meant.
func (c *call) pruned(project, workflow string) (model.ProjectID, string, error) {
	if project == "" {
		if workflow != "" {
			return 0, "", model.Errorf(model.Invalid, "a workflow is one of a project").WithHint("name the project, too")
		}
		return 0, "", nil
	}
	of, err := c.store.ProjectNamed(c.r.Context(), project)
	return of.ID, workflow, err
}
