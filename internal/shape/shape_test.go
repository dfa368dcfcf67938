package shape_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
)

var order = params.Of(
	"order_id", shape.Text, "amount", shape.Integer, "rate", shape.Number, "paid", shape.Boolean, "due", shape.Time,
	"tags", []any{shape.Text}, "address", params.Of("street", shape.Text), "counts", params.Of(shape.Others, shape.Integer),
	"more", shape.Any,
)

func TestWhatFitsBecomesWhatIsWanted(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{}`:                                `{}`,
		`{"order_id": "o", "amount": 3}`:    `{"order_id":"o","amount":3}`,
		`{"order_id": 17, "amount": "-30"}`: `{"order_id":"17","amount":-30}`,
		`{"rate": "1.5"}`:                   `{"rate":1.5}`,
		`{"rate": "2"}`:                     `{"rate":2}`,
		`{"rate": 3}`:                       `{"rate":3}`,
		`{"paid": "true"}`:                  `{"paid":true}`,
		`{"paid": false}`:                   `{"paid":false}`,
		`{"paid": "No"}`:                    `{"paid":false}`,
		`{"paid": 1}`:                       `{"paid":true}`,
		`{"due": "2026-01-30T00:00:00Z"}`:   `{"due":"2026-01-30T00:00:00Z"}`,
		`{"tags": ["a", 1]}`:                `{"tags":["a","1"]}`,
		`{"tags": "[\"a\"]"}`:               `{"tags":["a"]}`,
		`{"address": {"street": "x"}}`:      `{"address":{"street":"x"}}`,
		`{"address": "{\"street\": 1}"}`:    `{"address":{"street":"1"}}`,
		`{"counts": {"a": "1", "b": 2}}`:    `{"counts":{"a":1,"b":2}}`,
		`{"more": [1, {"x": null}]}`:        `{"more":[1,{"x":null}]}`,
		`{"amount": null, "tags": null}`:    `{"amount":null,"tags":null}`,
	} {
		got, err := shape.Fit(order, parse(t, given))
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s becomes %v, %v, want %s", given, got, err, want)
		}
	}
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"amuont": 1}`:                  `there is no parameter "amuont"; did you mean "amount"?`,
		`{"zzz": 1}`:                     `there is no parameter "zzz"; there are order_id, amount,`,
		`{"address": {"stret": "x"}}`:    `there is no parameter "address.stret"; did you mean "street"?`,
		`{"amount": "many"}`:             `parameter "amount" is "many", and is to be a whole number`,
		`{"amount": ""}`:                 `parameter "amount" is "", and is to be a whole number`,
		`{"amount": 1.5}`:                `parameter "amount" is 1.5, and is to be a whole number`,
		`{"order_id": ["o"]}`:            `parameter "order_id" is ["o"], and is to be a text`,
		`{"rate": "x"}`:                  `parameter "rate" is "x", and is to be a number`,
		`{"paid": 2}`:                    `parameter "paid" is 2, and is to be true or false`,
		`{"paid": "maybe"}`:              `parameter "paid" is "maybe", and is to be true or false`,
		`{"due": "tomorrow"}`:            `parameter "due" is "tomorrow", and is to be a time such as`,
		`{"due": 7}`:                     `parameter "due" is 7, and is to be a time such as`,
		`{"tags": "a"}`:                  `parameter "tags" is "a", and is to be a list`,
		`{"tags": [["a"]]}`:              `parameter "tags[0]" is ["a"], and is to be a text`,
		`{"address": "x"}`:               `parameter "address" is "x", and is to be a map`,
		`{"counts": {"a": "x"}}`:         `parameter "counts.a" is "x", and is to be a whole number`,
		`{"order_id": ["` + long + `"]}`: `parameter "order_id" is ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., and is to be a text`,
	} {
		_, err := shape.Fit(order, parse(t, given))
		if err == nil || model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error()+"; "+model.HintsOf(err), want) {
			t.Errorf("%s: got %v; %s, want %s", given, err, model.HintsOf(err), want)
		}
	}
}

var long = strings.Repeat("x", 100)

func TestAnyShapeFitsAll(t *testing.T) {
	t.Parallel()
	given := params.Of("a", 1, "b", []any{"x"})
	for _, of := range []params.Value{nil, shape.Any, "a kind of a later version", params.Of(shape.Others, shape.Any)} {
		if got, err := shape.Fit(of, given); err != nil || fmt.Sprint(got) != fmt.Sprint(given) {
			t.Errorf("%v: %v, %v", of, got, err)
		}
	}
}

func parse(t *testing.T, text string) params.Map {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(params.Map)
}
