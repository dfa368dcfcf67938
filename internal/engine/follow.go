package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// follow notes who is to be told of the end of the attempt. The row of a root that has
// ended, beside which something runs on, does not change any more.
func (a *Attempt) follow(who string) error {
	switch {
	case slices.Contains(a.Followers(), who):
		return nil
	case a.at(0).state.Final():
		return model.Errorf(model.Conflict, "task %s has ended", a.name(0))
	}
	d := a.change(0)
	d.Followers = append(slices.Clone(d.Followers), who)
	return nil
}

// Followers returns who is to be told of the end of the attempt.
func (a *Attempt) Followers() []string {
	if d := a.at(0).detail; d != nil {
		return d.Followers
	}
	return nil
}
