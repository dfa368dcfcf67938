package daemon_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// away is a store that can be out of reach for schedulers.
type away struct {
	store.Store
	gone  atomic.Bool
	asked atomic.Int64
}

func (a *away) DueSchedules(ctx context.Context, now model.Instant, n int) ([]store.Schedule, model.Instant, error) {
	a.asked.Add(1)
	if a.gone.Load() {
		return nil, 0, model.Errorf(model.Unavailable, "the database is away")
	}
	return a.Store.DueSchedules(ctx, now, n)
}

// book is a log that is read while it is written.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) count(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), part)
}

func TestASchedulerWithoutADatabaseSaysSoNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		to, log := &away{Store: s.store}, new(book)
		to.gone.Store(true)
		s.work(func(c *daemon.Config) {
			c.Store, c.NoConductor, c.Log = to, true, slog.New(slog.NewTextHandler(log, nil))
		})
		<-time.After(150 * time.Second)
		if n := log.count("the database is away"); n != 3 || to.asked.Load() < 100 {
			t.Errorf("told %d times of %d failures in two and a half minutes", n, to.asked.Load())
		}
		to.gone.Store(false)
		<-time.After(30 * time.Minute)
		if n := log.count("works again"); n != 1 {
			t.Errorf("told %d times that it works", n)
		}
		to.gone.Store(true)
		<-time.After(30 * time.Minute)
		if n := log.count("the database is away"); n < 4 {
			t.Error("a second outage is not told of")
		}
	})
}
