package schedule_test

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
)

func TestWhenAnAttemptIsLate(t *testing.T) {
	t.Parallel()
	zone, err := schedule.ParseZone("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		config    params.Map
		due, want string
	}{
		{params.Of("duration", "01:30"), "2026-03-01T10:00:00-08:00", "2026-03-01T11:30:00-08:00"},
		{params.Of("duration", "00:00:05"), "2026-03-01T10:00:00-08:00", "2026-03-01T10:00:05-08:00"},
		{params.Of("duration", "1h 30m"), "2026-03-01T10:00:00-08:00", "2026-03-01T11:30:00-08:00"},
		{params.Of("time", "10:30"), "2026-03-01T10:00:00-08:00", "2026-03-01T10:30:00-08:00"},
		{params.Of("time", "10:00"), "2026-03-01T10:00:00-08:00", "2026-03-02T10:00:00-08:00"},
		{params.Of("time", "09:00:30"), "2026-03-01T10:00:00-08:00", "2026-03-02T09:00:30-08:00"},
		// The clock skips an hour in the night to March 8.
		{params.Of("time", "02:30"), "2026-03-07T10:00:00-08:00", "2026-03-08T03:30:00-07:00"},
		{params.Of("time", "12:00"), "2026-03-07T13:00:00-08:00", "2026-03-08T12:00:00-07:00"},
	} {
		sla, err := schedule.ParseSLA(test.config)
		if err != nil {
			t.Fatal(err)
		}
		due, err := time.Parse(time.RFC3339, test.due)
		if err != nil {
			t.Fatal(err)
		}
		if got := sla.Passed(due, zone).In(zone).Format(time.RFC3339); got != test.want {
			t.Errorf("%v, due at %s: late at %s, want %s", test.config, test.due, got, test.want)
		}
		if !sla.Alert || sla.Fail {
			t.Errorf("%v: alert %v, fail %v", test.config, sla.Alert, sla.Fail)
		}
	}
}

func TestAnSLAThatCanNotBeRead(t *testing.T) {
	t.Parallel()
	for _, config := range []params.Map{
		params.Of("time", "x"), params.Of("time", "1:00", "fail", "perhaps"), params.Of("duration", "1:00", "alert", []any{}), {},
	} {
		if _, err := schedule.ParseSLA(config); err == nil {
			t.Errorf("%v is taken", config)
		}
	}
}
