package console

import "strconv"

// Count says how many there are, as people do: "1 entry", "2 entries".
func Count[N int | int64](n N, one, many string) string {
	if n == 1 {
		many = one
	}
	return strconv.FormatInt(int64(n), 10) + " " + many
}
