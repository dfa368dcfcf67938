package facts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/facts"
)

func TestFailuresThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"gone"`:                              "a failure is an object or null",
		`{}`:                                  "needs a label, a message or a retry",
		`{"label": 1}`:                        "the label of a failure is a text",
		`{"lable": "x"}`:                      `a failure has no "lable"`,
		`{"retry": true}`:                     "the retry of a failure is false, or",
		`{"retry": {"after": 1}}`:             "needs most",
		`{"retry": {"most": 1.5}}`:            "most of the retry of a failure can't be 1.5",
		`{"retry": {"after": -1, "most": 1}}`: "after of the retry of a failure can't be -1",
		`{"retry": {"times": 1, "most": 1}}`:  `has no "times"`,
	} {
		var told facts.Told
		err := told.Read(strings.NewReader(`{"failure": ` + text + `}`))
		if err == nil || !strings.Contains(err.Error(), want) || told.Failure() != nil {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAFailureWaitsAYearAtMost(t *testing.T) {
	t.Parallel()
	var told facts.Told
	if err := told.Read(strings.NewReader(`{"failure": {"retry": {"after": 1e300, "most": 1e300}}}`)); err != nil {
		t.Fatal(err)
	}
	if a := told.Failure().Again; a.After != 365*24*time.Hour || a.Most < 0 {
		t.Errorf("it is tried again %+v", a)
	}
}
