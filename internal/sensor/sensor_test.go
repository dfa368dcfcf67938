package sensor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
)

func TestASectionIsRead(t *testing.T) {
	t.Parallel()
	got, err := sensor.Parse(params.Of("sh>", "./look", "every", "5m", "timeout", "2m", "with", params.Of("shell", []params.Value{"bash"}), "params", params.Of("a", int64(1))))
	if err != nil {
		t.Fatal(err)
	}
	want := sensor.Sensor{Operator: "sh", Command: "./look", Every: 5 * time.Minute, Timeout: 2 * time.Minute, With: params.Of("shell", []params.Value{"bash"}), Params: params.Of("a", int64(1))}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
	got, err = sensor.Parse(params.Of("py", "look.orders"))
	if err != nil || got.Every != 30*time.Second || got.Timeout != time.Minute || got.Operator != "py" {
		t.Errorf("defaults: %+v, %v", got, err)
	}
}

func TestASectionThatIsWrongSaysWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section        params.Map
		key, want, may string
	}{
		{params.Map{}, "", "needs sh> or py>", ""},
		{params.Of("sh>", "a", "evry", "3s"), "evry", `no key "evry"`, `"every"`},
		{params.Of("sh>", "a", "zzz", "3s"), "zzz", `no key "zzz"`, "it has the keys sh>, py>, every"},
		{params.Of("sh>", "a", "py>", "b"), "py>", "one thing", ""},
		{params.Of("sh>", " "), "sh>", "not empty", ""},
		{params.Of("sh>", int64(1)), "sh>", "must be a text", ""},
		{params.Of("sh>", "a", "every", "soon"), "every", "invalid duration", "1d 2h"},
		{params.Of("sh>", "a", "every", "0s"), "every", "a second or more", ""},
		{params.Of("sh>", "a", "timeout", "2h"), "timeout", "to an hour", ""},
		{params.Of("sh>", "a", "params", "x"), "params", "must be a mapping", ""},
		{params.Of("sh>", "a", "every", params.Map{}), "every", "a time such as 30s", ""},
	} {
		key, err := sensor.Check(c.section)
		if key != c.key || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), c.want) || !strings.Contains(model.HintsOf(err), c.may) {
			t.Errorf("%v: key %q, error %v (%s)", c.section, key, err, model.HintsOf(err))
		}
	}
}

func TestFailuresMakeWaitsLonger(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)
	s := &sensor.Sensor{Every: 30 * time.Second}
	for failures, want := range map[int]time.Duration{0: 30 * time.Second, 1: time.Minute, 2: 2 * time.Minute, 6: 32 * time.Minute, 7: time.Hour, 1 << 40: time.Hour} {
		if got := s.Next(now, failures).Sub(now); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
	s.Every = 2 * time.Hour
	if got := s.Next(now, 5).Sub(now); got != 2*time.Hour {
		t.Errorf("a slow one waits %s", got)
	}
}

func TestAnAnswerIsTheLastLine(t *testing.T) {
	t.Parallel()
	cursor := "7"
	for text, want := range map[string]sensor.Answer{
		"":                           {},
		" \n\n":                      {},
		"null\n":                     {},
		"x\n[]\n":                    {},
		"{}":                         {},
		`{"skip":"no"}`:              {Skip: "no"},
		"debug\n{\"cursor\": 7}\n\n": {Cursor: &cursor},
		`[{"run_key":"a","params":{"x":1},"tags":{"n":2}},{}]`: {Requests: []sensor.Request{
			{Key: "a", Params: params.Of("x", int64(1)), Tags: model.Tags{"n": "2"}}, {},
		}},
		`{"requests":[{"run_key":3}],"cursor":null,"skip":null}`: {Requests: []sensor.Request{{Key: "3"}}},
	} {
		got, err := sensor.ParseOutput(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestWhatIsPrintedIsToldWithoutTheAnswer(t *testing.T) {
	t.Parallel()
	sh, py := sensor.Sensor{Operator: "sh"}, sensor.Sensor{Operator: "py"}
	if got := sh.Printed("looked\n{}\nodd\n", "looked\n{}\n"); got != "looked\nodd\n" {
		t.Errorf("sh: %q", got)
	}
	if got := sh.Printed("odd\n", ""); got != "odd\n" {
		t.Errorf("sh without an answer: %q", got)
	}
	if got := py.Printed("looked\n", "looked\n"); got != "looked\n" {
		t.Errorf("py: %q", got)
	}
}

func TestWhatIsSecretIsInNoErrorAboutAnAnswer(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("hunter", 20)
	hide := func(text string) string { return strings.ReplaceAll(text, secret, "***") }
	py := sensor.Sensor{Operator: "py"}
	for _, c := range []struct {
		answer params.Value
		want   string
	}{
		{"x" + secret, `the sensor answered "x***"`},
		{params.Of(secret, "a"), `no key "***"`},
		{[]params.Value{params.Of("params", []params.Value{secret})}, `not ["***"]`},
		{params.Of("cursor", params.Of("a", secret)), `not {"a":"***"}`},
		{[]params.Value{params.Of("run_key", secret+strings.Repeat("k", 200))}, "at most 200"},
		{[]params.Value{params.Of("run_key", secret+secret)}, "what is secret in the answer"},
	} {
		_, err := py.Answer("", params.Of("answer", c.answer), hide)
		if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error()+model.HintsOf(err), "hunter") {
			t.Errorf("%v: %v", c.answer, err)
		}
	}
	if a, err := py.Answer("", params.Of("answer", params.Of("cursor", secret)), hide); err != nil || *a.Cursor != secret {
		t.Errorf("a right answer is changed: %v, %v", a, err)
	}
}

func TestAnAnswerThatIsWrongSaysHow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"hello":                        "no JSON",
		"3":                            "a mapping or a list",
		`{"requestz":[]}`:              `no key "requestz"`,
		`{"requests":{}}`:              "requests must be a list",
		`[{"run_ky":"a"}]`:             `request 1: a request has no key "run_ky"`,
		`[{}, "a"]`:                    "request 2: a request must be a mapping",
		`[{"params":1}]`:               "params must be a mapping",
		`[{"tags":1}]`:                 "tags must be a mapping",
		`[{"tags":{"a":[]}}]`:          `the tag "a" must be a text`,
		`[{"tags":{"pawl/a":"b"}}]`:    "pawl's own",
		`[{"run_key":[]}]`:             "run_key must be a text",
		`{"cursor":{}}`:                "cursor must be a text",
		`{"cursor":"a\u0000"}`:         "null characters",
		`{"skip":"x","requests":[{}]}`: "both",
		`[{"run_key":"` + strings.Repeat("k", 201) + `"}]`: "at most 200",
		`{"cursor":"` + strings.Repeat("k", 70000) + `"}`:  "at most 65536",
		"[" + strings.Repeat("{},", 1000) + "{}]":          "asked for 1001 runs at once, and at most 1000",
	} {
		_, err := sensor.ParseOutput(text)
		if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseOutput(f *testing.F) {
	f.Add(`{"requests": [{"run_key": "a", "params": {}, "tags": {"a": "b"}}], "cursor": "a"}`)
	f.Add("x\n[{}]")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := sensor.ParseOutput(text)
		if err != nil && model.CodeOf(err) != model.Invalid {
			t.Fatal(err)
		}
		if len(a.Requests) > sensor.MaxRequests {
			t.Fatal("too many")
		}
	})
}
