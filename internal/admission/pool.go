package admission

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// Claim is what a try wants of pools.
type Claim struct {
	Try model.TryID
	// Priority and Since say who comes first: higher priorities, and of equal ones
	// those that have waited for longest.
	Priority int
	Since    model.Instant
	// Needs are how many slots of which pools it takes, all at once.
	Needs map[string]int
}

// CompareClaims says which of two claims comes first.
func CompareClaims(a, b *Claim) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Since, b.Since),
		cmp.Compare(a.Try.Attempt, b.Try.Attempt), cmp.Compare(a.Try.Task, b.Try.Task))
}

// Fits reports whether pools of those sizes are large enough for the claim, ever. A
// pool without a size is.
func (c *Claim) Fits(sizes map[string]int) bool {
	for pool, n := range c.Needs {
		if size, bounded := sizes[pool]; bounded && n > size {
			return false
		}
	}
	return true
}

// Share gives out free slots and returns who gets them, in order. Nobody overtakes in
// a pool: a claim that has to wait closes the pools that it needs for all that come
// after it, so that none waits for ever. A pool that is not in free is without bound.
// Of each pool with free slots, the claims must have at least as many as are free,
// from the first on; or all. Those that do not fit are not among them: they would
// keep all others out.
func Share(free map[string]int, claims []Claim) []Claim {
	claims = slices.Clone(claims)
	slices.SortFunc(claims, func(a, b Claim) int { return CompareClaims(&a, &b) })
	left, closed := make(map[string]int, len(free)), make(map[string]bool)
	for pool, n := range free {
		left[pool] = n
	}
	var given []Claim
	for _, c := range claims {
		fits := true
		for pool, n := range c.Needs {
			have, bounded := left[pool]
			fits = fits && !closed[pool] && (have >= n || !bounded)
		}
		for pool, n := range c.Needs {
			switch _, bounded := left[pool]; {
			case !fits:
				closed[pool] = bounded
			case bounded:
				left[pool] -= n
			}
		}
		if fits {
			given = append(given, c)
		}
	}
	return given
}
