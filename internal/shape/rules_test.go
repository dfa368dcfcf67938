package shape_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
)

func words(t *testing.T, r shape.Rules) params.Map {
	t.Helper()
	m, err := r.Words()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// report is a shape with rules of every kind.
func report(t *testing.T) params.Map {
	return params.Of(
		"since", words(t, shape.Rules{Shape: shape.Date, Required: true, Minimum: "2020-01-01"}),
		"limit", words(t, shape.Rules{Shape: shape.Integer, Default: "100", Minimum: int64(1), Maximum: int64(1000)}),
		"mode", words(t, shape.Rules{Shape: shape.Text, Required: true, Enum: []params.Value{"fast", "full"}}),
		"code", words(t, shape.Rules{Shape: shape.Text, Pattern: "^[a-z]+$"}),
		"rate", words(t, shape.Rules{Shape: shape.Number, Enum: []params.Value{int64(1), 2.5}}),
		"tags", words(t, shape.Rules{Shape: []params.Value{shape.Text}, Default: []params.Value{"x"}}),
		"at", words(t, shape.Rules{Shape: shape.Time, Maximum: "2030-01-01T00:00:00Z"}),
		shape.Others, shape.Any,
	)
}

func TestWhatIsNotGivenGetsItsDefault(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"since": "2026-01-30", "mode": "fast"}`:                              `{"since":"2026-01-30","mode":"fast","limit":100,"code":null,"rate":null,"tags":["x"],"at":null}`,
		`{"since": "2026-01-30", "mode": "fast", "limit": null, "code": null}`: `{"since":"2026-01-30","mode":"fast","limit":100,"code":null,"rate":null,"tags":["x"],"at":null}`,
		`{"mode": "full", "limit": "7", "other": [1], "since": "2026-01-30"}`:  `{"mode":"full","limit":7,"other":[1],"since":"2026-01-30","code":null,"rate":null,"tags":["x"],"at":null}`,
		`{"mode": "full", "since": "2026-01-30", "rate": 1.0, "tags": "[1]"}`:  `{"mode":"full","since":"2026-01-30","rate":1.0,"tags":["1"],"limit":100,"code":null,"at":null}`,
	} {
		got, err := shape.Fit(report(t), parse(t, given))
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s becomes %v, %v, want %s", given, got, err, want)
		}
	}
}

func TestAChangeAddsNothing(t *testing.T) {
	t.Parallel()
	got, err := shape.FitChange(report(t), parse(t, `{"limit": "7"}`))
	if err != nil || fmt.Sprint(got) != `{"limit":7}` {
		t.Errorf("it becomes %v, %v", got, err)
	}
	if _, err := shape.FitChange(report(t), parse(t, `{"limit": 0}`)); err == nil {
		t.Error("what does not fit is taken")
	}
	if _, err := shape.FitChange(report(t), parse(t, `{"since": null}`)); err == nil {
		t.Error("what is required is taken away")
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	given := `{"since": "2019-12-31", "limit": "many", "code": "A1", "rate": 2, "tags": [["x"]], "at": "2031-01-01T00:00:00Z"}`
	fitted, err := shape.Fit(report(t), parse(t, given))
	want := []shape.Problem{
		{Input: "since", Given: `"2019-12-31"`, Want: "a date such as 2026-01-30, at least 2020-01-01"},
		{Input: "limit", Given: `"many"`, Want: "a whole number"},
		{Input: "code", Given: `"A1"`, Want: "a text, like ^[a-z]+$"},
		{Input: "rate", Given: "2", Want: "one of 1, 2.5"},
		{Input: "tags[0]", Given: `["x"]`, Want: "a text"},
		{Input: "at", Given: `"2031-01-01T00:00:00Z"`, Want: "a time such as 2026-01-30T00:00:00Z, at most 2030-01-01T00:00:00Z"},
		{Input: "mode", Want: `one of "fast", "full"`},
	}
	var wrong *shape.Error
	if !errors.As(err, &wrong) || model.CodeOf(err) != model.Invalid {
		t.Fatalf("%v", err)
	}
	if diff := cmp.Diff(want, wrong.Problems); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) || lines[6] != `parameter "mode" is missing, and is to be one of "fast", "full"` {
		t.Errorf("%v", err)
	}
	_, err = shape.Fit(report(t), parse(t, `{"since": "x", "mode": "fast"}`))
	if err == nil || err.Error() != `parameter "since" is "x", and is to be a date such as 2026-01-30` {
		t.Errorf("what does not fit is not missing: %v", err)
	}
	if !fitted.Equal(parse(t, given)) {
		t.Errorf("what does not fit becomes %v", fitted)
	}
}

func TestWithoutOthersUnknownParametersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := shape.Fit(report(t).Delete(shape.Others), parse(t, `{"since": "2026-01-30", "mode": "fast", "limt": 3}`))
	if err == nil || err.Error() != `there is no parameter "limt"` || model.HintsOf(err) != `did you mean "limit"?` {
		t.Errorf("%v; %s", err, model.HintsOf(err))
	}
}

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]shape.Rules{
		`default is "x", and is to be a whole number`:                  {Shape: shape.Integer, Default: "x"},
		"default is 11, and is to be a whole number, at most 10":       {Shape: shape.Integer, Default: int64(11), Maximum: int64(10)},
		`enum[1] is "b", and is to be a whole number`:                  {Shape: shape.Integer, Enum: []params.Value{int64(1), "b"}},
		"the minimum 3 is above the maximum 2":                         {Shape: shape.Integer, Minimum: int64(3), Maximum: int64(2)},
		"only a number, a date or a time can have a minimum":           {Shape: shape.Text, Minimum: "a"},
		"only a text can have a pattern":                               {Shape: shape.Integer, Pattern: "a"},
		`pattern "(": error parsing regexp`:                            {Shape: shape.Text, Pattern: "("},
		`minimum is "soon", and is to be a date such as 2026-01-30`:    {Shape: shape.Date, Minimum: "soon"},
		`default is "c", and is to be one of "a", "b"`:                 {Shape: shape.Text, Enum: []params.Value{"a", "b"}, Default: "c"},
		`default is "x", and is to be a list`:                          {Shape: []params.Value{shape.Any}, Default: "x"},
		`default is "2019-01-01", and is to be a date such as 2026-01`: {Shape: shape.Date, Minimum: "2020-01-01", Default: "2019-01-01"},
	} {
		if _, err := r.Words(); model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", r, err, want)
		}
	}
}

func TestShapesAreJSONSchemas(t *testing.T) {
	t.Parallel()
	of := params.Of(
		"since", words(t, shape.Rules{Shape: shape.Date, Required: true, Minimum: "2020-01-01", Title: "Since"}),
		"limit", words(t, shape.Rules{Shape: shape.Integer, Default: int64(100), Minimum: int64(1), Description: "rows"}),
		"mode", words(t, shape.Rules{Shape: shape.Text, Enum: []params.Value{"a"}, Pattern: "."}),
		"free", words(t, shape.Rules{}), "plain", shape.Number, "list", []params.Value{shape.Boolean},
		"deep", params.Of("x", words(t, shape.Rules{Shape: shape.Time, Required: true})),
		shape.Others, shape.Text,
	)
	want := `{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"t","type":"object","properties":{` +
		`"since":{"type":"string","format":"date","title":"Since","formatMinimum":"2020-01-01"},` +
		`"limit":{"type":"integer","description":"rows","minimum":1,"default":100},` +
		`"mode":{"type":"string","enum":["a"],"pattern":"."},"free":{},"plain":{"type":"number"},"list":{"type":"array","items":{"type":"boolean"}},` +
		`"deep":{"type":"object","properties":{"x":{"type":"string","format":"date-time"}},"required":["x"],"additionalProperties":false}},` +
		`"required":["since"],"additionalProperties":{"type":"string"}}`
	if got := string(params.AppendJSON(nil, shape.Schema("t", of))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	all := `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{},"additionalProperties":true}`
	if got := string(params.AppendJSON(nil, shape.Schema("", nil))); got != all {
		t.Errorf("what takes anything: %s", got)
	}
}

func TestInputsAreListed(t *testing.T) {
	t.Parallel()
	inputs := shape.Inputs(report(t))
	if len(inputs) != 7 || inputs[1].Name != "limit" || inputs[1].Default != int64(100) || inputs[1].Want != "a whole number, at least 1 and at most 1000" {
		t.Errorf("%+v", inputs)
	}
	if got, err := shape.FitOne(report(t), "limit", "7"); err != nil || got != int64(7) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := shape.FitOne(report(t), "limit", "0"); err == nil {
		t.Error("0 is taken")
	}
	if shape.Inputs(nil) != nil || shape.Inputs(shape.Any) != nil {
		t.Error("what takes anything declares inputs")
	}
}

func TestWhatComesFromElsewhereIsLookedAtWhereItIsDeclared(t *testing.T) {
	t.Parallel()
	of := params.Of("n", words(t, shape.Rules{Shape: shape.Integer, Required: true}), "m", words(t, shape.Rules{Shape: shape.Integer, Default: int64(1)}))
	for _, tt := range []struct{ elsewhere, given, want string }{
		{`{"n": "7", "host": "h"}`, `{}`, `{"n":7,"host":"h","m":1}`},
		{`{"n": "x", "m": 2}`, `{"n": 3}`, `{"n":3,"m":2}`},
	} {
		got, err := shape.FitOver(of, parse(t, tt.elsewhere), parse(t, tt.given))
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("%s over %s is %v, %v, want %s", tt.given, tt.elsewhere, got, err, tt.want)
		}
	}
	if _, err := shape.FitOver(of, parse(t, `{"host": "h"}`), parse(t, `{"n": 1, "host": 2}`)); err == nil {
		t.Error("what is given and not declared is taken")
	}
}

func TestANameThatWasMeantIsAskedForWhereItIsMissing(t *testing.T) {
	t.Parallel()
	of := params.Of("file", shape.Text, "mode", shape.Text, shape.Others, shape.Any)
	words, err := shape.Rules{Shape: shape.Text, Required: true}.Words()
	if err != nil {
		t.Fatal(err)
	}
	of = of.Set("file", words)
	for given, want := range map[string]string{
		`{"fil": "x"}`: `did you mean "file"? "fil" is given`, `{"other": "x"}`: "", `{"mode": "x"}`: "", `{}`: "",
	} {
		_, err := shape.Fit(of, parse(t, given))
		if err == nil || !strings.HasPrefix(err.Error(), `parameter "file" is missing`) || model.HintsOf(err) != want {
			t.Errorf("%s: %v; %s", given, err, model.HintsOf(err))
		}
	}
}

func TestANameThatIsNearlyAnInputIsRefused(t *testing.T) {
	t.Parallel()
	words, err := shape.Rules{Shape: shape.Text, Default: "x"}.Words()
	if err != nil {
		t.Fatal(err)
	}
	of := params.Of("name", words, "nave", words, shape.Others, shape.Any)
	for given, want := range map[string]string{
		`{"namee": "y"}`:                         `there is no parameter "namee"; did you mean "name"?`,
		`{"nam": "y", "name": "y", "nave": "z"}`: "; ", // which may be another one
		`{"region": "y"}`:                        "; ", `{"name": null}`: "; ", `{}`: "; ",
	} {
		_, err := shape.Fit(of, parse(t, given))
		message := ""
		if err != nil {
			message = err.Error()
		}
		if got := message + "; " + model.HintsOf(err); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}
