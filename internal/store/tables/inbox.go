package tables

import (
	"cmp"
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Post implements store.Inbox.
func (t *Tables) Post(ctx context.Context, posts []store.Post) error {
	bodies := make([][]byte, len(posts))
	for i := range posts {
		bodies[i] = record.Command(&posts[i].Command)
	}
	err := t.db.Write(ctx, "post", func(c Conn) error {
		for i := range posts {
			if err := checkRuns(c, posts[i].Attempt); err != nil {
				return err
			}
		}
		for i := range posts {
			id := int64(posts[i].Attempt)
			_, err := c.Exec(`INSERT INTO posts (attempt, body, epoch) SELECT id, ?, epoch FROM attempts WHERE id = ?`, bodies[i], id)
			if err != nil {
				return err
			}
			_, err = c.Exec(`
				UPDATE attempts SET wake = 0
				WHERE id = ? AND epoch = 0 AND wake <> 0 AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0))`, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		t.db.Call()
	}
	return err
}

// checkRuns returns a Conflict for an attempt that is done.
func checkRuns(c Conn, id model.AttemptID) error {
	state, found, err := number(c, `SELECT state FROM attempts WHERE id = ?`, int64(id))
	switch {
	case err != nil:
		return err
	case !found:
		return unknownAttempt(id)
	case state != 0:
		return model.Errorf(model.Conflict, "attempt %d is done", id)
	}
	return nil
}

// wherePosted goes through the posts that came to attempts of an owner. A sum with
// 0 keeps the planner from going through the attempts.
const wherePosted = ` attempts a ON a.id = p.attempt
	WHERE p.id > ? AND p.epoch <> 0 AND p.epoch = (SELECT id FROM leases WHERE id = ? AND owner = ?) AND a.epoch + 0 = p.epoch
	ORDER BY p.id LIMIT ? + 0`

// Posted implements store.Inbox.
func (t *Tables) Posted(ctx context.Context, owner string, epoch int64, after store.PostID, n int) (posts []store.Post, err error) {
	err = t.db.Read(ctx, "read posts", func(c Conn) (err error) {
		posts, err = loadPosts(c, t.dialect.Ordered+wherePosted, int64(after), epoch, owner, int64(max(n, 0)))
		return err
	})
	return posts, err
}

func loadPosts(c Conn, where string, args ...driver.Value) (posts []store.Post, err error) {
	err = c.Query(`SELECT p.id, p.attempt, p.task, p.body, p.epoch FROM posts p `+where, func(r Row) error {
		p := ReadPost(r)
		p.Unowned = r.Int(4) == 0
		posts = append(posts, p)
		return nil
	}, args...)
	return posts, err
}

// ReadPost reads a post of its id, attempt, task and body.
func ReadPost(r Row) store.Post {
	return PostOf(store.PostID(r.Int(0)), model.AttemptID(r.Int(1)), model.TaskID(r.Int(2)), r.Blob(3))
}

// PostOf returns what is stored as a post.
func PostOf(id store.PostID, attempt model.AttemptID, task model.TaskID, body []byte) store.Post {
	p := store.Post{ID: id, Attempt: attempt}
	command, err := record.DecodeCommand(body)
	if err != nil {
		p.Err = model.Errorf(model.CodeOf(err), "read post %d: %w", p.ID, err)
		return p
	}
	p.Command = command
	p.Command.Task = cmp.Or(task, command.Task)
	return p
}
