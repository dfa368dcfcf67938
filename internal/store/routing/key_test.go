package routing_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store/routing"
)

func TestKeysStandForTheirTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	seen := make(map[routing.Key][3]string)
	for _, texts := range [][3]string{
		{}, {"a"}, {"", "a"}, {"", "", "a"}, {"a", "b", "c"}, {"ab", "", "c"}, {"a", "", "bc"}, {"\x01a"}, {"a", "\x01a"},
		{long}, {long, "x"}, {long + "x"}, {"", long},
	} {
		k := routing.KeyOf(texts[0], texts[1], texts[2])
		if other, found := seen[k]; found {
			t.Errorf("%q and %q have the same key", texts, other)
		}
		seen[k] = texts
		if s := routing.KeyOfSubscription(&engine.Key{Topic: texts[0], Param: texts[1], Value: texts[2], One: true}); s != k {
			t.Errorf("%q: subscriptions have another key", texts)
		}
	}
	if routing.SourceOf("a", "b") == routing.SourceOf("ab", "") {
		t.Error("different sources have the same key")
	}
}

// Databases have keys of texts: these never change.
func TestKeysAreTheSameForEver(t *testing.T) {
	t.Parallel()
	const want = "13e2804ca875fe43a53de4df81e16db5"
	if got := hexOf(routing.KeyOf("orders", "order", "17")); got != want {
		t.Errorf("the key is %s, want %s", got, want)
	}
}

func hexOf(k routing.Key) string { return hex.EncodeToString(k[:]) }
