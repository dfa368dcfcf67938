package server

import (
	"cmp"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// maxSchedules is how many schedules an answer has.
const maxSchedules = 100

type scheduleList struct {
	Schedules []restSchedule `json:"schedules"`
}

func (c *call) listSchedules(f store.ScheduleFilter) ([]store.Schedule, error) {
	cursor, err := c.after()
	if err != nil {
		return nil, err
	}
	list, _, err := c.store.ListSchedules(c.r.Context(), f, store.Page{Limit: maxSchedules, Cursor: cursor})
	return list, err
}

func (c *call) schedulesOut(list []store.Schedule, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.scheduleOut)
	return scheduleList{made}, err
}

func listSchedules(c *call) (any, error) {
	byID := func(a, b store.Schedule) int { return cmp.Compare(a.ID, b.ID) }
	return c.schedulesOut(within(c, maxSchedules, byID, func(p *store.Project) ([]store.Schedule, error) {
		return c.listSchedules(store.ScheduleFilter{Project: projectOf(p, projectID)})
	}))
}

func projectID(p *store.Project) model.ProjectID { return p.ID }

func projectSchedules(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	return c.schedulesOut(c.listSchedules(store.ScheduleFilter{Project: p.ID, WorkflowName: c.query("workflow")}))
}

// pathSchedule reads the schedule in the path, whose action must be allowed.
func (c *call) pathSchedule() (store.Schedule, error) {
	id, err := pathID[model.ScheduleID](c, "id")
	if err != nil {
		return store.Schedule{}, err
	}
	s, err := c.store.Schedule(c.r.Context(), id)
	if err != nil {
		return s, err
	}
	return s, c.allow(s.ProjectName, fmt.Sprintf("schedule %d", id))
}

func getSchedule(c *call) (any, error) {
	s, err := c.pathSchedule()
	if err != nil {
		return nil, err
	}
	return c.scheduleOut(&s)
}

func (c *call) summaryOut(s store.Schedule, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out, err := c.scheduleOut(&s)
	return restScheduleSummary{out, instant(s.Created), instant(s.Updated)}, err
}

func skipSchedule(c *call) (any, error) {
	s, err := c.pathSchedule()
	if err != nil {
		return nil, err
	}
	var in struct {
		NextTime    string `json:"nextTime"`
		FromTime    string `json:"fromTime"`
		Count       *int32 `json:"count"`
		NextRunTime string `json:"nextRunTime"`
		DryRun      *bool  `json:"dryRun"`
	}
	if err := c.body(&in, false); err != nil {
		return nil, err
	}
	if in.DryRun == nil {
		return nil, required("dryRun")
	}
	skip := service.Skip{DryRun: *in.DryRun, Count: -1}
	if in.Count != nil {
		skip.Count = int(*in.Count)
	}
	if skip.To, err = c.scheduleTime(&s, "nextTime", in.NextTime); err != nil {
		return nil, err
	}
	if skip.From, err = instantIn("fromTime", in.FromTime); err != nil {
		return nil, err
	}
	if skip.Run, err = instantIn("nextRunTime", in.NextRunTime); err != nil {
		return nil, err
	}
	return c.summaryOut(c.service.Skip(c.r.Context(), s.ID, skip))
}

// scheduleTime reads a time, without offset on the clock of the workflow.
func (c *call) scheduleTime(s *store.Schedule, name, text string) (time.Time, error) {
	zone, err := c.service.Zone(c.r.Context(), s.Workflow)
	if err != nil {
		return time.Time{}, err
	}
	return timeIn(name, text, zone)
}

func disableSchedule(c *call) (any, error) {
	s, err := c.pathSchedule()
	if err != nil {
		return nil, err
	}
	return c.summaryOut(c.service.Disable(c.r.Context(), s.ID))
}

func enableSchedule(c *call) (any, error) {
	s, err := c.pathSchedule()
	if err != nil {
		return nil, err
	}
	var in struct {
		SkipSchedule bool   `json:"skipSchedule"`
		NextTime     string `json:"nextTime"`
	}
	if err := c.body(&in, true); err != nil {
		return nil, err
	}
	to, err := c.scheduleTime(&s, "nextTime", in.NextTime)
	if err != nil {
		return nil, err
	}
	return c.summaryOut(c.service.Enable(c.r.Context(), s.ID, in.SkipSchedule, to))
}

type restBackfill struct {
	ID       number        `json:"id"`
	Project  idName        `json:"project"`
	Workflow idName        `json:"workflow"`
	Attempts []restAttempt `json:"attempts"`
}

func backfillSchedule(c *call) (any, error) {
	s, err := c.pathSchedule()
	if err != nil {
		return nil, err
	}
	var in struct {
		FromTime    string  `json:"fromTime"`
		AttemptName *string `json:"attemptName"`
		Count       *int32  `json:"count"`
		DryRun      *bool   `json:"dryRun"`

		FromFailure bool     `json:"fromFailure"`
		Tasks       []string `json:"tasks"`
		After       bool     `json:"after"`
		Rerun       bool     `json:"rerun"`
	}
	if err := c.body(&in, false); err != nil {
		return nil, err
	}
	switch {
	case in.FromTime == "":
		return nil, required("fromTime")
	case in.AttemptName == nil:
		return nil, required("attemptName")
	case in.DryRun == nil:
		return nil, required("dryRun")
	case in.Count != nil && *in.Count < 1:
		return nil, model.Errorf(model.Invalid, "count must be 1 or more, not %d", *in.Count)
	}
	fill := service.Backfill{Name: *in.AttemptName, DryRun: *in.DryRun, FromFailure: in.FromFailure, Only: in.Tasks, After: in.After, Rerun: in.Rerun}
	if in.Count != nil {
		fill.Count = int(*in.Count)
	}
	if fill.From, err = c.scheduleTime(&s, "fromTime", in.FromTime); err != nil {
		return nil, err
	}
	s, made, err := c.service.Backfill(c.r.Context(), s.ID, fill)
	if err != nil {
		return nil, clash(err)
	}
	if fill.Rerun {
		c.target += rerunTarget
	}
	list, err := tryOuts(made, c.attemptOut)
	return restBackfill{
		ID: number(s.ID), Project: idName{number(s.Project), s.ProjectName},
		Workflow: idName{number(s.Workflow), s.WorkflowName}, Attempts: list,
	}, err
}
