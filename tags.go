package pawl

import (
	"context"
	"maps"

	"github.com/pawlhq/pawl/internal/model"
)

// Tags are what people tell runs apart by, beside their keys: up to 50 texts of up to
// 250 bytes under names of up to 100 letters, digits and any of ". _ - /". Names that
// begin with "pawl/" can't be given.
//
// As an option of Start they are those that the run begins with; Find finds by them,
// and pawl's commands and REST API show them, find by them and change them.
type Tags map[string]string

func (t Tags) change(s *start) { s.tags = s.tags.With(model.Tags(maps.Clone(t))) }

// Tags returns the tags of the run. One that Retry runs on keeps them.
func (r *Run[P]) Tags(ctx context.Context) (Tags, error) {
	a, err := r.attempt(ctx)
	if err != nil {
		return nil, r.explain("read the tags of", err)
	}
	tags, err := r.tags(ctx, a.ID)
	return Tags(tags.Shown()), r.explain("read the tags of", err)
}

// Tag gives the run tags, in place of those of the same names, and takes away those
// of other names. It may have ended.
func (r *Run[P]) Tag(ctx context.Context, set Tags, unset ...string) error {
	if err := model.Tags(set).CheckChange(unset); err != nil {
		return r.explain("tag", err)
	}
	a, err := r.attempt(ctx)
	if err == nil {
		_, err = r.engine.store.ChangeTags(ctx, a.ID, model.Tags(set), unset)
	}
	return r.explain("tag", err)
}

// tags returns those of an attempt.
func (r *Run[P]) tags(ctx context.Context, id model.AttemptID) (model.Tags, error) {
	tags, err := r.engine.store.TagsOf(ctx, []model.AttemptID{id})
	return tags[id], err
}
