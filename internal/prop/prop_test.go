package prop_test

import (
	"os"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

func TestCasesDependOnTheTestAlone(t *testing.T) {
	if _, found := os.LookupEnv("RAPID_SEED"); found {
		t.Skip("RAPID_SEED asks for other cases")
	}
	cases := make(map[string][]uint64)
	draw := func(t *testing.T) {
		t.Parallel()
		var first, second []uint64
		prop.Check(t, func(rt *rapid.T) { first = append(first, rapid.Uint64().Draw(rt, "n")) })
		prop.Check(t, func(rt *rapid.T) { second = append(second, rapid.Uint64().Draw(rt, "n")) })
		if !slices.Equal(first, second) {
			t.Errorf("the same test got %v, then %v", first, second)
		}
		t.Cleanup(func() { cases[t.Name()] = first })
	}
	t.Run("several", func(t *testing.T) {
		for _, name := range []string{"a", "b", "c"} {
			t.Run(name, draw)
		}
	})
	a, b := cases[t.Name()+"/several/a"], cases[t.Name()+"/several/b"]
	if len(a) == 0 || slices.Equal(a, b) {
		t.Errorf("two tests got %v and %v", a, b)
	}
}
