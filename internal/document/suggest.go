package document

import (
	"slices"
	"strings"
)

// maxSuggestions is how many names a hint offers.
const maxSuggestions = 3

// Suggest returns the candidates that name may have been meant to be, each once:
// those at the smallest edit distance, if that is at most half their own length.
func Suggest(name string, candidates []string) []string {
	var nearest []string
	best := len(name)
	for _, c := range candidates {
		limit := min(best, len(c)/2)
		if abs(len(c)-len(name)) > limit {
			continue // saves the time to find out how far they are apart
		}
		switch d := distance(name, c); {
		case d > limit:
		case d < best:
			nearest, best = []string{c}, d
		case !slices.Contains(nearest, c):
			nearest = append(nearest, c)
		}
	}
	return nearest[:min(len(nearest), maxSuggestions)]
}

// DidYouMean returns a question that offers what Suggest finds, or "".
func DidYouMean(name string, candidates []string) string {
	found := Suggest(name, candidates)
	if len(found) == 0 {
		return ""
	}
	for i, f := range found {
		found[i] = quote(f)
	}
	return "did you mean " + strings.Join(found, " or ") + "?"
}

// distance returns the number of bytes to insert, delete, replace or swap with
// the next one to turn a into b.
func distance(a, b string) int {
	width := len(b) + 1
	buffer := make([]int, 3*width)
	before, above, row := buffer[:width], buffer[width:2*width], buffer[2*width:]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := above[j]
			if a[i] != b[j] {
				cost++
			}
			cost = min(cost, row[j]+1, above[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cost = min(cost, before[j-1]+1)
			}
			row[j+1] = cost
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
