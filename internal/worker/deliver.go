package worker

import (
	"context"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// Deliver returns what gives reports to the conductor of this process, as far as that
// drives their attempts, and posts the others. by returns nil while there is none.
func Deliver(by func() *conductor.Conductor, s store.Inbox) func(context.Context, runner.Report) error {
	post := Post(s)
	return func(ctx context.Context, r runner.Report) error {
		if c := by(); c != nil && c.Report(ctx, r) {
			return nil
		}
		return post(ctx, r)
	}
}

// Post returns what posts reports to the inboxes of their attempts, whoever
// drives them. A report to an attempt that is over is of no use to anybody.
func Post(s store.Inbox) func(context.Context, runner.Report) error {
	return func(ctx context.Context, r runner.Report) error {
		var posts []store.Post
		for _, c := range conductor.Stimuli(nil, []runner.Report{r}) {
			posts = append(posts, store.Post{Attempt: c.Attempt, Command: c.Command})
		}
		err := s.Post(ctx, posts)
		if code := model.CodeOf(err); err != nil && (code == model.Conflict || code == model.NotFound) {
			return nil
		}
		return err
	}
}
