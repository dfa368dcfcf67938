package tables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// WriteVersions runs the statements that write what a batch says of versions, in an
// order in which those of two batches don't wait for each other.
func (p *Plan) WriteVersions(run func(text string, args ...driver.Value) error) error {
	order := slices.Clone(p.Batch.Versions)
	slices.SortStableFunc(order, func(a, b engine.Versioned) int { return cmp.Compare(a.Version, b.Version) })
	for i := range order {
		v := &order[i]
		at := int64(v.At)
		text, args := useVersion, []driver.Value{at, int64(v.Attempt), v.Version, at}
		if !v.Replayed {
			text, args = putVersion, []driver.Value{v.Version, int64(v.Task), v.Name, at, at, record.Detail(&v.Gave), int64(v.Attempt)}
		}
		if err := run(text, args...); err != nil {
			return err
		}
	}
	return nil
}

// OneVersion reports whether several attempts of a batch have made or used the same
// version: where these are of different projects, the order says nothing of them.
func (p *Plan) OneVersion() bool {
	by := make(map[string]model.AttemptID, len(p.Versions))
	for i := range p.Versions {
		v := &p.Versions[i]
		if other, known := by[v.Version]; known && other != v.Attempt {
			return true
		}
		by[v.Version] = v.Attempt
	}
	return false
}

const (
	putVersion = `
		INSERT INTO versions (project, version, attempt, task, name, workflow, made, used, gave)
		SELECT project, ?, id, ?, ?, workflow, ?, ?, ? FROM attempts WHERE id = ?
		ON CONFLICT (project, version) DO UPDATE SET
			attempt = excluded.attempt, task = excluded.task, name = excluded.name, workflow = excluded.workflow, made = excluded.made,
			used = CASE WHEN versions.used > excluded.used THEN versions.used ELSE excluded.used END, gave = excluded.gave
		WHERE excluded.made >= versions.made`
	useVersion = `
		UPDATE versions SET used = ?
		WHERE project = (SELECT project FROM attempts WHERE id = ?) AND version = ? AND used < ?`
)

// UseVersion implements store.Versions. Prune is not at work meanwhile.
func (t *Tables) UseVersion(ctx context.Context, project model.ProjectID, version string, at model.Instant) (found bool, err error) {
	err = t.db.Write(ctx, "use a version", func(c Conn) error {
		n, err := c.Exec(`UPDATE versions SET used = CASE WHEN used > ? THEN used ELSE ? END WHERE project = ? AND version = ?`,
			int64(at), int64(at), int64(project), version)
		found = n > 0
		return err
	})
	return found, err
}

// UsedSince implements store.Versions.
func (t *Tables) UsedSince(ctx context.Context, ids []model.AttemptID, since model.Instant) (used []model.AttemptID, err error) {
	err = t.db.Read(ctx, "look for versions", func(c Conn) (err error) {
		used, err = t.used(c, ids, since)
		return err
	})
	return used, err
}

func (t *Tables) used(c Conn, ids []model.AttemptID, since model.Instant) ([]model.AttemptID, error) {
	return attemptIDs(c, `SELECT DISTINCT attempt FROM versions WHERE attempt IN (`+t.dialect.Numbers+`) AND used >= ?`, idList(ids), int64(since))
}

// addressesAtOnce is how many versions one statement looks for.
const addressesAtOnce = 100

// Addresses implements store.Versions.
func (t *Tables) Addresses(ctx context.Context, project model.ProjectID, versions []string) (found map[string]store.Address, err error) {
	err = t.db.Read(ctx, "look for versions", func(c Conn) error {
		found = make(map[string]store.Address)
		for part := range slices.Chunk(versions, addressesAtOnce) {
			args := []driver.Value{int64(project)}
			for _, v := range part {
				args = append(args, v)
			}
			err := c.Query(`
				SELECT version, attempt, task, name, workflow, made, used, gave FROM versions
				WHERE project = ? AND version IN (?`+strings.Repeat(", ?", len(part)-1)+`)`, func(r Row) error {
				d, err := record.DecodeDetail(r.Blob(7))
				if err != nil {
					return err
				}
				found[r.Text(0)] = store.Address{
					Attempt: model.AttemptID(r.Int(1)), Task: model.TaskID(r.Int(2)), Name: r.Text(3), Workflow: r.Text(4),
					Made: model.Instant(r.Int(5)), Used: model.Instant(r.Int(6)), Gave: *d,
				}
				return nil
			}, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}
