package memory_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		var late late
		s := memory.NewWith(&late)
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return storetest.Subject{Store: s, Pass: func(d time.Duration) { late.by.Add(int64(d)) }}
	})
}

// late is a clock that shows a later time than it is.
type late struct {
	clock.System
	by atomic.Int64
}

func (l *late) Now() time.Time { return l.System.Now().Add(time.Duration(l.by.Load())) }
