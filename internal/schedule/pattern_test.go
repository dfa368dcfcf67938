package schedule

import (
	"testing"
	"time"
)

func TestFaultyPatternsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    `invalid cron pattern "": it is empty`,
		"||":                  `invalid cron pattern "||": it is empty`,
		"* * * * * *":         `invalid cron pattern "* * * * * *": it must have 5 fields (minutes, hours, days of month, months, days of week), not 6`,
		"@daily":              `invalid cron pattern "@daily": it must have 5 fields (minutes, hours, days of month, months, days of week), not 1`,
		"60 * * * *":          `invalid cron pattern "60 * * * *": minutes: 60 is not between 0 and 59`,
		"* 24 * * *":          `invalid cron pattern "* 24 * * *": hours: 24 is not between 0 and 23`,
		"* * 0 * *":           `invalid cron pattern "* * 0 * *": days of month: 0 is not between 1 and 31`,
		"* * 32 * *":          `invalid cron pattern "* * 32 * *": days of month: 32 is not between 1 and 31`,
		"* * * 13 *":          `invalid cron pattern "* * * 13 *": months: 13 is not between 1 and 12`,
		"* * * * 8":           `invalid cron pattern "* * * * 8": days of week: 8 is not between 0 and 7`,
		"* * * * *|* * *":     `invalid cron pattern "* * *": it must have 5 fields (minutes, hours, days of month, months, days of week), not 3`,
		"x * * * *":           `invalid cron pattern "x * * * *": minutes: "x" is not a value`,
		"-5 * * * *":          `invalid cron pattern "-5 * * * *": minutes: "" is not a value`,
		"5- * * * *":          `invalid cron pattern "5- * * * *": minutes: "" is not a value`,
		"1-2-3 * * * *":       `invalid cron pattern "1-2-3 * * * *": minutes: "2-3" is not a value`,
		"+5 * * * *":          `invalid cron pattern "+5 * * * *": minutes: "+5" is not a value`,
		"*/0 * * * *":         `invalid cron pattern "*/0 * * * *": minutes: the step "0" of "*/0" is not a positive number`,
		"*/ * * * *":          `invalid cron pattern "*/ * * * *": minutes: the step "" of "*/" is not a positive number`,
		"*/2/3 * * * *":       `invalid cron pattern "*/2/3 * * * *": minutes: the step "2/3" of "*/2/3" is not a positive number`,
		", * * * *":           `invalid cron pattern ", * * * *": minutes: "," has no values`,
		"L * * * *":           `invalid cron pattern "L * * * *": minutes: "L" is not a value`,
		"* * L-3 * *":         `invalid cron pattern "* * L-3 * *": days of month: the range "L-3" must not start with L`,
		"* * * * monday":      `invalid cron pattern "* * * * monday": days of week: "monday" is not a value`,
		"99999999999 * * * *": `invalid cron pattern "99999999999 * * * *": minutes: "99999999999" is not a value`,
	} {
		if _, err := parsePatterns(text); err == nil || err.Error() != want {
			t.Errorf("%q\n got error %v\nwant %s", text, err, want)
		}
	}
}

func TestPatternsThatMeanTheSame(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"*/15 * * * *", "0,15,30,45 * * * *", "0-59/15 * * * *", "45,30,,15,0, * * * *", "\t*/15  * * * * "},
		{"0 0 * * 0", "0 0 * * 7", "0 0 * * sun", "0 0 * * SUN", "0 0 * * 07"},
		{"0 0 * * 5,6,0", "0 0 * * 5-7", "0 0 * * fri-sun", "0 0 * * 5-0"},
		{"0 0 * * *", "0 0 * * 0-7", "0 0 * * 0-6", "0 0 1-31 1-12 *"},
		{"0 0 * * 0-2", "0 0 * * 7-2"},
		{"0 22,23,0,1 * * *", "0 22-1 * * *"},
		{"0 22,0 * * *", "0 22-1/2 * * *"},
		{"0 0 * 11,12,1 *", "0 0 * nov-jan *"},
		{"5 * * * *", "5/10 * * * *", "5-5 * * * *"}, // a step needs a range
		{"0 0 28-31 * *", "0 0 28-L * *"},
	} {
		want, err := parsePatterns(same[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range same[1:] {
			got, err := parsePatterns(text)
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			from := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
			a, b := &cron{want[0], time.UTC}, &cron{got[0], time.UTC}
			for range 500 {
				x, _ := a.after(from)
				if y, _ := b.after(from); !x.Equal(y) {
					t.Errorf("%q gives %v, but %q gives %v", same[0], x, text, y)
					break
				}
				from = x
			}
		}
	}
}

func FuzzPatterns(f *testing.F) {
	for _, seed := range []string{"*/15 * * * *", "0 0 L * *", "5-10/3,59 22-1 1,15 nov-feb Mon-fri/2|* * 29 2 7", "0 0 30 2 *", "-1 * * * *"} {
		f.Add(seed, int64(1_700_000_000))
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		patterns, err := parsePatterns(text)
		if err != nil || len(patterns) > 10 {
			return
		}
		now := time.Unix(seconds%4_000_000_000, 0)
		for _, p := range patterns {
			c := &cron{p, zone}
			next, ok := c.after(now)
			if !ok {
				if last, ok := c.before(now); ok && last.After(now.AddDate(-horizon+1, 0, 0)) {
					t.Fatalf("%q: a slot at %v but none after %v", text, last, now)
				}
				continue
			}
			if !next.After(now) {
				t.Fatalf("%q: after %v comes %v", text, now, next)
			}
			if back, ok := c.before(next.Add(1)); !ok || !back.Equal(next) {
				t.Fatalf("%q: the last slot up to %v is %v", text, next, back)
			}
			if last, ok := c.before(next); ok && last.After(now) {
				t.Fatalf("%q: between %v and %v is %v", text, now, next, last)
			}
		}
	})
}
