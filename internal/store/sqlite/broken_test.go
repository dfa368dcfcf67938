package sqlite

import (
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// breaks writes something that no version of the program has written.
func breaks(t *testing.T, s *Store, text string, id int64) {
	t.Helper()
	err := s.write(ctx, "break", func(c *conn) error {
		_, err := c.Exec(text, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begun makes an attempt that has begun, with a growth.
func begun(t *testing.T, s *Store, key string) model.AttemptID {
	t.Helper()
	id := start(t, s, key)
	b := step(id, 1)
	b.Attempts = []engine.AttemptRow{{ID: id, Started: now, Tasks: 1}}
	b.Grown = []engine.Growth{{Attempt: id, First: 1, Kind: engine.GrowRound}}
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAnAttemptThatCannotBeReadKeepsBackNoOthers(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"parameters":         `UPDATE attempts SET params = x'ff' WHERE id = ?`,
		"broken definition":  `UPDATE attempts SET definition = 77 WHERE id = ?`,
		"missing definition": `UPDATE attempts SET definition = 99 WHERE id = ?`,
		"task":               `UPDATE tasks SET detail = x'ff' WHERE attempt = ?`,
		"growth":             `UPDATE growths SET body = x'ff' WHERE attempt = ?`,
		"post":               `INSERT INTO posts (attempt, body) VALUES (?, x'ff')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTemp(t)
			ids := []model.AttemptID{begun(t, s, "1"), begun(t, s, "2"), begun(t, s, "3")}
			breaks(t, s, `INSERT INTO definitions (id, hash, body) VALUES (?, x'00', x'ff')`, 77)
			breaks(t, s, text, int64(ids[1]))
			list, err := s.LoadAll(ctx, ids)
			if err != nil {
				t.Fatal(err)
			}
			if got := list[1]; got.Err == nil || got.Snapshot != nil || model.CodeOf(got.Err) != model.Internal {
				t.Errorf("the broken one: %v, error %v", got.Snapshot, got.Err)
			}
			for _, i := range []int{0, 2} {
				if got := list[i]; got.Err != nil || got.Snapshot.Attempt.ID != ids[i] || len(got.Snapshot.Tasks) != 1 {
					t.Errorf("attempt %d: %+v, error %v", ids[i], got.Snapshot, got.Err)
				}
			}
			if _, err := s.Load(ctx, ids[1]); err == nil {
				t.Error("it was loaded alone")
			}
		})
	}
}

func TestAPostThatCannotBeReadKeepsBackNoOthers(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	epoch := newLease(t, s, "o")
	ids := []model.AttemptID{start(t, s, "1"), start(t, s, "2")}
	if _, err := s.Claim(ctx, 0, "o", epoch, now, 2); err != nil {
		t.Fatal(err)
	}
	breaks(t, s, `INSERT INTO posts (attempt, body, epoch) SELECT id, x'ff', epoch FROM attempts WHERE id = ?`, int64(ids[0]))
	kill := engine.Command{Kind: engine.Kill}
	if err := s.Post(ctx, []store.Post{{Attempt: ids[1], Command: kill}}); err != nil {
		t.Fatal(err)
	}
	posts, err := s.Posted(ctx, "o", epoch, 0, 9)
	if err != nil || len(posts) != 2 {
		t.Fatalf("posts %v, error %v", posts, err)
	}
	if p := posts[0]; p.Err == nil || p.Attempt != ids[0] || p.Command.Kind != 0 {
		t.Errorf("the broken one: %+v", p)
	}
	if p := posts[1]; p.Err != nil || p.Attempt != ids[1] || p.Command.Kind != engine.Kill {
		t.Errorf("the sound one: %+v", p)
	}
}
