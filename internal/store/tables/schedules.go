package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

const selectSchedules = `
	SELECT s.id, s.project, p.name, s.workflow, s.name, s.next_run, s.next_time, s.last_time,
	       s.disabled, s.created, s.updated, s.version, s.evaluated, s.rule
	FROM schedules s JOIN projects p ON p.id = s.project `

func schedules(c Conn, where string, args ...driver.Value) (list []store.Schedule, err error) {
	err = c.Query(selectSchedules+where, func(r Row) error {
		list = append(list, store.Schedule{
			ID: model.ScheduleID(r.Int(0)), Project: model.ProjectID(r.Int(1)), ProjectName: r.Text(2),
			Workflow: model.WorkflowID(r.Int(3)), WorkflowName: r.Text(4),
			NextRun: model.Instant(r.Int(5)), NextTime: model.Instant(r.Int(6)), LastTime: model.Instant(r.Int(7)),
			Disabled: model.Instant(r.Int(8)), Created: model.Instant(r.Int(9)), Updated: model.Instant(r.Int(10)),
			Version: r.Int(11), Evaluated: model.Instant(r.Int(12)), Rule: r.Text(13),
		})
		return nil
	}, args...)
	return list, err
}

// Schedule implements store.Schedules.
func (t *Tables) Schedule(ctx context.Context, id model.ScheduleID) (one store.Schedule, err error) {
	err = t.db.Read(ctx, "read schedule", func(c Conn) (err error) {
		one, err = oneSchedule(c, id)
		return err
	})
	return one, err
}

func oneSchedule(c Conn, id model.ScheduleID) (store.Schedule, error) {
	list, err := schedules(c, `WHERE s.id = ?`, int64(id))
	return only(list, err, "schedule", int64(id))
}

// ListSchedules implements store.Schedules.
func (t *Tables) ListSchedules(ctx context.Context, f store.ScheduleFilter, page store.Page) (list []store.Schedule, next string, err error) {
	return pageOf(ctx, t.db, "schedules", f.Project, f.WorkflowName, page, schedules, func(s store.Schedule) int64 { return int64(s.ID) })
}

// Both go through the index schedules_due.
const (
	whereDue = `WHERE s.disabled = 0 AND s.next_run <= ? ORDER BY s.next_run, s.id LIMIT ? + 0`
	notDue   = `SELECT min(next_run) FROM schedules WHERE disabled = 0 AND next_run > ?`
)

// DueSchedules implements store.Schedules.
func (t *Tables) DueSchedules(ctx context.Context, now model.Instant, n int) (due []store.Schedule, next model.Instant, err error) {
	n = max(n, 0)
	err = t.db.Read(ctx, "read due schedules", func(c Conn) (err error) {
		if due, err = schedules(c, whereDue, int64(now), int64(n)+1); err != nil {
			return err
		}
		if len(due) > n {
			due, next = due[:n], due[n].NextRun
			return nil
		}
		next, err = earliest(c, notDue, int64(now))
		return err
	})
	return due, next, err
}

// earliest returns the instant that a query of one finds, or Never.
func earliest(c Conn, query string, args ...driver.Value) (at model.Instant, err error) {
	at = model.Never
	err = c.Query(query, func(r Row) error {
		if r[0] != nil {
			at = model.Instant(r.Int(0))
		}
		return nil
	}, args...)
	return at, err
}

// ChangeSchedule implements store.Schedules.
func (t *Tables) ChangeSchedule(ctx context.Context, to store.Schedule, ticks ...store.Tick) (changed store.Schedule, err error) {
	err = t.db.Write(ctx, "change schedule", func(c Conn) (err error) {
		if changed, err = changeSchedule(c, to); err != nil {
			return err
		}
		return appendTicks(c, ticks)
	})
	if err == nil {
		t.db.Call()
	}
	return changed, err
}

// changeSchedule refuses before it writes.
func changeSchedule(c Conn, to store.Schedule) (store.Schedule, error) {
	at, err := oneSchedule(c, to.ID)
	if err == nil && at.Version != to.Version {
		err = model.Errorf(model.Conflict, "schedule %d was changed by another", to.ID)
	}
	if err != nil {
		return at, err
	}
	at.NextRun, at.NextTime, at.LastTime = to.NextRun, to.NextTime, to.LastTime
	at.Evaluated, at.Disabled, at.Updated = to.Evaluated, to.Disabled, to.Updated
	at.Version++
	_, err = c.Exec(`
		UPDATE schedules SET next_run = ?, next_time = ?, last_time = ?, evaluated = ?, disabled = ?, updated = ?, version = ?
		WHERE id = ?`,
		int64(at.NextRun), int64(at.NextTime), int64(at.LastTime), int64(at.Evaluated), int64(at.Disabled), int64(at.Updated), at.Version, int64(at.ID))
	return at, err
}
