package moment

import "strings"

var monthNames = [...]string{
	"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December",
}

var weekdayNames = [...]string{
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
}

// nameIndex finds the first of names that text is: one of the abbreviations to
// the given lengths if it is to be exact, or else any text that starts with an
// abbreviation to the shortest of them. It reports -1 if there is none.
func nameIndex(names []string, text string, exact bool, lengths ...int) int {
	for i, name := range names {
		for _, n := range lengths {
			short := name[:min(n, len(name))]
			if exact && strings.EqualFold(text, short) || !exact && hasFoldPrefix(text, short) {
				return i
			}
		}
	}
	return -1
}

func hasFoldPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// monthIndex finds a month by name or abbreviation; as the original, it is
// content with how the text starts.
func monthIndex(text string) int {
	return nameIndex(monthNames[:], text, false, 3)
}

// weekdayIndex is monthIndex for days of the week.
func weekdayIndex(text string) int {
	return nameIndex(weekdayNames[:], text, false, 2)
}

func ordinalSuffix(n int) string {
	switch {
	case n/10%10 == 1:
		return "th"
	case n%10 == 1:
		return "st"
	case n%10 == 2:
		return "nd"
	case n%10 == 3:
		return "rd"
	}
	return "th"
}
