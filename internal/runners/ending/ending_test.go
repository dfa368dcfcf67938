package ending_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/runners/ending"
)

// program counts what is done to one that ends after a time.
type program struct {
	began         time.Time
	lives         time.Duration
	asked, killed int
}

func (p *program) of() ending.Program {
	return ending.Program{
		Ended: func() bool { return time.Since(p.began) >= p.lives },
		Ask:   func() { p.asked++ },
		Kill:  func(context.Context) { p.killed++ },
	}
}

func TestProgramsThatWereAskedToEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lives         time.Duration
		asked, killed int
	}{
		"at once":      {0, 0, 0},
		"after a time": {5 * time.Second, 2, 0},
		"never":        {time.Hour, 14, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := ending.New()
				p := &program{began: time.Now(), lives: c.lives}
				k.See(p.of())
				time.Sleep(ending.Grace + time.Millisecond) //nolint:forbidigo // of the bubble's time
				synctest.Wait()
				if p.killed != c.killed || p.asked < c.asked || p.asked > c.asked+1 {
					t.Errorf("asked %d times and killed %d times, want %d and %d", p.asked, p.killed, c.asked, c.killed)
				}
				k.Close()
			})
		})
	}
}

func TestCloseKillsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := ending.New()
		p := &program{began: time.Now(), lives: time.Hour}
		k.See(p.of())
		k.See(ending.Program{Kill: p.of().Kill})
		k.Close()
		if p.killed > 0 {
			t.Error("it was killed")
		}
	})
}
