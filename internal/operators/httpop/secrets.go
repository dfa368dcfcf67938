package httpop

import (
	"context"
	"errors"

	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// filler fills secrets in for one task.
type filler struct {
	ctx     context.Context
	secrets operator.Secrets
}

func (f filler) text(text string) (string, error) {
	return secretref.Expand(f.ctx, text, f.secrets)
}

// value fills in all texts in v, keys included.
func (f filler) value(v params.Value) (params.Value, error) {
	switch v := v.(type) {
	case string:
		return f.text(v)
	case []params.Value:
		return f.list(v)
	case params.Map:
		return f.mapping(v)
	}
	return v, nil
}

func (f filler) list(list []params.Value) (params.Value, error) {
	out := make([]params.Value, len(list))
	for i, e := range list {
		var err error
		if out[i], err = f.value(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f filler) mapping(m params.Map) (params.Value, error) {
	var out params.Map
	for k, v := range m.All() {
		k, err := f.text(k)
		if err != nil {
			return nil, err
		}
		if v, err = f.value(v); err != nil {
			return nil, err
		}
		out = out.Set(k, v)
	}
	return out, nil
}

// optional returns a secret that need not exist.
func (f filler) optional(key string) (value string, ok bool, err error) {
	value, err = f.secrets.Secret(f.ctx, key)
	if errors.Is(err, operator.ErrNoSecret) {
		return "", false, nil
	}
	return value, err == nil, err
}
