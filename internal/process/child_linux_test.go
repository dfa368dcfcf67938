package process

import "testing"

func TestGroupMembersThatLive(t *testing.T) {
	t.Parallel()
	const group = Group(77)
	for stat, want := range map[string]bool{
		"80 (sleep) S 1 77 77 0 -1":        true,
		"80 (a ) Z 1 77) R 1 77 77 0 -1":   true,
		"80 (a\n(b) c) D 1 77 77 0":        true,
		"80 (sleep) Z 1 77 77 0 -1":        false,
		"80 (sleep) X 1 77 77 0 -1":        false,
		"77 (sleep) S 77 78 77 0 -1":       false,
		"80 (1 77) S 1 177 77 0":           false,
		"80 (sleep) S":                     false,
		"":                                 false,
		"80 (sleep) S 1 seventy-seven 7 7": false,
	} {
		if got := group.lives([]byte(stat)); got != want {
			t.Errorf("%q: got %v", stat, got)
		}
	}
}
