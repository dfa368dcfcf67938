package memo_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// addresses knows one version, which somebody may delete before it is used.
type addresses struct {
	store.Versions
	at   store.Address
	gone bool
	used []model.Instant
}

func (a *addresses) Addresses(_ context.Context, _ model.ProjectID, versions []string) (map[string]store.Address, error) {
	return map[string]store.Address{versions[0]: a.at}, nil
}

func (a *addresses) UseVersion(_ context.Context, _ model.ProjectID, _ string, at model.Instant) (bool, error) {
	a.used = append(a.used, at)
	return !a.gone, nil
}

// What is taken over is kept until that is known: whoever has just used it saw to that.
func TestWhatIsTakenOverIsKeptFromBeforeItIs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		ago        time.Duration
		gone       bool
		uses       int
		taken      bool
		wantReason string
	}{
		"long ago":     {store.VersionInUse, false, 1, true, "was made by +w+a of attempt 7"},
		"just now":     {store.VersionInUse/2 - time.Second, true, 0, true, "was made by +w+a of attempt 7"},
		"deleted then": {store.VersionInUse, true, 1, false, "has just been deleted"},
	} {
		s := newSite(t, "echo", params.Of("a", int64(1)), nil)
		s.task.Now = func() time.Time { return now }
		a := &addresses{gone: test.gone, at: store.Address{
			Attempt: 7, Name: "+w+a", Used: model.InstantOf(now.Add(-test.ago)), Gave: engine.Detail{Store: params.Of("x", int64(1))},
		}}
		got, err := memo.Memo{Addresses: a}.Recall(t.Context(), &s.task, nil, s.memo)
		if err != nil || (got.Result != nil) != test.taken || len(a.used) != test.uses || !strings.Contains(got.Reason, test.wantReason) {
			t.Errorf("%s: %+v, %v, used %v", name, got, err, a.used)
		}
	}
}
