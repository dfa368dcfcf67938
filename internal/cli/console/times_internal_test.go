package console

import (
	"testing"
	"time"
)

func TestSpell(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 61 * time.Second: "1m 1s", 25*time.Hour + time.Second: "25h 0m 1s",
	} {
		if got := spell(d); got != want {
			t.Errorf("%v is spelt %q, want %q", d, got, want)
		}
	}
}
