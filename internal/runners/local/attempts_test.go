package local_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestLocalRunsAttempts(t *testing.T) {
	runnertest.RunAttempts(t, true, func(*testing.T) runner.Runner { return local.New(local.Config{Slots: 3}) })
}

func TestEagerRunsAttempts(t *testing.T) {
	runnertest.RunAttempts(t, false, func(*testing.T) runner.Runner { return local.NewEager() })
}
