package conductor

import (
	"log/slog"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
)

// complainEvery is how often a failure is told of that goes on.
const complainEvery = time.Minute

// complaints tells of the failures of a loop that tries again many times in a
// second: of each once, and then as often as complainEvery says; and once when
// the loop works again.
type complaints struct {
	log   *slog.Logger
	clock clock.Clock
	loop  string

	mu sync.Mutex
	// said has when a failure was told of.
	said map[string]time.Time
	// failing is set once the loop has failed since it began a round.
	failing bool
}

// failed notes that the loop could not do something.
func (c *complaints) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing = true
	now, text := c.clock.Now(), err.Error()
	if at, ok := c.said[text]; ok && now.Sub(at) < complainEvery {
		return
	}
	if c.said == nil {
		c.said = make(map[string]time.Time)
	}
	c.said[text] = now
	c.log.Error(c.loop+" fails, and tries again", "error", err)
}

// begins notes that the loop begins a round, with which it can do what it is
// for. When nothing has failed in the round before it, it works again.
func (c *complaints) begins() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failing {
		c.failing = false
		return
	}
	if len(c.said) > 0 {
		c.said = nil
		c.log.Info(c.loop + " works again")
	}
}
