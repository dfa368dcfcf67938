package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

// kept is a store that notes when it is asked for what.
type kept struct {
	store.Store
	began time.Time

	mu    sync.Mutex
	asked []string
	// pages are how many parts there are to delete, and letters when the early
	// messages that are left die.
	pages   int
	letters []time.Duration
	err     error
}

func (k *kept) note(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, fmt.Sprintf("%s ", time.Since(k.began))+fmt.Sprintf(format, args...))
}

func (k *kept) ExpireLetters(context.Context, model.Instant, int) (store.Expiry, error) {
	k.note("letters")
	if k.err != nil {
		return store.Expiry{}, k.err
	}
	next := model.Never
	if len(k.letters) > 0 {
		next, k.letters = model.InstantOf(k.began.Add(k.letters[0])), k.letters[1:]
	}
	return store.Expiry{Next: next}, nil
}

func (k *kept) Prune(_ context.Context, r store.Retention, _ model.Instant, page store.Page) (p store.Pruned, next string, err error) {
	k.note("prune %s from %q", r.Attempts, page.Cursor)
	if k.err != nil {
		return p, "", k.err
	}
	p.Attempts = []model.AttemptID{7}
	if k.pages--; k.pages > 0 {
		next = fmt.Sprint(k.pages)
	}
	return p, next, nil
}

// run has a store looked after for a while, and returns what was logged.
func run(t *testing.T, k *kept, d time.Duration, change func(*upkeep.Config)) string {
	t.Helper()
	var log bytes.Buffer
	k.began = time.Now()
	cfg := upkeep.Config{
		Store: k, Retention: store.Retention{Attempts: time.Hour}, Clock: clock.System{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	upkeep.Run(ctx, cfg)
	return log.String()
}

func (k *kept) only(word string) (list []string) {
	for _, line := range k.asked {
		if strings.Contains(line, word) {
			list = append(list, line)
		}
	}
	return list
}

func TestLettersAreLookedForWhenTheNextOneIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// At once as there are more; in a second, as it may be sooner; at its time;
		// and in a minute, as it is later.
		k := &kept{letters: []time.Duration{0, 100 * time.Millisecond, 20 * time.Second, time.Hour}}
		run(t, k, 2*time.Minute, nil)
		want := []string{"0s letters", "50ms letters", "1.05s letters", "20s letters", "1m20s letters"}
		if diff := cmp.Diff(want, k.only("letters")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestWhatIsNotKeptIsDeletedInPartsAndTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &kept{pages: 2}
		run(t, k, 90*time.Minute, func(c *upkeep.Config) {
			c.Begun = func(context.Context) error { k.note("prune begins"); return nil }
			c.Through = func(context.Context) error { k.note("prune is through"); return nil }
			c.Pruned = func(_ context.Context, p *store.Pruned) { k.note("pruned %v", p.Attempts) }
		})
		want := []string{
			"0s prune begins", `0s prune 1h0m0s from ""`, "0s pruned [7]", `50ms prune 1h0m0s from "1"`, "50ms pruned [7]", "50ms prune is through",
			`1h0m0.05s prune 1h0m0s from ""`, "1h0m0.05s pruned [7]", "1h0m0.05s prune is through",
		}
		if diff := cmp.Diff(want, k.only("prune")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestFailuresAreLoggedAndItGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &kept{err: errors.New("the disk is full")}
		log := run(t, k, 60*time.Minute+time.Second, func(c *upkeep.Config) {
			c.Begun = func(context.Context) error { return errors.New("no folder") }
		})
		// It was looked for letters each minute, and for the rest each hour.
		for text, n := range map[string]int{"early messages": 61, "retention": 3, "the disk is full": 63, "no folder": 1} {
			if got := strings.Count(log, text); got != n {
				t.Errorf("%q was logged %d times, want %d", text, got, n)
			}
		}
	})
}
