package remote

import (
	"time"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

// LocalTime writes an instant in the zone of this machine; none is empty.
func LocalTime(i client.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.Local().Format(console.TimeFormat)
}

// ownTime writes a session time with the offset that it has.
func ownTime(t client.SessionTime) string { return t.Format(console.TimeFormat) }

// planned is distant for what does not come while it is disabled.
func planned(i, disabled client.Instant, now time.Time) string {
	if !disabled.IsZero() {
		return ""
	}
	return distant(i, now)
}

// distant writes an instant and how far from now it is.
func distant(i client.Instant, now time.Time) string {
	if i.IsZero() {
		return ""
	}
	return LocalTime(i) + " " + console.Away(i.Sub(now))
}
