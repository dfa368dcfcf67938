package tables

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// running is the condition that a slot is of a try that runs.
const running = `EXISTS (SELECT 1 FROM tasks t JOIN attempts a ON a.id = t.attempt
	WHERE t.attempt = slots.attempt AND t.id = slots.task AND t.try = slots.try AND t.state = ? AND a.state + 0 = 0)`

// ShareSlots implements store.Slots.
func (t *Tables) ShareSlots(ctx context.Context, epoch int64, claims []admission.Claim, sizes map[string]int, now model.Instant) (held []model.TryID, err error) {
	others := false
	err = t.db.Write(ctx, "share slots", func(c Conn) error {
		s := sharing{Conn: c, dialect: &t.dialect, now: now}
		if err := s.claim(claims, epoch); err != nil {
			return err
		}
		given, err := s.share(sizes)
		if err != nil {
			return err
		}
		held, err = s.held(epoch)
		others = slices.ContainsFunc(given, func(c admission.Claim) bool { return !slices.Contains(held, c.Try) })
		return err
	})
	if err != nil {
		return nil, err
	}
	if others {
		t.db.Call()
	}
	return held, nil
}

// sharing is a call of ShareSlots.
type sharing struct {
	Conn
	dialect *Dialect
	now     model.Instant
}

// claim notes what tries want, all in one go.
func (s *sharing) claim(claims []admission.Claim, epoch int64) error {
	if len(claims) == 0 {
		return nil
	}
	text := claimsText(claims)
	_, err := s.Exec(`DELETE FROM slots WHERE (attempt, task, try) IN (SELECT s.attempt, s.task, s.try
		FROM `+s.dialect.Elements+` `+s.dialect.Ordered+` slots s ON s.attempt = CAST(e.value ->> 0 AS bigint) AND s.task = CAST(e.value ->> 1 AS bigint)
		JOIN attempts a ON a.id = s.attempt WHERE s.try <> CAST(e.value ->> 2 AS bigint) AND a.epoch = ?)`, text, epoch)
	if err != nil {
		return err
	}
	_, err = s.Exec(`
		INSERT INTO slots (attempt, task, try, pool, slots, rank, since, granted, epoch, handed)
		SELECT a.id, CAST(e.value ->> 1 AS bigint), CAST(e.value ->> 2 AS bigint), CAST(e.value ->> 3 AS text), CAST(e.value ->> 4 AS bigint),
			CAST(e.value ->> 5 AS bigint), CAST(e.value ->> 6 AS bigint), 0, a.epoch, 0
		FROM `+s.dialect.Elements+` `+s.dialect.Ordered+` attempts a ON a.id = CAST(e.value ->> 0 AS bigint) WHERE a.epoch = ?
		ON CONFLICT (attempt, task, pool) DO UPDATE SET epoch = excluded.epoch WHERE slots.epoch <> excluded.epoch`, text, epoch)
	return err
}

// claimsText is a JSON array with an element for each pool that a try wants slots of.
func claimsText(claims []admission.Claim) string {
	var list [][]any
	for i := range claims {
		c := &claims[i]
		for pool, n := range c.Needs {
			list = append(list, []any{c.Try.Attempt, c.Try.Task, c.Try.Try, pool, n, -c.Priority, c.Since})
		}
	}
	return jsonText(list)
}

// jsonText is the JSON of numbers and texts, which all have.
func jsonText(list [][]any) string {
	text, _ := json.Marshal(list)
	return string(text)
}

// share gives out what is free, and returns to whom.
func (s *sharing) share(sizes map[string]int) ([]admission.Claim, error) {
	if _, err := s.Exec(`DELETE FROM slots WHERE granted <> 0 AND NOT `+running, int64(model.Running)); err != nil {
		return nil, err
	}
	sizes, err := s.sizes(sizes)
	if err != nil {
		return nil, err
	}
	free, err := s.free(sizes)
	if err != nil {
		return nil, err
	}
	pools, err := s.awaited()
	if err != nil {
		return nil, err
	}
	claims := make(map[model.TryID]admission.Claim)
	for _, pool := range pools {
		n, bounded := free[pool]
		if !bounded {
			n = slotsPage
		}
		if err := s.first(pool, n, sizes, claims); err != nil {
			return nil, err
		}
	}
	given := admission.Share(free, slices.Collect(maps.Values(claims)))
	return given, s.grant(given)
}

// grant writes down who got what was claimed.
func (s *sharing) grant(given []admission.Claim) error {
	if len(given) == 0 {
		return nil
	}
	list := make([]model.TryID, len(given))
	for i := range given {
		list[i] = given[i].Try
	}
	_, err := s.Exec(`UPDATE slots SET granted = ? WHERE `+s.among(), int64(s.now), triesText(list))
	return err
}

// among is the condition that a slot is of one of the tries of a parameter.
func (s *sharing) among() string {
	return `(attempt, task, try) IN (SELECT CAST(e.value ->> 0 AS bigint), CAST(e.value ->> 1 AS bigint), CAST(e.value ->> 2 AS bigint)
		FROM ` + s.dialect.Elements + `)`
}

func triesText(tries []model.TryID) string {
	list := make([][]any, len(tries))
	for i, id := range tries {
		list[i] = []any{id.Attempt, id.Task, id.Try}
	}
	return jsonText(list)
}

// slotsPage bounds how many claims are read together, and how many get slots together
// of a pool that is without bound.
const slotsPage = 500

// awaited returns the pools that somebody waits for, going from one to the next
// past however many wait for each.
func (s *sharing) awaited() (pools []string, err error) {
	err = s.Query(`
		WITH RECURSIVE p (pool) AS (
			SELECT min(pool) FROM slots WHERE granted = 0
			UNION ALL
			SELECT (SELECT min(s.pool) FROM slots s WHERE s.granted = 0 AND s.pool > p.pool) FROM p WHERE p.pool IS NOT NULL)
		SELECT pool FROM p WHERE pool IS NOT NULL`, func(r Row) error {
		pools = append(pools, strings.Clone(r.Text(0)))
		return nil
	})
	return pools, err
}

// sizes adds the sizes that are stored to others.
func (s *sharing) sizes(others map[string]int) (map[string]int, error) {
	sizes, err := poolSizes(s.Conn)
	for pool, n := range others {
		if _, stored := sizes[pool]; !stored {
			sizes[pool] = n
		}
	}
	return sizes, err
}

// free returns what is free of the pools that have a size.
func (s *sharing) free(sizes map[string]int) (map[string]int, error) {
	free := maps.Clone(sizes)
	err := s.Query(`SELECT pool, CAST(sum(slots) AS bigint) FROM slots WHERE granted <> 0 GROUP BY pool`, func(r Row) error {
		if _, sized := free[r.Text(0)]; sized {
			free[r.Text(0)] -= int(r.Int(1))
		}
		return nil
	})
	return free, err
}

// first adds the first n claims of those that wait for a pool and fit, and forgets
// those before them that are over. It reads as many as it needs first, and then
// page by page: most often none of them is over.
func (s *sharing) first(pool string, n int, sizes map[string]int, claims map[model.TryID]admission.Claim) error {
	last := admission.Claim{Priority: math.MaxInt, Since: math.MinInt64}
	for page := n; n > 0; page = slotsPage {
		read, over, err := s.page(pool, &last, page)
		for _, c := range read {
			if c.Fits(sizes) {
				claims[c.Try] = c
				n--
			}
		}
		if err == nil && len(over) > 0 {
			_, err = s.Exec(`DELETE FROM slots WHERE `+s.among(), triesText(over))
		}
		if err != nil || len(read)+len(over) < page {
			return err
		}
	}
	return nil
}

// page reads up to n claims of those that wait for a pool, after the last one, which
// it sets: those of tries that run, and the tries that are over.
func (s *sharing) page(pool string, last *admission.Claim, n int) (read []admission.Claim, over []model.TryID, err error) {
	err = s.Query(`SELECT w.attempt, w.task, w.try, w.rank, w.since, w.runs, n.pool, n.slots
		FROM (SELECT attempt, task, try, rank, since, CASE WHEN `+running+` THEN 1 ELSE 0 END AS runs
			FROM slots WHERE pool = ? AND granted = 0 AND (rank, since, attempt, task) > (?, ?, ?, ?)
			ORDER BY rank, since, attempt, task LIMIT ? + 0) w
		JOIN slots n ON n.attempt = w.attempt AND n.task = w.task
		ORDER BY w.rank, w.since, w.attempt, w.task`, func(r Row) error {
		id := model.TryID{Attempt: model.AttemptID(r.Int(0)), Task: model.TaskID(r.Int(1)), Try: int32(r.Int(2))}
		if id != last.Try {
			*last = admission.Claim{Try: id, Priority: int(-r.Int(3)), Since: model.Instant(r.Int(4)), Needs: make(map[string]int)}
			if r.Int(5) == 0 {
				over = append(over, id)
			} else {
				read = append(read, *last)
			}
		}
		last.Needs[strings.Clone(r.Text(6))] = int(r.Int(7))
		return nil
	}, int64(model.Running), pool, int64(-last.Priority), int64(last.Since), int64(last.Try.Attempt), int64(last.Try.Task), int64(n))
	return read, over, err
}

// held returns the tries of the attempts of an epoch that hold slots which were claimed
// in it. They are handed out by that.
func (s *sharing) held(epoch int64) (list []model.TryID, err error) {
	_, err = s.Exec(`UPDATE slots SET handed = 1 WHERE granted <> 0 AND handed = 0 AND epoch = ?
		AND EXISTS (SELECT 1 FROM attempts a WHERE a.id = slots.attempt AND a.epoch = slots.epoch)`, epoch)
	if err != nil {
		return nil, err
	}
	err = s.Query(`SELECT attempt, task, try FROM slots
		WHERE granted <> 0 AND epoch = ? AND EXISTS (SELECT 1 FROM attempts a WHERE a.id = slots.attempt AND a.epoch = slots.epoch)`, func(r Row) error {
		list = append(list, model.TryID{Attempt: model.AttemptID(r.Int(0)), Task: model.TaskID(r.Int(1)), Try: int32(r.Int(2))})
		return nil
	}, epoch)
	slices.SortFunc(list, func(a, b model.TryID) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
	})
	return slices.Compact(list), err
}

// Claims implements store.Slots.
func (t *Tables) Claims(ctx context.Context, attempts []model.AttemptID) (claims map[model.TryID]store.Claimed, err error) {
	ids := make([][]any, len(attempts))
	for i, id := range attempts {
		ids[i] = []any{id}
	}
	err = t.db.ReadMoment(ctx, "read claims", func(c Conn) error {
		claims = make(map[model.TryID]store.Claimed)
		return c.Query(`SELECT attempt, task, try, since, handed FROM slots
			WHERE attempt IN (SELECT CAST(e.value ->> 0 AS bigint) FROM `+t.dialect.Elements+`) AND `+running, func(r Row) error {
			id := model.TryID{Attempt: model.AttemptID(r.Int(0)), Task: model.TaskID(r.Int(1)), Try: int32(r.Int(2))}
			claims[id] = store.Claimed{Since: model.Instant(r.Int(3)), Handed: r.Int(4) != 0}
			return nil
		}, jsonText(ids), int64(model.Running))
	})
	return claims, err
}

// SetPool implements store.Slots.
func (t *Tables) SetPool(ctx context.Context, name string, size int) error {
	err := t.db.Write(ctx, "set pool", func(c Conn) error {
		if size < 0 {
			_, err := c.Exec(`DELETE FROM pools WHERE name = ?`, name)
			return err
		}
		_, err := c.Exec(`INSERT INTO pools (name, size) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET size = excluded.size`, name, int64(size))
		return err
	})
	if err == nil {
		t.db.Call()
	}
	return err
}

// PoolSizes implements store.Slots.
func (t *Tables) PoolSizes(ctx context.Context) (sizes map[string]int, err error) {
	err = t.db.Read(ctx, "read pools", func(c Conn) (err error) {
		sizes, err = poolSizes(c)
		return err
	})
	return sizes, err
}

func poolSizes(c Conn) (map[string]int, error) {
	sizes := make(map[string]int)
	err := c.Query(`SELECT name, size FROM pools`, func(r Row) error {
		sizes[r.Text(0)] = int(r.Int(1))
		return nil
	})
	return sizes, err
}

// UsedPools implements store.Slots.
func (t *Tables) UsedPools(ctx context.Context) (pools map[string]store.PoolUse, err error) {
	err = t.db.ReadMoment(ctx, "read pools", func(c Conn) error {
		pools = make(map[string]store.PoolUse)
		return c.Query(`SELECT pool, CAST(sum(CASE WHEN granted <> 0 THEN slots ELSE 0 END) AS bigint), sum(CASE WHEN granted = 0 THEN 1 ELSE 0 END)
			FROM slots WHERE `+running+` GROUP BY pool`, func(r Row) error {
			pools[r.Text(0)] = store.PoolUse{Used: int(r.Int(1)), Waiting: int(r.Int(2))}
			return nil
		}, int64(model.Running))
	})
	return pools, err
}

// SlotsOf implements store.Slots.
func (t *Tables) SlotsOf(ctx context.Context, pool string, n int) (list []store.Slot, err error) {
	err = t.db.ReadMoment(ctx, "read slots", func(c Conn) error {
		list = nil
		for _, which := range []string{`granted <> 0`, `granted = 0`} {
			err := c.Query(`SELECT slots.attempt, slots.task, slots.try, slots.slots, slots.rank, slots.since, slots.granted, b.project, k.name
				FROM slots JOIN attempts b ON b.id = slots.attempt JOIN tasks k ON k.attempt = slots.attempt AND k.id = slots.task
				WHERE slots.pool = ? AND slots.`+which+` AND `+running+`
				ORDER BY slots.rank, slots.since, slots.attempt, slots.task LIMIT ? + 0`, func(r Row) error {
				list = append(list, store.Slot{
					Try:   model.TryID{Attempt: model.AttemptID(r.Int(0)), Task: model.TaskID(r.Int(1)), Try: int32(r.Int(2))},
					Slots: int(r.Int(3)), Priority: int(-r.Int(4)), Since: model.Instant(r.Int(5)), Granted: model.Instant(r.Int(6)),
					Project: model.ProjectID(r.Int(7)), Name: strings.Clone(r.Text(8)),
				})
				return nil
			}, pool, int64(model.Running), int64(n))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
