package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/store"
)

// beating is the heart of a process. Its zero value does not beat.
type beating struct {
	*pulse.Heart
	stop context.CancelFunc
	done sync.WaitGroup
}

// newHeart returns the heart of a process of that kind.
func newHeart(kind string, cfg *Config) *beating {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // it is for people
	}
	pid := os.Getpid()
	return &beating{Heart: pulse.New(clock.System{}, pulse.Process{
		Name: fmt.Sprintf("%s %.40s-%d-%.8s", kind, host, pid, uuid.NewString()), Kind: kind, Host: host, PID: pid, Version: cfg.Version,
	})}
}

// start lets it beat until close.
func (b *beating) start(to store.Notes, log *slog.Logger) {
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.done.Go(func() { b.Run(ctx, to, log) })
}

// close ends it, and says that the process has ended in order.
func (b *beating) close() {
	if b != nil && b.stop != nil {
		b.stop()
		b.done.Wait()
	}
}
