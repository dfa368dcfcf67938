package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

func parse(t testing.TB, text string) params.Value {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func message(t testing.TB) feed.Parts {
	return feed.Parts{
		Body: parse(t, `{"id":7,"name":"a","big":12345678901234567890,"none":null,"no":false,"zero":0,"empty":"",
			"orders":[{"id":1,"tags":["x","y"]},{"id":2},{"other":3}],"a.b":{"c]":"odd"},"map":{"z":1,"a":2},"text":"42"}`),
		Key:     "k-1",
		Headers: []feed.Header{{Name: "x.id", Value: "h1"}, {Name: "n", Value: "5"}, {Name: "x.id", Value: "h2"}},
	}
}

func TestKeysAreFoundWhereverTheyAre(t *testing.T) {
	t.Parallel()
	for from, want := range map[string][]string{
		`body.id`:                {`7`},
		`body.name`:              {`"a"`},
		`body.big`:               {`12345678901234567890`},
		`text(body.id)`:          {`"7"`},
		`number(body.text)`:      {`42`},
		`number(header.n)`:       {`5`},
		`body.none`:              nil,
		`body.missing.at.all`:    nil,
		`body.no`:                {`false`},
		`body.zero`:              {`0`},
		`body.empty`:             {`""`},
		`body.orders[*].id`:      {`1`, `2`},
		`body.orders[*].tags[*]`: {`"x"`, `"y"`},
		`body.orders[1].id`:      {`2`},
		`body.orders[9].id`:      nil,
		`body.orders.id`:         nil,
		`body.id[*]`:             nil,
		`body["a.b"]["c]"]`:      {`"odd"`},
		`body.map`:               {`{"z":1,"a":2}`},
		`key`:                    {`"k-1"`},
		`key.id`:                 nil,
		`header.x.id`:            {`"h1"`, `"h2"`},
		`header.none`:            nil,
	} {
		find, err := feed.Find("p", from)
		if err != nil {
			t.Errorf("%s: %v", from, err)
			continue
		}
		keys, err := find(message(t))
		var got []string
		for _, k := range keys {
			if k.Param != "p" {
				t.Errorf("%s: the param is %q", from, k.Param)
			}
			got = append(got, k.Value)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", from, err, diff)
		}
	}
}

func TestKeysThatCanNotBeConvertedAreInvalid(t *testing.T) {
	t.Parallel()
	for _, from := range []string{`number(body.name)`, `number(body.no)`, `number(body.map)`, `text(body.map)`, `text(body.orders)`, `number(body.empty)`} {
		find, err := feed.Find("p", from)
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := find(message(t)); model.CodeOf(err) != model.Invalid || err == nil {
			t.Errorf("%s: %v, %v", from, keys, err)
		}
	}
}

func TestWrongPlacesOfKeysAreToldWithWhatWasMeant(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		`bdy.id`:           `did you mean "body"?`,
		`headers.id`:       `did you mean "header"?`,
		`payload.id`:       `keys are in body, key or header`,
		``:                 `keys are in body, key or header`,
		`body..id`:         `a path is like`,
		`body[x]`:          `a path is like`,
		`body[1`:           `a path is like`,
		`body["a]`:         `a path is like`,
		`bodyx[0]`:         `did you mean "body"?`,
		`header`:           `a header is like`,
		`nubmer(body.id)`:  `did you mean "number"?`,
		`number(body.id`:   ``,
		`number(body.id)x`: ``,
	} {
		_, err := feed.Find("p", from)
		if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(model.HintsOf(err), want) {
			t.Errorf("%s: %v, hint %q, want %q", from, err, model.HintsOf(err), want)
		}
	}
}

func TestKeysOfSeveralPlacesAreEachFoundOnce(t *testing.T) {
	t.Parallel()
	var list []feed.Extractor
	for _, from := range []string{"body.id", "body.orders[*].id", "number(body.id)"} {
		find, err := feed.Find("p", from)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, find)
	}
	keys, err := feed.FindAll(list...)(message(t))
	want := []store.MessageKey{{Param: "p", Value: "7"}, {Param: "p", Value: "1"}, {Param: "p", Value: "2"}}
	if diff := cmp.Diff(want, keys); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func FuzzFind(f *testing.F) {
	for _, from := range []string{`body.a[*]["b"][0]`, `number(key)`, `header.x`, `body[`} {
		f.Add(from)
	}
	parts := message(f)
	f.Fuzz(func(t *testing.T, from string) {
		find, err := feed.Find("p", from)
		if err != nil {
			return
		}
		_, _ = find(parts) // it may be of the wrong type
	})
}
