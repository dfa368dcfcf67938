package schedule_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/schedule"
)

func TestFormsOfASessionTime(t *testing.T) {
	t.Parallel()
	instant := at(t, "2016-01-30 08:00:00 +0000")
	want := params.Of(
		"session_time", "2016-01-30T00:00:00-08:00",
		"session_date", "2016-01-30",
		"session_date_compact", "20160130",
		"session_local_time", "2016-01-30 00:00:00",
		"session_tz_offset", "-0800",
		"session_unixtime", 1454140800,
	)
	got := schedule.TimeParams("session_", instant, zone(t, "America/Los_Angeles"))
	if !got.Equal(want) {
		t.Errorf("forms are %v, want %v", got, want)
	}
	keys := "session_time session_date session_date_compact session_local_time session_tz_offset session_unixtime"
	if order := strings.Join(slices.Collect(got.Keys()), " "); order != keys {
		t.Errorf("order is %s, want %s", order, keys)
	}
	none := params.Of(
		"last_executed_session_time", "",
		"last_executed_session_date", "",
		"last_executed_session_date_compact", "",
		"last_executed_session_local_time", "",
		"last_executed_session_tz_offset", "+0900",
		"last_executed_session_unixtime", "",
	)
	if got := schedule.NoTimeParams("last_executed_session_", zone(t, "Asia/Tokyo")); !got.Equal(none) {
		t.Errorf("forms of no time are %v, want %v", got, none)
	}
}

func TestTimeIsWrittenWithItsOffset(t *testing.T) {
	t.Parallel()
	instant := at(t, "2016-01-30 12:34:56 +0000").Add(789 * time.Millisecond)
	for name, want := range map[string]string{
		"UTC":              "2016-01-30T12:34:56+00:00",
		"Z":                "2016-01-30T12:34:56+00:00",
		"Asia/Kolkata":     "2016-01-30T18:04:56+05:30",
		"-03:30":           "2016-01-30T09:04:56-03:30",
		"America/New_York": "2016-01-30T07:34:56-05:00",
	} {
		if got := schedule.FormatTime(instant, zone(t, name)); got != want {
			t.Errorf("in %s: %s, want %s", name, got, want)
		}
	}
}

func TestSessionsAreReadOnTheClockOfTheZone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, zone, want string }{
		{"2016-01-30", "UTC", "2016-01-30 00:00:00 +0000"},
		{"2016-01-30", "Asia/Tokyo", "2016-01-30 00:00:00 +0900"},
		{"2016-01-30 12:34:56", "-08:00", "2016-01-30 12:34:56 -0800"},
		{"2026-03-08 02:30:00", "America/Los_Angeles", "2026-03-08 03:30:00 -0700"},
		{"2026-03-08 03:00:00", "America/Los_Angeles", "2026-03-08 03:00:00 -0700"},
		{"2026-11-01 01:30:00", "America/Los_Angeles", "2026-11-01 01:30:00 -0700"},
		{"2026-11-01 02:00:00", "America/Los_Angeles", "2026-11-01 02:00:00 -0800"},
		{"2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29 03:30:00 +0200"},
		{"2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25 02:30:00 +0200"},
		{"2026-10-25 03:00:00", "Europe/Berlin", "2026-10-25 03:00:00 +0100"},
		{"2026-04-24", "Africa/Cairo", "2026-04-24 01:00:00 +0300"},
		{"2026-10-25", "Atlantic/Azores", "2026-10-25 00:00:00 +0000"},
		{"2011-12-30 12:00:00", "Pacific/Apia", "2011-12-31 12:00:00 +1400"},
	} {
		got, err := schedule.ParseSession(tt.text, zone(t, tt.zone))
		if err != nil || !got.Equal(at(t, tt.want)) {
			t.Errorf("%s in %s is %v, error %v, want %s", tt.text, tt.zone, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "daily", "2016-1-30", "2016-02-30", "2016-01-30 12:00", "2016-01-30T12:00:00", "2016-01-30 12:00:00.5", "2016-01-30 24:00:00", " 2016-01-30"} {
		if got, err := schedule.ParseSession(text, time.UTC); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q is %v, error %v, want it refused", text, got, err)
		}
	}
}

func TestISOTimes(t *testing.T) {
	t.Parallel()
	tokyo := zone(t, "Asia/Tokyo")
	for _, tt := range []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2016-01-30T12:34:56Z", nil, "2016-01-30 12:34:56 +0000"},
		{"2016-01-30T12:34:56+00:00", tokyo, "2016-01-30 12:34:56 +0000"},
		{"2016-01-30T12:34:56-03:30", nil, "2016-01-30 12:34:56 -0330"},
		{"2016-01-30T12:34Z", nil, "2016-01-30 12:34:00 +0000"},
		{"2016-01-30T12:34+09:00", nil, "2016-01-30 12:34:00 +0900"},
		{"2016-01-30T12:34:56+09:00[Asia/Tokyo]", nil, "2016-01-30 12:34:56 +0900"},
		{"2016-01-30T12:34", tokyo, "2016-01-30 12:34:00 +0900"},
		{"2016-01-30T12:34:56", tokyo, "2016-01-30 12:34:56 +0900"},
	} {
		got, err := schedule.ParseTime(tt.text, tt.zone)
		if err != nil || !got.Equal(at(t, tt.want)) {
			t.Errorf("%s in %v is %v, error %v, want %s", tt.text, tt.zone, got, err, tt.want)
		}
	}
	fine, err := schedule.ParseTime("2016-01-30T12:34:56.123456789Z", nil)
	if err != nil || fine.Nanosecond() != 123456789 {
		t.Errorf("a fraction gives %v, error %v", fine, err)
	}
	for _, text := range []string{"", "now", "2016-01-30", "2016-01-30 12:34:56Z", "2016-02-30T00:00:00Z", "2016-01-30T12:34:56",
		"2016-01-30T12:34:56[Asia/Tokyo]", "2016-01-30T12:34:56Z[Mars]", "2016-01-30T12:34:56Z[UTC", "2016-01-30T12:34:56Z[UTC]x"} {
		if got, err := schedule.ParseTime(text, nil); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q is %v, error %v, want it refused", text, got, err)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"UTC": "UTC +00:00", "Asia/Tokyo": "Asia/Tokyo +09:00", "Z": "Z +00:00",
		"+09:00": "+09:00 +09:00", "-0330": "-03:30 -03:30", "+9": "+09:00 +09:00", "-08": "-08:00 -08:00",
		"UTC+9": "UTC+09:00 +09:00", "GMT-03:30": "GMT-03:30 -03:30", "+18:00": "+18:00 +18:00", "+00:00": "+00:00 +00:00",
		"+01:02:03": "+01:02:03 +01:02",
	} {
		got, err := schedule.ParseZone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := got.String() + time.Unix(0, 0).In(got).Format(" -07:00"); s != want {
			t.Errorf("%s is %s, want %s", name, s, want)
		}
	}
	for name, want := range map[string]string{
		"Asia/Tokio":      "did you mean Asia/Tokyo?",
		"Europe/Berln":    "did you mean Europe/Berlin?",
		"":                "use a name such as Asia/Tokyo or an offset such as +09:00",
		"Local":           "use a name such as Asia/Tokyo or an offset such as +09:00",
		"../../etc/hosts": "use a name such as Asia/Tokyo or an offset such as +09:00",
		"+18:01":          "",
		"+09:60":          "",
		"+99":             "",
	} {
		got, err := schedule.ParseZone(name)
		if model.CodeOf(err) != model.Invalid || model.HintsOf(err) != want {
			t.Errorf("%q is %v, error %v, hint %q, want hint %q", name, got, err, model.HintsOf(err), want)
		}
	}
}

//go:embed zones.txt
var zoneNames string

func TestSuggestedZonesExist(t *testing.T) {
	t.Parallel()
	names := strings.Fields(zoneNames)
	if len(names) < 400 || !slices.IsSorted(names) {
		t.Errorf("%d names, sorted: %v", len(names), slices.IsSorted(names))
	}
	for _, name := range names {
		if _, err := schedule.ParseZone(name); err != nil {
			t.Error(err)
		}
	}
}

func TestTruncation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ at, zone, hour, day string }{
		{"2016-01-30 12:34:56 +0000", "UTC", "2016-01-30 12:00:00 +0000", "2016-01-30 00:00:00 +0000"},
		{"2016-01-30 20:34:56 +0000", "Asia/Kolkata", "2016-01-31 02:00:00 +0530", "2016-01-31 00:00:00 +0530"},
		{"1960-01-30 20:34:56 +0000", "Asia/Kolkata", "1960-01-31 02:00:00 +0530", "1960-01-31 00:00:00 +0530"},
		{"2026-11-01 01:30:00 -0700", "America/Los_Angeles", "2026-11-01 01:00:00 -0700", "2026-11-01 00:00:00 -0700"},
		{"2026-11-01 01:30:00 -0800", "America/Los_Angeles", "2026-11-01 01:00:00 -0800", "2026-11-01 00:00:00 -0700"},
		{"2026-04-24 01:30:00 +0300", "Africa/Cairo", "2026-04-24 01:00:00 +0300", "2026-04-24 01:00:00 +0300"},
		{"2026-10-25 00:30:00 -0100", "Atlantic/Azores", "2026-10-25 00:00:00 -0100", "2026-10-25 00:00:00 +0000"},
		{"2026-04-05 01:45:00 +1030", "Australia/Lord_Howe", "2026-04-05 01:00:00 +1100", "2026-04-05 00:00:00 +1100"},
	} {
		if got := schedule.TruncateHour(at(t, tt.at), zone(t, tt.zone)); !got.Equal(at(t, tt.hour)) {
			t.Errorf("hour of %s in %s begins at %v, want %s", tt.at, tt.zone, got, tt.hour)
		}
		if got := schedule.TruncateDay(at(t, tt.at), zone(t, tt.zone)); !got.Equal(at(t, tt.day)) {
			t.Errorf("day of %s in %s begins at %v, want %s", tt.at, tt.zone, got, tt.day)
		}
	}
}

func TestWrittenTimesAreReadBack(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		z := zone(t, rapid.SampledFrom([]string{"UTC", "America/Los_Angeles", "Africa/Cairo", "Atlantic/Azores", "+05:45"}).Draw(t, "zone"))
		instant := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "seconds"), 0)
		if got, err := schedule.ParseTime(schedule.FormatTime(instant, z), nil); err != nil || !got.Equal(instant) {
			t.Fatalf("%v in %v is read back as %v, error %v", instant.UTC(), z, got, err)
		}
		local, _ := schedule.TimeParams("", instant, z).String("local_time")
		got, err := schedule.ParseSession(local, z)
		if err != nil || got.In(z).Format("2006-01-02 15:04:05") != local || got.After(instant) {
			t.Fatalf("%s in %v is read back as %v, error %v", local, z, got.In(z), err)
		}
	})
}
