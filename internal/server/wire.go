package server

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// number is an id: a string of digits in answers, that or a number in requests.
type number int64

// MarshalJSON writes a string.
func (n number) MarshalJSON() ([]byte, error) { return n.appendJSON(nil), nil }

func (n number) appendJSON(dst []byte) []byte {
	return append(strconv.AppendInt(append(dst, '"'), int64(n), 10), '"')
}

// UnmarshalJSON reads a string or a number.
func (n *number) UnmarshalJSON(text []byte) error {
	digits := bytes.Trim(text, `"`)
	v, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return model.Errorf(model.Invalid, "%s is not an id", text)
	}
	*n = number(v)
	return nil
}

// optional is a text that is null when it is empty.
type optional string

// MarshalJSON writes a string or null.
func (o optional) MarshalJSON() ([]byte, error) { return o.appendJSON(nil), nil }

func (o optional) appendJSON(dst []byte) []byte {
	if o == "" {
		return append(dst, "null"...)
	}
	return params.AppendString(dst, string(o))
}

// optionalNumber is an id that is null when it is 0.
type optionalNumber int64

// MarshalJSON writes a string or null.
func (n optionalNumber) MarshalJSON() ([]byte, error) { return n.appendJSON(nil), nil }

func (n optionalNumber) appendJSON(dst []byte) []byte {
	if n == 0 {
		return append(dst, "null"...)
	}
	return number(n).appendJSON(dst)
}

// instant is written in whole seconds of UTC, with a Z; zero is null.
type instant model.Instant

// MarshalJSON writes a string or null.
func (i instant) MarshalJSON() ([]byte, error) { return i.appendJSON(nil), nil }

func (i instant) appendJSON(dst []byte) []byte {
	if i == 0 {
		return append(dst, "null"...)
	}
	return append(model.Instant(i).Time().AppendFormat(append(dst, '"'), time.RFC3339), '"')
}

// moment is an instant with its fraction; zero is null.
type moment model.Instant

// MarshalJSON writes a string or null.
func (m moment) MarshalJSON() ([]byte, error) {
	if m == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(model.Instant(m).Time().Format("2006-01-02T15:04:05.000000Z"))
}

// zones remembers time zones by their names.
type zones struct{ known sync.Map }

// zone returns a time zone that was checked when it was stored.
func (z *zones) zone(name string) (*time.Location, error) {
	if known, ok := z.known.Load(name); ok {
		return known.(*time.Location), nil
	}
	switch name {
	case "":
		return time.UTC, nil
	case time.Local.String(): // a build of a pipeline, which is for who runs it
		return time.Local, nil
	}
	zone, err := schedule.ParseZone(name)
	if err != nil {
		return nil, model.Errorf(model.Internal, "stored time zone: %w", err)
	}
	z.known.Store(name, zone)
	return zone, nil
}

// names remembers what projects are called, which never changes.
type names struct {
	mu    sync.Mutex
	known map[model.ProjectID]string
}

// maxNames bounds the names that are remembered.
const maxNames = 10_000

func (n *names) of(ctx context.Context, in store.Projects, id model.ProjectID) (string, error) {
	n.mu.Lock()
	name, ok := n.known[id]
	n.mu.Unlock()
	if ok {
		return name, nil
	}
	p, err := in.Project(ctx, id)
	if err != nil {
		return "", err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) >= maxNames {
		n.known = make(map[model.ProjectID]string)
	}
	n.known[id] = p.Name
	return p.Name, nil
}

// ownTime writes the time that a session is for; one that has only a key has none.
func ownTime(s *store.Session, zone *time.Location) optional {
	if s.Time == 0 && ownKey(s) != "" {
		return ""
	}
	return optional(schedule.FormatTime(sessionTime(s), zone))
}

// ownKey returns the key of a session that was not made of its time.
func ownKey(s *store.Session) string {
	if _, err := time.Parse(time.RFC3339, s.Key); err == nil {
		return ""
	}
	return s.Key
}

// sessionTime returns the instant that a session is for.
func sessionTime(s *store.Session) time.Time {
	if s.Time != 0 {
		return s.Time.Time()
	}
	t, err := time.Parse(time.RFC3339, s.Key) // the epoch is no Time, but a key
	if err != nil {
		return time.Unix(0, 0)
	}
	return t
}
