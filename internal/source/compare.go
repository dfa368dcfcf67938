package source

import (
	"github.com/pawlhq/pawl/internal/source/python"
	"github.com/pawlhq/pawl/internal/source/sql"
)

// Same tells whether two sources differ in nothing but form. The language is
// "py" for functions, "sql" for SQL, and "" for texts of which every byte counts.
func Same(language, stored, current string) bool {
	switch language {
	case "py":
		return python.Same(stored, current)
	case "sql":
		return sql.Same(stored, current)
	}
	return stored == current
}

// FirstDifference returns the line of the current source, from 1, at which it
// begins to differ from the stored one; 0 where no line can be named.
func FirstDifference(language, stored, current string) int {
	switch language {
	case "py":
		return python.FirstDifference(stored, current)
	case "sql":
		return sql.FirstDifference(stored, current)
	}
	line := 1
	for i := range min(len(stored), len(current)) {
		if stored[i] != current[i] {
			break
		}
		if stored[i] == '\n' {
			line++
		}
	}
	return line
}
