package expr

import (
	"fmt"
	"strings"
	"testing"
)

func TestCacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	var c cache
	used := &template{size: -1}
	c.put("used", used)
	padding := strings.Repeat("x", cacheEntry)
	for i := range 10 * cacheBytes / (2 * cacheEntry) {
		c.put(fmt.Sprint(padding, i), &template{})
		if c.get("used") != used {
			t.Fatalf("what is used was dropped after %d entries", i)
		}
	}
	if n, most := len(c.young)+len(c.old), 2*cacheBytes/(2*cacheEntry)+2; n > most {
		t.Errorf("%d entries are kept, want at most %d", n, most)
	}
	if c.get(padding+"0") != nil {
		t.Error("what is not used was kept")
	}
}

func TestCacheDoesNotKeepHugeTexts(t *testing.T) {
	t.Parallel()
	var c cache
	huge := strings.Repeat("x", cacheBytes)
	c.put(huge, &template{})
	if c.get(huge) != nil {
		t.Error("a text of the size of the cache was kept")
	}
}
