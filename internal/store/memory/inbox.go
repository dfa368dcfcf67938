package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// Post implements store.Inbox.
func (s *Store) Post(ctx context.Context, posts []store.Post) error {
	return s.write(ctx, func() (bool, error) {
		for i := range posts {
			a, err := s.attempt(posts[i].Attempt)
			if err == nil && a.State.Done() {
				err = model.Errorf(model.Conflict, "attempt %d is done", a.ID)
			}
			if err != nil {
				return false, err
			}
		}
		for _, p := range posts {
			s.deposit(p)
		}
		return true, nil
	})
}

// post is one with the epoch of who owned its attempt when it came.
type post struct {
	store.Post
	epoch int64
}

// deposit puts a post into the inbox of an attempt that is not done.
func (s *Store) deposit(p store.Post) {
	s.postID++
	p.ID = s.postID
	a := s.attempts[p.Attempt-1]
	s.posts = append(s.posts, post{p, a.Epoch})
	if !a.heldBack() {
		a.Wake = 0
	}
}

// Posted implements store.Inbox.
func (s *Store) Posted(ctx context.Context, owner string, epoch int64, after store.PostID, n int) ([]store.Post, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if owner == "" {
		return nil, nil
	}
	return s.somePosts(after, n, func(p *post, a *attempt) bool { return p.epoch == epoch && a.ownedBy(owner, epoch) }), nil
}

// somePosts returns up to n posts after one that match, with their attempts.
func (s *Store) somePosts(after store.PostID, n int, match func(*post, *attempt) bool) (posts []store.Post) {
	first, _ := s.findPost(after + 1)
	for i := first; i < len(s.posts) && len(posts) < n; i++ {
		if p := &s.posts[i]; match(p, s.attempts[p.Attempt-1]) {
			posts = append(posts, p.Post)
			posts[len(posts)-1].Unowned = p.epoch == 0
		}
	}
	return posts
}

func (s *Store) inbox(of *attempt) []store.Post {
	return s.somePosts(0, len(s.posts), func(_ *post, a *attempt) bool { return a == of })
}

// findPost returns where a post is.
func (s *Store) findPost(id store.PostID) (i int, found bool) {
	return slices.BinarySearchFunc(s.posts, id, func(p post, id store.PostID) int { return cmp.Compare(p.ID, id) })
}

// consume removes posts.
func (s *Store) consume(ids []store.PostID) {
	for _, id := range ids {
		if i, found := s.findPost(id); found {
			s.posts = slices.Delete(s.posts, i, i+1)
		}
	}
}

// takeLeft removes what is posted to attempts that end, and returns the messages
// among it.
func (s *Store) takeLeft(rows []engine.AttemptRow) []engine.Buried {
	var left []store.Post
	for i := range rows {
		if r := &rows[i]; r.State.Done() && !s.attempts[r.ID-1].State.Done() {
			left = append(left, s.inbox(s.attempts[r.ID-1])...)
		}
	}
	for i := range left {
		s.consume([]store.PostID{left[i].ID})
	}
	return routing.Left(left, rows)
}
