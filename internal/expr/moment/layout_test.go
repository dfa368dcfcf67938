package moment

import (
	"fmt"
	"testing"
	"time"
)

func TestLayoutCacheIsBounded(t *testing.T) {
	t.Parallel()
	l := New(time.UTC, func() time.Time { return time.Unix(0, 0) })
	m := l.create(args{0.0})
	for i := range 3 * maxLayouts {
		if got, want := m.format(fmt.Sprintf("YYYY[-%d]", i)), fmt.Sprintf("1970-%d", i); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	layouts.RLock()
	defer layouts.RUnlock()
	if n := len(layouts.m); n > maxLayouts {
		t.Errorf("%d formats are kept, want at most %d", n, maxLayouts)
	}
}
