package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

const selectSensors = `
	SELECT s.id, s.project, p.name, s.workflow, s.name, s.pool, s.cursor_text, s.last_key, s.last_tick, s.next_tick,
	       s.failures, s.disabled, s.created, s.updated, s.version, s.outcome, s.reason
	FROM sensors s JOIN projects p ON p.id = s.project `

func sensors(c Conn, where string, args ...driver.Value) (list []store.Sensor, err error) {
	err = c.Query(selectSensors+where, func(r Row) error {
		list = append(list, store.Sensor{
			ID: model.SensorID(r.Int(0)), Project: model.ProjectID(r.Int(1)), ProjectName: r.Text(2),
			Workflow: model.WorkflowID(r.Int(3)), WorkflowName: r.Text(4), Pool: store.Pool(r.Int(5)),
			Cursor: r.Text(6), LastKey: r.Text(7), LastTick: model.Instant(r.Int(8)), NextTick: model.Instant(r.Int(9)),
			Failures: int(r.Int(10)), Disabled: model.Instant(r.Int(11)), Created: model.Instant(r.Int(12)), Updated: model.Instant(r.Int(13)),
			Version: r.Int(14), LastOutcome: store.TickOutcome(r.Int(15)), LastReason: r.Text(16), //nolint:gosec // written as it is
		})
		return nil
	}, args...)
	return list, err
}

// Sensor implements store.Sensors.
func (t *Tables) Sensor(ctx context.Context, id model.SensorID) (one store.Sensor, err error) {
	err = t.db.Read(ctx, "read sensor", func(c Conn) (err error) {
		one, err = oneSensor(c, id)
		return err
	})
	return one, err
}

func oneSensor(c Conn, id model.SensorID) (store.Sensor, error) {
	list, err := sensors(c, `WHERE s.id = ?`, int64(id))
	return only(list, err, "sensor", int64(id))
}

// ListSensors implements store.Sensors.
func (t *Tables) ListSensors(ctx context.Context, f store.SensorFilter, page store.Page) (list []store.Sensor, next string, err error) {
	return pageOf(ctx, t.db, "sensors", f.Project, f.WorkflowName, page, sensors, func(s store.Sensor) int64 { return int64(s.ID) })
}

// Both go through the index sensors_due.
const (
	whereSensorsDue = `WHERE s.pool = ? AND s.disabled = 0 AND s.next_tick <= ? ORDER BY s.next_tick, s.id LIMIT ? + 0`
	sensorsNotDue   = `SELECT min(next_tick) FROM sensors WHERE pool = ? AND disabled = 0 AND next_tick > ?`
)

// DueSensors implements store.Sensors.
func (t *Tables) DueSensors(ctx context.Context, pool store.Pool, now model.Instant, n int) (due []store.Sensor, next model.Instant, err error) {
	n = max(n, 0)
	err = t.db.Read(ctx, "read due sensors", func(c Conn) (err error) {
		if due, err = sensors(c, whereSensorsDue, int64(pool), int64(now), int64(n)+1); err != nil {
			return err
		}
		if len(due) > n {
			due, next = due[:n], due[n].NextTick
			return nil
		}
		next, err = earliest(c, sensorsNotDue, int64(pool), int64(now))
		return err
	})
	return due, next, err
}

// ChangeSensor implements store.Sensors.
func (t *Tables) ChangeSensor(ctx context.Context, to store.Sensor) (changed store.Sensor, err error) {
	err = t.db.Write(ctx, "change sensor", func(c Conn) (err error) {
		changed, err = changeSensor(c, to)
		return err
	})
	if err == nil {
		t.db.Call()
	}
	return changed, err
}

// SensorTicked implements store.Sensors.
func (t *Tables) SensorTicked(ctx context.Context, to store.Sensor, tick store.Tick, keys []string) (changed store.Sensor, err error) {
	tick = tick.Kept()
	err = t.db.Write(ctx, "write what came of a sensor", func(c Conn) (err error) {
		if changed, err = changeSensor(c, to); err != nil {
			return err
		}
		changed.LastOutcome, changed.LastReason = tick.Outcome, tick.Reason
		_, err = c.Exec(`UPDATE sensors SET outcome = ?, reason = ? WHERE id = ?`, int64(tick.Outcome), tick.Reason, int64(to.ID))
		for _, key := range keys {
			if err != nil {
				break
			}
			_, err = c.Exec(`INSERT INTO sensor_keys (sensor, name) VALUES (?, ?) ON CONFLICT (sensor, name) DO NOTHING`, int64(to.ID), key)
		}
		if err != nil {
			return err
		}
		return appendTicks(c, []store.Tick{tick})
	})
	if err == nil {
		t.db.Call()
	}
	return changed, err
}

// changeSensor refuses before it writes.
func changeSensor(c Conn, to store.Sensor) (store.Sensor, error) {
	at, err := oneSensor(c, to.ID)
	if err == nil && at.Version != to.Version {
		err = model.Errorf(model.Conflict, "sensor %d was changed by another", to.ID)
	}
	if err != nil {
		return at, err
	}
	at.Cursor, at.LastKey, at.LastTick, at.NextTick = to.Cursor, to.LastKey, to.LastTick, to.NextTick
	at.Failures, at.Disabled, at.Updated = to.Failures, to.Disabled, to.Updated
	at.Version++
	_, err = c.Exec(`
		UPDATE sensors SET cursor_text = ?, last_key = ?, last_tick = ?, next_tick = ?, failures = ?, disabled = ?, updated = ?, version = ?
		WHERE id = ?`,
		at.Cursor, at.LastKey, int64(at.LastTick), int64(at.NextTick), int64(at.Failures), int64(at.Disabled), int64(at.Updated), at.Version, int64(at.ID))
	return at, err
}

// KnownRunKeys implements store.Sensors.
func (t *Tables) KnownRunKeys(ctx context.Context, id model.SensorID, keys []string) (known []string, err error) {
	err = t.db.Read(ctx, "read run keys", func(c Conn) error {
		known = nil
		for _, key := range keys {
			_, found, err := number(c, `SELECT 1 FROM sensor_keys WHERE sensor = ? AND name = ?`, int64(id), key)
			if err != nil {
				return err
			}
			if found {
				known = append(known, key)
			}
		}
		return nil
	})
	return known, err
}

// sense writes the sensor of a workflow that is pushed, and reports whether it has one.
func (u *push) sense(c Conn, w *store.Workflow) (bool, error) {
	if w.Definition.Sensor.Len() == 0 {
		return false, nil
	}
	now := int64(u.Revision.Created)
	_, err := c.Exec(`
		INSERT INTO sensors (project, name, workflow, pool, cursor_text, last_key, last_tick, next_tick, failures, outcome, reason, disabled, created, updated, version)
		VALUES (?, ?, ?, ?, '', '', 0, ?, 0, 0, '', 0, ?, ?, 1)
		ON CONFLICT (project, name) DO UPDATE SET
			workflow = excluded.workflow, pool = excluded.pool, next_tick = excluded.next_tick, failures = 0,
			updated = excluded.updated, version = sensors.version + 1`,
		int64(w.Project), w.Name, int64(w.ID), int64(store.PoolOf(w)), now, now, now)
	return true, err
}

// dropSensors removes those of a project but for some, by the names of workflows.
func dropSensors(c Conn, project model.ProjectID, keep map[string]bool) error {
	list, err := sensors(c, `WHERE s.project = ?`, int64(project))
	if err != nil {
		return err
	}
	for i := range list {
		if keep[list[i].WorkflowName] {
			continue
		}
		if _, err := c.Exec(`DELETE FROM sensor_keys WHERE sensor = ?`, int64(list[i].ID)); err != nil {
			return err
		}
		if _, err := c.Exec(`DELETE FROM sensors WHERE id = ?`, int64(list[i].ID)); err != nil {
			return err
		}
	}
	return nil
}
