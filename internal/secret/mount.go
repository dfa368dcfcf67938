package secret

import (
	"context"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Mounted is secrets under other names, as a task's `_secrets` says: a map by
// the segments of keys. A text replaces the part of the key that led to it,
// true leaves the key as it is, and so does a key that leads nowhere.
type Mounted struct {
	// Secrets are those under their own names.
	operator.Secrets
	// Mounts is the map.
	Mounts params.Map
}

// Secret returns the value that key stands for, or operator.ErrNoSecret.
func (m Mounted) Secret(ctx context.Context, key string) (string, error) {
	name, err := m.name(key)
	if err != nil {
		return "", err
	}
	return m.Secrets.Secret(ctx, name)
}

// name returns what key is called outside of the task.
func (m Mounted) name(key string) (string, error) {
	mounts, rest := m.Mounts, key
	for more := true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, ".")
		v, ok := mounts.Get(segment)
		if !ok {
			return key, nil
		}
		switch v := v.(type) {
		case params.Map:
			mounts = v
		case string:
			if more {
				v += "." + rest
			}
			return v, nil
		default:
			if v == true {
				return key, nil
			}
			return "", fmt.Errorf("_secrets: %q must be a text, true or a map, not %s",
				strings.TrimSuffix(strings.TrimSuffix(key, rest), "."), params.AppendJSON(nil, v))
		}
	}
	return key, nil
}

// Unmounted returns s under the names that secrets have outside of the task.
func Unmounted(s operator.Secrets) operator.Secrets {
	if m, ok := s.(Mounted); ok {
		return m.Secrets
	}
	return s
}

var _ operator.Secrets = Mounted{}
