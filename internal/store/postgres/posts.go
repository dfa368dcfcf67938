package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// letter is what one call of Post sends.
type letter struct {
	attempts []int64
	bodies   [][]byte
}

// Post implements store.Inbox.
func (s *Store) Post(ctx context.Context, posts []store.Post) error {
	if ctx.Err() != nil {
		return explain("post", context.Cause(ctx))
	}
	var l letter
	for i := range posts {
		l.attempts = append(l.attempts, int64(posts[i].Attempt))
		l.bodies = append(l.bodies, record.Command(&posts[i].Command))
	}
	if err := s.posts.do(ctx, &l); err != nil {
		return explain("post", err)
	}
	s.announce()
	return nil
}

// Attempts are locked in order of id, against those who would end or release
// them. What is unowned is seen when all locks are had.
const (
	selectAddressed = `SELECT id, state FROM attempts WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE`
	insertPosts     = `
		INSERT INTO posts (attempt, body, epoch)
		SELECT u.attempt, u.body, (SELECT a.epoch FROM attempts a WHERE a.id = u.attempt) FROM unnest($1::bigint[], $2::bytea[]) AS u (attempt, body)`
	wakeAddressed = `
		UPDATE attempts SET wake = 0 WHERE id IN (
			SELECT id FROM attempts WHERE id = ANY ($1) AND epoch = 0 AND wake <> 0
				AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0))
			ORDER BY id FOR NO KEY UPDATE)`
)

// runPosts delivers the letters that may be.
func (s *Store) runPosts(letters []*letter) []error {
	return oneByOne(letters, func(letters []*letter, errs []error) error {
		states := make(map[int64]int16)
		var addressed []int64
		for _, l := range letters {
			addressed = append(addressed, l.attempts...)
		}
		return s.ordered(s.posts.lane, func(b *pgx.Batch) {
			clear(states)
			b.Queue(selectAddressed, notNil(addressed)).Query(func(rows pgx.Rows) error {
				var id int64
				var state int16
				_, err := pgx.ForEachRow(rows, []any{&id, &state}, func() error {
					states[id] = state
					return nil
				})
				return err
			})
		}, func(_ context.Context, _ *pgx.Conn, b *pgx.Batch) error {
			var accepted letter
			for i, l := range letters {
				if errs[i] = deliverable(l.attempts, states); errs[i] == nil {
					accepted.attempts = append(accepted.attempts, l.attempts...)
					accepted.bodies = append(accepted.bodies, l.bodies...)
				}
			}
			if len(accepted.attempts) > 0 {
				b.Queue(insertPosts, accepted.attempts, accepted.bodies)
				b.Queue(wakeAddressed, accepted.attempts)
			}
			return nil
		})
	})
}

// deliverable returns why nothing can be posted to all of these attempts.
func deliverable(attempts []int64, states map[int64]int16) error {
	for _, id := range attempts {
		state, found := states[id]
		switch {
		case !found:
			return model.Errorf(model.NotFound, "there is no attempt %d", id)
		case state != 0:
			return model.Errorf(model.Conflict, "attempt %d is done", id)
		}
	}
	return nil
}
