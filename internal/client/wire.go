package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// ID is the number of an object as text; empty for none. It is written as a
// string and read as a string or a number.
type ID string

// MarshalJSON writes a string or null.
func (id ID) MarshalJSON() ([]byte, error) { return Text(id).MarshalJSON() }

// UnmarshalJSON reads a string of digits, a number or null.
func (id *ID) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*id = ""
		return nil
	}
	digits := bytes.Trim(text, `"`)
	if len(digits) == 0 || len(bytes.Trim(digits, "0123456789")) > 0 {
		return fmt.Errorf("%s is no id", text)
	}
	*id = ID(digits)
	return nil
}

// Text is a string that is null when it is empty.
type Text string

// MarshalJSON writes a string or null.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// Instant is a point in time in UTC, written in whole seconds with a Z; the
// zero time is null.
type Instant struct{ time.Time }

// MarshalJSON writes a string or null.
func (i Instant) MarshalJSON() ([]byte, error) {
	if i.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(i.String())
}

// String returns the instant in ISO 8601, or "" for the zero time.
func (i Instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// SessionTime is a point in time with the offset that it had where it came
// from, which is +00:00, and not Z, for UTC.
type SessionTime struct{ time.Time }

const sessionLayout = "2006-01-02T15:04:05-07:00"

// MarshalJSON writes a string, or null for the zero time, which sessions have that
// are known by a key alone.
func (s SessionTime) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(s.String())
}

// String returns the time in ISO 8601, in whole seconds.
func (s SessionTime) String() string { return s.Format(sessionLayout) }
