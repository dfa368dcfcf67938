package client

import (
	"context"
	"net/http"
)

// Sensor is the sensor of a workflow.
type Sensor struct {
	ID       ID  `json:"id"`
	Project  Ref `json:"project"`
	Workflow Ref `json:"workflow"`
	// Cursor is what it wants to be given back.
	Cursor     string `json:"cursor"`
	LastRunKey string `json:"lastRunKey"`
	LastTickAt Moment `json:"lastTickAt"`
	NextTickAt Moment `json:"nextTickAt"`
	Failures   int    `json:"failures"`
	// LastOutcome is started, skipped or failed, and empty before the first evaluation;
	// LastReason says why nothing was started.
	LastOutcome Text    `json:"lastOutcome"`
	LastReason  Text    `json:"lastReason"`
	DisabledAt  Instant `json:"disabledAt"`
}

// Sensors lists sensors, the oldest first: all, those of a project, or that of a
// workflow of it.
func (c *Client) Sensors(ctx context.Context, project, workflow string) ([]Sensor, error) {
	var all []Sensor
	for last := ID(""); ; {
		var out struct {
			Sensors []Sensor `json:"sensors"`
		}
		in := values("project", project, "workflow", workflow, "last_id", string(last))
		if err := c.get(ctx, path("pawl", "v1", "sensors"), in, &out); err != nil {
			return nil, err
		}
		all = append(all, out.Sensors...)
		if len(out.Sensors) < maxPage {
			return all, nil
		}
		last = all[len(all)-1].ID
	}
}

// Sensor returns a sensor, or a NotFound error.
func (c *Client) Sensor(ctx context.Context, id ID) (s Sensor, err error) {
	return s, c.get(ctx, path("pawl", "v1", "sensors", string(id)), nil, &s)
}

// EnableSensor has a sensor evaluated again.
func (c *Client) EnableSensor(ctx context.Context, id ID) (s Sensor, err error) {
	return s, c.send(ctx, http.MethodPost, path("pawl", "v1", "sensors", string(id), "enable"), nil, &s)
}

// DisableSensor keeps a sensor from being evaluated.
func (c *Client) DisableSensor(ctx context.Context, id ID) (s Sensor, err error) {
	return s, c.send(ctx, http.MethodPost, path("pawl", "v1", "sensors", string(id), "disable"), nil, &s)
}

// ResetSensor gives a sensor another cursor.
func (c *Client) ResetSensor(ctx context.Context, id ID, cursor string) (s Sensor, err error) {
	in := struct {
		Cursor string `json:"cursor"`
	}{cursor}
	return s, c.send(ctx, http.MethodPost, path("pawl", "v1", "sensors", string(id), "reset"), in, &s)
}
