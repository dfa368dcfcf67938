package store

import (
	"context"
	"maps"

	"github.com/pawlhq/pawl/internal/model"
)

// Tags keeps the tags of attempts. Those that an attempt begins with are part of
// its Start; one without tags costs nothing.
type Tags interface {
	// TagsOf returns the tags of those of the attempts that have some.
	TagsOf(ctx context.Context, ids []model.AttemptID) (map[model.AttemptID]model.Tags, error)
	// ChangeTags gives an attempt tags, in place of those of the same names, and
	// takes away those of other names; it returns what it has then. One that does
	// not exist is NotFound; more than model.MaxTags are Invalid. An attempt that
	// has begun, or waits in the queue, counts by its new tags from then on.
	ChangeTags(ctx context.Context, id model.AttemptID, set model.Tags, unset []string) (model.Tags, error)
}

// Retag returns tags after a change, for implementations of ChangeTags.
func Retag(tags, set model.Tags, unset []string) (model.Tags, error) {
	changed := maps.Clone(tags)
	if changed == nil {
		changed = make(model.Tags, len(set))
	}
	for _, name := range unset {
		delete(changed, name)
	}
	maps.Copy(changed, set)
	if err := changed.CheckNumber(); err != nil {
		return nil, err
	}
	return changed, nil
}
