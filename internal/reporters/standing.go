package reporters

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// notes begin the names under which places are kept.
const notes = "reporter/"

// standing is how far a reporter came, as it is kept.
type standing struct {
	Cursor string `json:"cursor"`
	// Told is when the last event happened that it was told of.
	Told string `json:"told,omitempty"`
	// Failing counts the failures since it was told of anything, and Skipped the events
	// that were passed over.
	Failing int `json:"failing,omitempty"`
	Skipped int `json:"skipped,omitempty"`
	// Error is the last one, and FailedAt when it was.
	Error    string    `json:"error,omitempty"`
	FailedAt time.Time `json:"failedAt,omitzero"`
	// Seen is when somebody had the reporter last.
	Seen time.Time `json:"seen,omitzero"`
}

// forgotten is after how long a reporter that nobody has is listed no more. Its place is
// kept, for it may come back.
const forgotten = 10 * time.Minute

// maxError bounds how much is kept of an error.
const maxError = 1000

func (s *standing) fail(now time.Time, why string) {
	s.Failing++
	s.Error, s.FailedAt = strings.ToValidUTF8(why[:min(len(why), maxError)], ""), now.UTC()
}

func (s *standing) skip(now time.Time, why string) {
	s.fail(now, why)
	s.Failing = 0
	s.Skipped++
}

func (s *standing) succeed(e *history.Event) {
	s.Cursor, s.Told, s.Failing = e.Cursor, e.Time, 0
}

func (s *standing) write(ctx context.Context, to store.Notes, name string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return to.SetNote(ctx, notes+name, string(text))
}

func readStanding(ctx context.Context, from store.Notes, name string) (s standing, known bool, err error) {
	all, err := from.Notes(ctx, notes+name)
	if err != nil {
		return s, false, err
	}
	text, known := all[notes+name]
	if known {
		err = s.read(name, text)
	}
	return s, known, err
}

func (s *standing) read(name, text string) error {
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return model.Errorf(model.Internal, "the place of the reporter %s can't be read: %w", name, err)
	}
	return nil
}

// Status is how a reporter stands. Its JSON is that of the API.
type Status struct {
	Name string `json:"name"`
	// Cursor is the place in the log up to which it was told.
	Cursor string `json:"cursor"`
	// Told is when the last event happened that it was told of; empty if none was.
	Told string `json:"told,omitempty"`
	// Lag is for how many seconds the oldest event of the log waits for it.
	Lag float64 `json:"lag"`
	// Failing counts its failures since it was told of anything, and Skipped the events
	// that were passed over because of them.
	Failing int `json:"failing"`
	Skipped int `json:"skipped"`
	// Error is the last one, and FailedAt when it was; empty if there was none.
	Error    string    `json:"error,omitempty"`
	FailedAt time.Time `json:"failedAt,omitzero"`
}

// Statuses returns how the reporters of a store stand, whoever tells them, in order of
// their names. One that nobody has had for ten minutes is none any more.
func Statuses(ctx context.Context, s store.Store, now time.Time) ([]Status, error) {
	all, err := s.Notes(ctx, notes)
	if err != nil {
		return nil, err
	}
	list := make([]Status, 0, len(all))
	reader := history.NewReader(s)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		var at standing
		name := strings.TrimPrefix(key, notes)
		if err := at.read(name, all[key]); err != nil {
			list = append(list, Status{Name: name, Error: err.Error()})
			continue
		}
		if now.Sub(at.Seen) > forgotten {
			continue
		}
		one, err := statusOf(ctx, reader, name, &at, now)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// statusOf returns how a reporter stands by what is kept of it. An error is the store's.
func statusOf(ctx context.Context, r *history.Reader, name string, at *standing, now time.Time) (Status, error) {
	s := Status{
		Name: name, Cursor: at.Cursor, Told: at.Told,
		Failing: at.Failing, Skipped: at.Skipped, Error: at.Error, FailedAt: at.FailedAt,
	}
	var err error
	if s.Lag, err = lagOf(ctx, r, at.Cursor, now); model.CodeOf(err) == model.Invalid { // it is no cursor
		s.Error, err = err.Error(), nil
	}
	return s, err
}

// lagOf returns for how many seconds the next event waits.
func lagOf(ctx context.Context, r *history.Reader, cursor string, now time.Time) (float64, error) {
	page, err := r.Read(ctx, history.Query{LogQuery: store.LogQuery{After: cursor, Limit: 1}})
	var gone *store.Forgotten
	if errors.As(err, &gone) {
		if gone.Moved {
			return 0, nil // it goes on from the end
		}
		page, err = r.Read(ctx, history.Query{LogQuery: store.LogQuery{After: gone.Cursor, Limit: 1}})
	}
	if err != nil || len(page.Events) == 0 {
		return 0, err
	}
	at, err := time.Parse(time.RFC3339Nano, page.Events[0].Time)
	if err != nil {
		return 0, err
	}
	return max(0, now.Sub(at).Seconds()), nil
}
