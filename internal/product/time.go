package product

import "time"

// Timestamp returns an instant as a record has it: seconds since 1970, rounded
// down to microseconds, as Python's datetime.timestamp gives them.
func Timestamp(t time.Time) float64 {
	micros := t.UnixMicro()
	seconds, rest := micros/1e6, micros%1e6
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e6
	}
	return float64(seconds) + float64(rest)/1e6
}
