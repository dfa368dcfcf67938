package kind_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/kind"
)

// shops is a table with one of everything.
func shops(t *testing.T) *kind.Table {
	t.Helper()
	table, err := kind.NewTable(
		kind.Section{
			Name: "shop", Doc: "A shop.", TypeDoc: "which shop",
			Types: []kind.Type{
				{Name: "stall", Doc: "a stall", Options: []kind.Option{{Name: "roof", Form: kind.Bool, Default: "false", Doc: "has a roof"}}},
				{Name: "hall", Also: []string{"house"}, Doc: "a hall", Options: []kind.Option{
					{Name: "hall.doors", Form: kind.Count, Default: "2", Doc: "doors"},
					{Name: "hall.key", Form: kind.File, Secret: true, Doc: "key"},
				}},
			},
			Options: []kind.Option{
				{Name: "open", Form: kind.Word, Words: []string{"always", "never"}, Doc: "when"},
				{Name: "goods.<good>.price", Form: kind.Number, Doc: "price"},
				{Name: "goods.<good>.labels.<label>", Doc: "label"},
				{Name: "fax", Ignored: true},
			},
			Elsewhere: func(name string) bool { return name == "cart" },
		},
		kind.Section{Name: "shop.staff", Doc: "People.", Options: []kind.Option{{Name: "most", Form: kind.Number, Default: "3", Doc: "how many"}}},
		kind.Section{Name: "telex", Options: []kind.Option{{Name: "<name>", Ignored: true}}},
		kind.Section{Doc: "Others.", Options: []kind.Option{{Name: "alone", Form: kind.Folder, Doc: "a folder"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// file reads a YAML file, or one of properties if the text has none.
func file(t *testing.T, text string) *config.Config {
	t.Helper()
	name := "pawl.yaml"
	if strings.Contains(text, "=") {
		name = "config"
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{Env: func(string) string { return "" }, File: path})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOptionsAreFoundByTheirKeys(t *testing.T) {
	t.Parallel()
	table := shops(t)
	for key, want := range map[string]string{
		"shop.type": "shop.type", "shop.roof": "shop.roof", "shop.goods.a.b.price": "shop.goods.<good>.price",
		"shop.goods.a.labels.b.c": "shop.goods.<good>.labels.<label>", "alone": "alone", "shop.staff.most": "shop.staff.most",
		"shop.goods.price": "", "shop.goods..price": "", "shop.goods.a.labels.": "", "shop": "", "shop.fax": "shop.fax", "telex.any.thing": "telex.<name>",
	} {
		got := ""
		if k := table.Find(key); k != nil {
			got = k.Key
		}
		if got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestTheNameOfTheChosenTypeMayBeLeftOut(t *testing.T) {
	t.Parallel()
	table := shops(t)
	for text, want := range map[string]string{
		"shop: {type: hall, doors: 3}":         "shop.hall.doors shop.type",
		"shop: {type: House, doors: 3}":        "shop.hall.doors shop.type",
		"shop: {type: hall, hall: {doors: 3}}": "shop.hall.doors shop.type",
		"shop: {type: cart, wheels: 3}":        "shop.cart.wheels shop.type",
		"shop: {cart: {wheels: 3}}":            "shop.cart.wheels",
		"shop: {roof: true}":                   "shop.roof",
	} {
		c := file(t, text)
		for range 2 { // it may be done again
			if faults := table.Resolve(c); len(faults) > 0 {
				t.Errorf("%s: %v", text, faults)
			}
		}
		if faults, doubts := table.Check(c); text != "shop: {type: cart, wheels: 3}" && len(faults)+len(doubts) > 0 {
			t.Errorf("%s: %v %v", text, faults, doubts)
		}
		keys := append([]string{}, c.Keys()...)
		if got := strings.Join(sorted(keys), " "); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	c := file(t, "shop: {type: hall, doors: 3, hall: {doors: 4}}")
	if faults := table.Resolve(c); len(faults) != 1 || !strings.Contains(faults[0].Error(), "pawl.yaml:1:20: shop.doors is shop.hall.doors, which is set already") {
		t.Errorf("got %v", faults)
	}
}

func sorted(keys []string) []string {
	for i := range keys {
		for j := range i {
			if keys[i] < keys[j] {
				keys[i], keys[j] = keys[j], keys[i]
			}
		}
	}
	return keys
}

func TestPathsInYAMLCountFromTheFile(t *testing.T) {
	t.Parallel()
	table := shops(t)
	c := file(t, "alone: data\nshop: {type: hall, key: /k}\n")
	table.Resolve(c)
	if got, _ := c.Get("alone"); !filepath.IsAbs(got) || filepath.Base(got) != "data" {
		t.Errorf("alone is %s", got)
	}
	if got, _ := c.Get("shop.hall.key"); got != "/k" {
		t.Errorf("the key is %s", got)
	}
	c = file(t, "alone=data\n")
	table.Resolve(c)
	if got, _ := c.Get("alone"); got != "data" {
		t.Errorf("in properties, alone is %s", got)
	}
	table.Absolute(c, "/here")
	if got, _ := c.Get("alone"); got != "/here/data" {
		t.Errorf("for others, alone is %s", got)
	}
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	table := shops(t)
	for text, want := range map[string]string{
		"shop: {open: alway}":               `1:14: shop.open must be one of always, never | did you mean "always"?`,
		"shop: {open: NEVER}":               ``,
		"shop: {opn: never}":                `1:8: shop.opn is no setting | did you mean "shop.open"?`,
		"shop: {doors: 3}":                  `1:8: shop.doors is no setting | it is one of hall: shop.type is stall unless it is set`,
		"shop: {type: hall, roof: true}":    `1:20: shop.roof has no effect | it is one of stall: shop.type chooses hall`,
		"shop: {type: hall, roff: true}":    `1:20: shop.roff is no setting | did you mean "shop.roof"? it is one of stall: shop.type chooses hall`,
		"shop: {type: hall, hall.doors: 1}": ``,
		"shop: {hall: {doors: 1}}":          ``, // which waits for its type
		"shop.type=hall\nshop.roof=true":    `doubt shop.roof has no effect`,
		"shop: {type: hall, dors: 3}":       `1:20: shop.dors is no setting | did you mean "shop.doors"?`,
		"shop: {type: hall, doors: 0}":      `1:27: shop.hall.doors must be a whole number above 0 | `,
		"shop: {staff: {mast: 1}}":          `1:16: shop.staff.mast is no setting | did you mean "shop.staff.most"?`,
		"shop: {staff: {xyz: 1}}":           `1:16: shop.staff.xyz is no setting | there is only most`,
		"shop: {goods: {a: {prize: 1}}}":    `1:20: shop.goods.a.prize is no setting | did you mean "shop.goods.a.price"?`,
		"shop: {goods: {a: {zzzzz: 1}}}":    `1:20: shop.goods.a.zzzzz is no setting | below shop.goods.a, there is only price`,
		"shop: {hall.key: {evn: KEY}}":      `1:19: shop.hall.key.evn is no setting | did you mean {env: NAME}? shop.hall.key has one value, or says with {env: NAME} or {file: PATH} where it is`,
		"shop: {open: [a, b]}":              `1:14: shop.open has one value, and no list | `,
		"shop: {open: {fiel: x}}":           `1:15: shop.open.fiel is no setting | did you mean {file: PATH}? shop.open has one value, or says with {env: NAME} or {file: PATH} where it is`,
		"shap: {open: never}":               `1:1: there is no section shap | did you mean "shop"?`,
		"zzz: {open: never}":                `1:1: there is no section zzz | `,
		"shop: {fax: 1}":                    `1:8: shop.fax is a setting of Digdag that has no effect here | leave it out`,
		"shop.fax=1":                        `doubt shop.fax is a setting of Digdag that has no effect here`,
		"zzz.a=1":                           `doubt zzz.a is not known`,
		"shop: stall":                       `1:1: shop must be a mapping | in it, there are type, open, roof, hall.doors, hall.key`,
		"telex: [x]":                        `1:1: telex must be a mapping | `,
		"shop: {staff: [x]}":                `1:8: shop.staff must be a mapping | in it, there is only most`,
		"shop=1":                            `1:1: shop must be a mapping | in it, there are type, open, roof, hall.doors, hall.key`,
		"shop.opn=1":                        `1:1: shop.opn is no setting | did you mean "shop.open"?`,
		"shap.opn=1":                        `1:1: there is no section shap | did you mean "shop"?`,
		"shop: {goods: {a: {price: -1}}}":   `1:27: shop.goods.a.price must be a whole number that is not negative | `,
	} {
		c := file(t, text)
		all := table.Resolve(c)
		faults, doubts := table.Check(c)
		got := ""
		for _, e := range append(all, faults...) {
			got += e.Error()[strings.Index(e.Error(), ":")+1:] + " | " + strings.Join(e.Hints, " ")
		}
		for _, d := range doubts {
			got += "doubt " + d.Key + " " + d.Reason
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// What one file has for a type that another one chooses is not wrong: it counts again
// when the other one is gone.
func TestOptionsWaitForATypeThatIsChosenElsewhere(t *testing.T) {
	t.Parallel()
	table := shops(t)
	c := file(t, "shop: {type: stall, roof: true}")
	c.Set("shop.type", "hall", "-X")
	table.Resolve(c)
	if faults, doubts := table.Check(c); len(faults)+len(doubts) > 0 {
		t.Errorf("got %v and %v", faults, doubts)
	}
}

func TestATableThatContradictsItselfIsAnError(t *testing.T) {
	t.Parallel()
	for want, options := range map[string][]kind.Option{
		"s.a is described twice":            {{Name: "a"}, {Name: "a"}},
		"s.<a>.b is described twice":        {{Name: "<a>.b"}, {Name: "<a>.b"}},
		"the default of s.a must be a port": {{Name: "a", Form: kind.Port, Default: "x"}},
	} {
		if _, err := kind.NewTable(kind.Section{Name: "s", Options: options}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestConstructorsAreFoundByAnyNameOfTheirType(t *testing.T) {
	t.Parallel()
	list := []kind.Constructor[int]{{Type: kind.Type{Name: "a"}, Make: 1}, {Type: kind.Type{Name: "b", Also: []string{"c"}}, Make: 2}}
	for name, want := range map[string]int{"a": 1, "b": 2, "C": 2, "d": 0} {
		if got, ok := kind.Find(list, name); got != want || ok != (want > 0) {
			t.Errorf("%s makes %d, %v", name, got, ok)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, []string{kind.Types(list)[0].Name, kind.Types(list)[1].Name}); diff != "" {
		t.Error(diff)
	}
}

func TestTheSchemaSaysWhatTheTableDoes(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(shops(t).Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	at := func(path ...any) any {
		var v any = schema
		for _, step := range path {
			switch of := v.(type) {
			case map[string]any:
				v = of[step.(string)]
			case []any:
				v = of[step.(int)]
			}
		}
		return v
	}
	for _, c := range []struct {
		want any
		path []any
	}{
		{false, []any{"additionalProperties"}},
		{nil, []any{"properties", "telex"}},
		{nil, []any{"properties", "shop", "properties", "fax"}},
		{"false", []any{"properties", "shop", "properties", "roof", "default"}},
		{"price", []any{"properties", "shop", "properties", "goods", "additionalProperties", "properties", "price", "description"}},
		{"label", []any{"properties", "shop", "properties", "goods", "additionalProperties", "properties", "labels", "additionalProperties", "description"}},
		{"doors", []any{"properties", "shop", "properties", "hall", "properties", "doors", "description"}},
		{"doors", []any{"properties", "shop", "allOf", 0, "then", "properties", "doors", "description"}},
		{"house", []any{"properties", "shop", "allOf", 0, "if", "properties", "type", "enum", 1}},
		{"how many", []any{"properties", "shop", "properties", "staff", "properties", "most", "description"}},
	} {
		if diff := cmp.Diff(c.want, at(c.path...)); diff != "" {
			t.Errorf("%v: %s", c.path, diff)
		}
	}
}

func TestAFaultShowsNoSecret(t *testing.T) {
	t.Parallel()
	table := shops(t)
	c := file(t, "shop:\n  hall.key: hunter3\n  open: often\n")
	for key, want := range map[string]string{"shop.hall.key": "  hall.key", "shop.open": "  open: often"} {
		if e := table.Find(key).Fault(c, key, nil); e.Source != want {
			t.Errorf("%s: the excerpt is %q", key, e.Source)
		}
	}
}
