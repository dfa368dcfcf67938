package registry_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

const order = `{"type": "record", "name": "Order", "namespace": "shop", "fields": [
	{"name": "id", "type": "long"},
	{"name": "paid", "type": ["null", "double"], "default": null},
	{"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "SHIPPED"]}},
	{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
	{"name": "day", "type": {"type": "int", "logicalType": "date"}},
	{"name": "noon", "type": {"type": "int", "logicalType": "time-millis"}},
	{"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
	{"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
		{"name": "sku", "type": "string"}, {"name": "n", "type": "int", "default": 1}, {"name": "next", "type": ["null", "Line"], "default": null}
	]}}},
	{"name": "tags", "type": {"type": "map", "values": ["string", "boolean", "float"]}},
	{"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 4}}
]}`

type fixture struct {
	fake *srfake.Registry
	*registry.Registry
}

func start(t *testing.T, options ...srfake.Option) fixture {
	fake := srfake.New(options...)
	t.Cleanup(fake.Close)
	return fixture{fake, open(t, registry.Options{URLs: []string{fake.URL()}})}
}

func open(t *testing.T, o registry.Options) *registry.Registry {
	t.Helper()
	o.Clock = clock.System{}
	r, err := registry.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f fixture) register(t *testing.T, subject, text string, refs ...sr.SchemaReference) {
	t.Helper()
	if _, _, err := f.fake.RegisterSchema(subject, sr.Schema{Schema: text, References: refs}); err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, text string) params.Value {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// roundTrip returns what is read of what was written.
func roundTrip(t *testing.T, r *registry.Registry, topic string, v params.Value) string {
	t.Helper()
	data, err := r.Avro("").Encode(t.Context(), topic, v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Avro("").Decode(t.Context(), "any", data)
	if err != nil {
		t.Fatal(err)
	}
	return string(params.AppendJSON(nil, got))
}

func TestRecordsComeBackInTheOrderOfTheirSchema(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "orders-value", order)
	in := parse(t, `{"digest":"AAECAw==","id":7,"state":"SHIPPED","at":"2026-03-01T12:00:00.5Z","day":"2026-03-01","noon":"12:00:00.25",
		"price":"-12.5","lines":[{"sku":"a","n":2},{"sku":"b","next":{"sku":"c"}}],"tags":{"x":"1","y":true,"z":1.5}}`)
	want := `{"id":7,"paid":null,"state":"SHIPPED","at":"2026-03-01T12:00:00.5Z","day":"2026-03-01","noon":"12:00:00.25","price":"-12.50",` +
		`"lines":[{"sku":"a","n":2,"next":null},{"sku":"b","n":1,"next":{"sku":"c","n":1,"next":null}}],` +
		`"tags":{"x":"1","y":true,"z":1.5},"digest":"AAECAw=="}`
	got := roundTrip(t, f.Registry, "orders", in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if again := roundTrip(t, f.Registry, "orders", parse(t, got)); again != got {
		t.Errorf("%s became %s", got, again)
	}
}

func TestSchemasMayReferToOthers(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "money", `{"type":"record","name":"shop.Money","fields":[{"name":"amount","type":"long"}]}`)
	f.register(t, "pay-value", `{"type":"record","name":"shop.Pay","fields":[{"name":"sum","type":"shop.Money"}]}`,
		sr.SchemaReference{Name: "shop.Money", Subject: "money", Version: 1})
	if got := roundTrip(t, f.Registry, "pay", parse(t, `{"sum":{"amount":3}}`)); got != `{"sum":{"amount":3}}` {
		t.Error(got)
	}
}

func TestNothingIsAMessageWithoutContent(t *testing.T) {
	t.Parallel()
	f := start(t)
	data, err := f.Avro("").Encode(t.Context(), "t", nil)
	if data != nil || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	if v, err := f.Avro("").Decode(t.Context(), "t", nil); v != nil || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestValuesThatDoNotFitAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "line-value", `{"type":"record","name":"Line","fields":[
		{"name":"n","type":"int"},{"name":"of","type":{"type":"array","items":"string"},"default":[]},
		{"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}],"default":null}]}`)
	for value, want := range map[string]string{
		`{"n":"1"}`:                        `.n must be of type int, not "1"`,
		`{"n":3000000000}`:                 `.n must be of type int, not 3000000000`,
		`{"of":[]}`:                        `.n must be of type int, not null`,
		`{"n":1,"of":["a",2]}`:             `.of[1] must be of type string, not 2`,
		`{"n":1,"off":[]}`:                 `Line has no field "off"`,
		`7`:                                `it must be of type Line, not 7`,
		`{"n":1,"price":"1e999999999"}`:    `.price must be of type union, not "1e999999999"`,
		`{"n":1,"price":"1.005"}`:          `.price must be of type union, not "1.005"`,
		`{"n":1,"price":{"bytes":"1.00"}}`: `.price must be of type union, not {"bytes":"1.00"}`,
	} {
		_, err := f.Avro("").Encode(t.Context(), "line", parse(t, value))
		if model.CodeOf(err) != model.Invalid || err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want ...%s", value, err, want)
		}
	}
}

func TestMessagesThatAreNotOfTheirSchemaAreInvalid(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "orders-value", order)                                                                    // 1
	f.register(t, "many-value", `{"type":"array","items":"null"}`)                                          // 2
	f.register(t, "deep-value", `{"type":"record","name":"D","fields":[{"name":"d","type":["null","D"]}]}`) // 3
	many := append([]byte{0, 0, 0, 0, 2}, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
	for name, data := range map[string][]byte{
		"no schema":         []byte("hello"),
		"empty":             {},
		"unknown schema":    {0, 0, 0, 0, 9, 2},
		"cut off":           {0, 0, 0, 0, 1, 2},
		"billions of nulls": many,
		"endless nesting":   append([]byte{0, 0, 0, 0, 3}, []byte(strings.Repeat("\x02", 1_000_000))...),
	} {
		if v, err := f.Avro("").Decode(t.Context(), "t", data); model.CodeOf(err) != model.Invalid || err == nil {
			t.Errorf("%s: got %v, %v", name, v, err)
		}
	}
}

// Whatever bytes come, reading them ends, and what it gives can be written.
func TestReadingRandomBytesEnds(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "orders-value", order)
	valid, err := f.Avro("").Encode(t.Context(), "orders", parse(t, `{"digest":"AAECAw==","id":7,"state":"OPEN","at":"2026-03-01T12:00:00Z",
		"day":"2026-03-01","noon":"12:00:00","price":"1","lines":[{"sku":"a"}],"tags":{"x":"1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		data := append([]byte(nil), valid...)
		for range 1 + random.IntN(3) {
			data[5+random.IntN(len(data)-5)] = byte(random.Uint32())
		}
		v, err := f.Avro("").Decode(t.Context(), "orders", data)
		if err != nil && model.CodeOf(err) != model.Invalid {
			t.Fatalf("%x: %v", data, err)
		}
		if err == nil {
			params.AppendJSON(nil, v)
		}
	}
}

func TestARegistryThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "t-value", `"long"`)
	f.fake.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	if _, err := f.Avro("").Encode(t.Context(), "t", int64(1)); model.CodeOf(err) != model.Unavailable {
		t.Error(err)
	}
	if _, err := f.Avro("").Decode(t.Context(), "t", []byte{0, 0, 0, 0, 1, 2}); model.CodeOf(err) != model.Unavailable {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	gone := open(t, registry.Options{URLs: []string{"http://127.0.0.1:1"}})
	if _, err := gone.Avro("").Encode(ctx, "t", int64(1)); model.CodeOf(err) != model.Unavailable {
		t.Error(err)
	}
}

func TestSchemasAreAskedForOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "t-value", `"long"`)
	var asked atomic.Int64
	f.fake.Intercept(func(http.ResponseWriter, *http.Request) bool {
		asked.Add(1)
		return false
	})
	for range 3 {
		if got := roundTrip(t, f.Registry, "t", int64(5)); got != "5" {
			t.Error(got)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d requests", asked.Load())
	}
}

func TestRequestsCarryThePassword(t *testing.T) {
	t.Parallel()
	f := start(t, srfake.WithAuth("Basic dTpw")) // u:p
	f.register(t, "t-value", `"long"`)
	if _, err := f.Avro("").Encode(t.Context(), "t", int64(1)); err == nil {
		t.Error("the registry let in somebody without a password")
	}
	known := open(t, registry.Options{URLs: []string{f.fake.URL()}, User: "u", Password: "p"})
	if _, err := known.Avro("").Encode(t.Context(), "t", int64(1)); err != nil {
		t.Error(err)
	}
}

func TestAnotherSubjectMayBeNamed(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.register(t, "numbers", `"long"`)
	if _, err := f.Avro("numbers").Encode(t.Context(), "t", int64(1)); err != nil {
		t.Error(err)
	}
	if _, err := f.Avro("").Encode(t.Context(), "t", int64(1)); model.CodeOf(err) != model.Invalid {
		t.Error(err)
	}
}
