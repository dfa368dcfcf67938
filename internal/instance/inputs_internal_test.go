package instance

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

func TestInputsThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	inputs := params.Of("since", "text", "limit", "integer", "mode", "text")
	before := params.Of("since", "a", "limit", 1, "other", 1)
	for _, test := range []struct {
		now  params.Map
		want []string
	}{
		{params.Of("since", "a", "limit", 1), nil},
		{params.Of("since", "a", "limit", 1, "mode", nil, "other", 2), nil},
		{params.Of("since", "b", "mode", "x"), []string{"since", "limit", "mode"}},
	} {
		if got := changedInputs(inputs, before, test.now); !slices.Equal(got, test.want) {
			t.Errorf("%v: %v", test.now, got)
		}
	}
}
