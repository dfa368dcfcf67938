package server

import (
	"cmp"
	"fmt"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func sensorRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/sensors", auth.ScheduleList, listSensors, doc{tag: "sensor", answer: "SensorList",
			summary: "Sensors, the oldest first, 100 at a time", query: []param{{"project", "string", "name of the only project", false},
				{"workflow", "string", "the only workflow of that project", false}, lastID}}},
		{get, "/api/pawl/v1/sensors/{id}", auth.ScheduleGet, getSensor, doc{tag: "sensor", summary: "One sensor", answer: "Sensor"}},
		{post, "/api/pawl/v1/sensors/{id}/disable", auth.ScheduleDisable, disableSensor, doc{tag: "sensor", answer: "Sensor",
			summary: "Keep a sensor from being evaluated"}},
		{post, "/api/pawl/v1/sensors/{id}/enable", auth.ScheduleEnable, enableSensor, doc{tag: "sensor", answer: "Sensor",
			summary: "Have a sensor evaluated again, the first time at once"}},
		{post, "/api/pawl/v1/sensors/{id}/reset", auth.ScheduleSkip, resetSensor, doc{tag: "sensor", body: "SensorReset", answer: "Sensor",
			summary: "Give a sensor another cursor, and evaluate it at once"}},
	}
}

type restSensor struct {
	ID         number `json:"id"`
	Project    idName `json:"project"`
	Workflow   idName `json:"workflow"`
	Cursor     string `json:"cursor"`
	LastRunKey string `json:"lastRunKey"`
	LastTickAt moment `json:"lastTickAt"`
	NextTickAt moment `json:"nextTickAt"`
	Failures   int    `json:"failures"`
	// LastOutcome and LastReason are null before the first evaluation.
	LastOutcome optional `json:"lastOutcome"`
	LastReason  optional `json:"lastReason"`
	DisabledAt  instant  `json:"disabledAt"`
	CreatedAt   instant  `json:"createdAt"`
	UpdatedAt   instant  `json:"updatedAt"`
}

func sensorOut(s *store.Sensor) restSensor {
	return restSensor{
		ID: number(s.ID), Project: idName{number(s.Project), s.ProjectName}, Workflow: idName{number(s.Workflow), s.WorkflowName},
		Cursor: s.Cursor, LastRunKey: s.LastKey, LastTickAt: moment(s.LastTick), NextTickAt: moment(s.NextTick),
		Failures: s.Failures, LastOutcome: optional(s.LastOutcome.String()), LastReason: optional(s.LastReason), DisabledAt: instant(s.Disabled), CreatedAt: instant(s.Created), UpdatedAt: instant(s.Updated),
	}
}

func listSensors(c *call) (any, error) {
	f := store.SensorFilter{WorkflowName: c.query("workflow")}
	name := c.query("project")
	if err := ofProject(name, f.WorkflowName); err != nil {
		return nil, err
	}
	cursor, err := c.after()
	if err != nil {
		return nil, err
	}
	read := func(p *store.Project) ([]store.Sensor, error) {
		f.Project = projectOf(p, projectID)
		list, _, err := c.store.ListSensors(c.r.Context(), f, store.Page{Limit: maxSchedules, Cursor: cursor})
		return list, err
	}
	var list []store.Sensor
	if name == "" {
		byID := func(a, b store.Sensor) int { return cmp.Compare(a.ID, b.ID) }
		list, err = within(c, maxSchedules, byID, read)
	} else {
		list, err = c.sensorsOf(name, read)
	}
	return struct {
		Sensors []restSensor `json:"sensors"`
	}{outs(list, sensorOut)}, err
}

// sensorsOf lists those of a project that may be seen.
func (c *call) sensorsOf(name string, read func(*store.Project) ([]store.Sensor, error)) ([]store.Sensor, error) {
	p, err := c.store.ProjectNamed(c.r.Context(), name)
	if err != nil {
		return nil, err
	}
	if err := c.allow(p.Name, fmt.Sprintf("project %q", name)); err != nil {
		return nil, err
	}
	return read(&p)
}

// pathSensor reads the sensor in the path, whose action must be allowed.
func (c *call) pathSensor() (store.Sensor, error) {
	id, err := pathID[model.SensorID](c, "id")
	if err != nil {
		return store.Sensor{}, err
	}
	s, err := c.store.Sensor(c.r.Context(), id)
	if err != nil {
		return s, err
	}
	return s, c.allow(s.ProjectName, fmt.Sprintf("sensor %d", id))
}

// changed answers what a sensor is after a change.
func changed(s store.Sensor, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return sensorOut(&s), nil
}

func getSensor(c *call) (any, error) { return changed(c.pathSensor()) }

func disableSensor(c *call) (any, error) {
	s, err := c.pathSensor()
	if err != nil {
		return nil, err
	}
	return changed(c.service.DisableSensor(c.r.Context(), s.ID))
}

func enableSensor(c *call) (any, error) {
	s, err := c.pathSensor()
	if err != nil {
		return nil, err
	}
	return changed(c.service.EnableSensor(c.r.Context(), s.ID))
}

func resetSensor(c *call) (any, error) {
	s, err := c.pathSensor()
	if err != nil {
		return nil, err
	}
	var in struct {
		Cursor string `json:"cursor"`
	}
	if err := c.body(&in, true); err != nil {
		return nil, err
	}
	return changed(c.service.ResetSensor(c.r.Context(), s.ID, in.Cursor))
}
