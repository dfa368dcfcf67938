package client

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// Moment is a point in time in UTC, written to the microsecond.
type Moment struct{ time.Time }

// MarshalJSON writes a string, or null for the zero time.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(m.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// AuditEntry says who did what on a server, or was not allowed to.
type AuditEntry struct {
	ID        ID     `json:"id"`
	At        Moment `json:"at"`
	Principal Text   `json:"principal"` // empty if it is not known
	Action    string `json:"action"`
	Project   Text   `json:"project"` // its name, or empty
	Target    Text   `json:"target"`
	// Outcome is done, refused or failed.
	Outcome string `json:"outcome"`
	// Remote is the address that the request came from.
	Remote string `json:"remote"`
}

// AuditFilter selects entries of the audit log; zero fields match all.
type AuditFilter struct {
	Principal, Action, Project string
	// Since is the first instant, and Until the one after the last.
	Since, Until time.Time
}

// maxEntries is how many entries a page of pawl's own lists has.
const maxEntries = 1000

// Audit lists up to n entries of the audit log, the latest first. It is for
// administrators.
func (c *Client) Audit(ctx context.Context, f AuditFilter, n int) ([]AuditEntry, error) {
	return pages(n, func(count, cursor string) ([]AuditEntry, Text, error) {
		var out struct {
			Entries []AuditEntry `json:"entries"`
			Next    Text         `json:"next"`
		}
		query := values("principal", f.Principal, "action", f.Action, "project", f.Project, "since", exact(f.Since),
			"until", exact(f.Until), "count", count, "cursor", cursor)
		err := c.get(ctx, path("pawl", "v1", "audit"), query, &out)
		return out.Entries, out.Next, err
	})
}

// pages reads page after page until there are n entries.
func pages[E any](n int, read func(count, cursor string) ([]E, Text, error)) ([]E, error) {
	var all []E
	for cursor := ""; len(all) < n; {
		list, next, err := read(strconv.Itoa(min(n-len(all), maxEntries)), cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if next == "" {
			break
		}
		cursor = string(next)
	}
	return all, nil
}

// exact writes a time as a query has it; none is empty.
func exact(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
