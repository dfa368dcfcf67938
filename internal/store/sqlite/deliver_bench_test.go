package sqlite

import (
	"testing"

	"github.com/pawlhq/pawl/internal/store/storetest"
)

func BenchmarkDeliver(b *testing.B) { storetest.BenchmarkDeliver(b, openTemp(b)) }
