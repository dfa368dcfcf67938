package memory_test

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/blobtest"
	"github.com/pawlhq/pawl/internal/blob/memory"
)

func TestContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(*testing.T) blob.Store { return memory.New(time.Now) })
}
