package proto_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	official "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/pawlhq/pawl/internal/feed/kafka/registry/proto"
	"github.com/pawlhq/pawl/internal/params"
)

const money = `
syntax = "proto3";
package shop.money;
// An amount.
message Money { int64 units = 1; string currency = 2; enum Rounding { UP = 0; DOWN = 1; } Rounding rounding = 3; }
`

const order = `
syntax = "proto3";
/* Orders, and
   what is in them. */
package shop;
import "money.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/any.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/descriptor.proto";
option java_package = "com.shop";
extend google.protobuf.FieldOptions { string note = 50000; }
message Empty {}
message Order {
  option deprecated = true;
  reserved 100 to 110, 120;
  reserved "old";
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float real = 11; double long_real = 12; bool yes = 13; string text_line = 14; bytes raw = 15;
  State state = 16;
  enum State { option allow_alias = true; OPEN = 0; SHIPPED = 1 [deprecated = true]; SENT = 1; LOST = -1; }
  repeated int32 numbers = 17;
  repeated sint64 loose = 18 [packed = false, (note) = "a]b", json_name = "free"];
  repeated string tags = 19;
  repeated Line lines = 20;
  message Line { string sku = 1; optional int32 n = 2; Line next = 3; repeated State states = 4; .shop.Order.Line.Deep deep = 5; message Deep { bool very = 1; } }
  map<string, int64> counts = 21;
  map<int32, Line> by_number = 22;
  map<bool, State> flags = 23;
  oneof paid { option (x) = { a: "}" }; double cash = 24; money.Money card = 25; bool later = 26; }
  optional string maybe = 27;
  google.protobuf.Timestamp at = 28;
  google.protobuf.Duration took = 29;
  google.protobuf.Int64Value count = 30;
  google.protobuf.Struct more = 31;
  google.protobuf.Value any_value = 32;
  google.protobuf.FieldMask mask = 33;
  google.protobuf.Any any = 34;
  google.protobuf.BytesValue blob = 35;
  repeated google.protobuf.Value values = 36;
}
service Orders { rpc Get (Empty) returns (stream Order) { option (x) = "}"; } }
`

const old = `
syntax = "proto2";
package shop;
message Old {
  required int32 id = 1 [default = 7];
  optional string name = 2 [default = "none"];
  repeated int32 loose = 3;
  repeated int32 packed = 4 [packed = true];
  optional group Part = 5 { optional int32 n = 1; repeated group Sub = 2 { optional bool b = 1; } }
  extensions 1000 to max;
  optional State state = 6;
  enum State { A = 3; B = 4; }
}
`

// both are a message as it is known here, and as the official library knows it.
type both struct {
	mine   *proto.Message
	theirs protoreflect.MessageDescriptor
	types  linker.Resolver
}

func compiled(t testing.TB, text, message string) both {
	t.Helper()
	schema, err := proto.Parse(text, money)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := schema.Named(message)
	if err != nil {
		t.Fatal(err)
	}
	for _, unknown := range []string{`option (x) = { a: "}" };`, `option (x) = "}";`} {
		text = strings.ReplaceAll(text, unknown, "")
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"money.proto": money, "main.proto": text}),
	})}
	files, err := compiler.Compile(context.Background(), "main.proto")
	if err != nil {
		t.Fatal(err)
	}
	found := files[0].Messages().ByName(protoreflect.Name(message))
	return both{mine, found, files.AsResolver()}
}

// json is what the official library makes of a message, but for how numbers are
// written.
func (b both) json(t *testing.T, m official.Message) any {
	t.Helper()
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true, Resolver: b.types}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, text)
}

// plain reads JSON, with numbers as texts.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return leveled(v)
}

func leveled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range maps.Clone(v) {
			delete(v, key)
			if key == "Part" || key == "Sub" { // the official library has the names of groups
				key = strings.ToLower(key)
			}
			v[key] = leveled(e)
		}
	case []any:
		for i, e := range v {
			v[i] = leveled(e)
		}
	case string:
		return fraction.ReplaceAllString(v, "$1$2")
	case json.Number:
		if n, err := v.Float64(); err == nil && strings.ContainsAny(string(v), ".eE") {
			if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
				return strconv.FormatInt(int64(n), 10)
			}
			return strconv.FormatFloat(n, 'g', -1, 64)
		}
		if v == "-0" {
			return "0"
		}
		return string(v)
	}
	return v
}

// fraction are the zeros at the end of a time.
var fraction = regexp.MustCompile(`^([-0-9T:]+(?:\.[0-9]*[1-9])?)\.?0*([Zs])$`)

// What the official library writes is read as it makes it JSON, but for integers;
// what is written of that, it reads as it was.
func TestMessagesAreThoseOfTheOfficialLibrary(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"Order": order, "Old": old} {
		b := compiled(t, text, name)
		r := random{rand.New(rand.NewPCG(1, 2))}
		for range 400 {
			m := dynamicpb.NewMessage(b.theirs)
			r.fill(m, 3)
			data, err := official.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			v, err := b.mine.Decode(data)
			if err != nil {
				t.Fatalf("%v: %v", err, m)
			}
			if diff := cmp.Diff(b.json(t, m), plain(t, params.AppendJSON(nil, v))); diff != "" {
				t.Fatalf("-theirs +mine\n%s", diff)
			}
			written, err := b.mine.Encode(nil, v)
			if err != nil {
				t.Fatalf("%v: %s", err, params.AppendJSON(nil, v))
			}
			again := dynamicpb.NewMessage(b.theirs)
			if err := (official.UnmarshalOptions{}).Unmarshal(written, again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(b.json(t, m), b.json(t, again)); diff != "" {
				t.Fatalf("-theirs +written\n%s", diff)
			}
		}
	}
}

func message(t testing.TB, text, name string) *proto.Message {
	t.Helper()
	s, err := proto.Parse(text, money)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func value(t testing.TB, text string) params.Value {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A value may name its fields as in JSON, have integers as text, and leave out what
// it does not have.
func TestValuesOfSeveralFormsAreWritten(t *testing.T) {
	t.Parallel()
	m := message(t, order, "Order")
	for in, want := range map[string]string{
		`{"textLine":"a","u64":"18446744073709551615","state":1,"maybe":null}`:    `"text_line":"a","u64":18446744073709551615,"state":"SHIPPED"`,
		`{"free":[1],"state":"SENT","lines":[{"sku":"s"}]}`:                       `"loose":[1],"state":"SHIPPED","lines":[{"sku":"s","states":[]}]`,
		`{"card":{"units":5,"rounding":"DOWN"}}`:                                  `"card":{"units":5,"currency":"","rounding":"DOWN"}`,
		`{"any":{"@type":"x/shop.Order.Line.Deep","very":true},"any_value":null}`: `"any_value":null,"any":{"@type":"x/shop.Order.Line.Deep","very":true}`,
		`{"any":{"@type":"x/google.protobuf.Duration","value":"-0.5s"}}`:          `"any":{"@type":"x/google.protobuf.Duration","value":"-0.5s"}`,
		`{"any":{"@type":"x/unknown","value":"AAE="},"counts":{"":1}}`:            `"counts":{"":1},"any":{"@type":"x/unknown","value":"AAE="}`,
		`{"took":"3s","count":0,"mask":"aB,c","more":{"x":[1,null,{}]}}`:          `"took":"3s","count":0,"more":{"x":[1,null,{}]},"mask":"aB,c"`,
	} {
		data, err := m.Encode(nil, value(t, in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		v, err := m.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		got := v.(params.Map)
		for key := range value(t, "{"+want+"}").(params.Map).Keys() {
			have, _ := got.Get(key)
			wanted, _ := value(t, "{"+want+"}").(params.Map).Get(key)
			if a, b := params.AppendJSON(nil, have), params.AppendJSON(nil, wanted); string(leveledText(t, a)) != string(leveledText(t, b)) {
				t.Errorf("%s: %s is %s, not %s", in, key, a, b)
			}
		}
	}
}

// leveledText is JSON as plain reads it.
func leveledText(t *testing.T, text []byte) []byte {
	t.Helper()
	out, err := json.Marshal(plain(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestValuesThatDoNotFitAreTold(t *testing.T) {
	t.Parallel()
	m := message(t, order, "Order")
	for in, want := range map[string]string{
		`{"i32":2147483648}`:                `.i32 must be of type int32, not 2147483648`,
		`{"u32":-1}`:                        `.u32 must be of type uint32, not -1`,
		`{"i32":1.5}`:                       `.i32 must be of type int32, not 1.5`,
		`{"yes":"true"}`:                    `.yes must be of type bool, not "true"`,
		`{"raw":"%"}`:                       `.raw must be of type bytes`,
		`{"real":1e300}`:                    `.real must be of type float`,
		`{"text_line":7}`:                   `.text_line must be of type string, not 7`,
		`{"state":"GONE"}`:                  `.state must be of type shop.Order.State, not "GONE"`,
		`{"nothing":1}`:                     `shop.Order has no field "nothing"`,
		`{"cash":1,"later":true}`:           `shop.Order has both cash and later`,
		`{"lines":[{"sku":"a"},{"sku":1}]}`: `.lines[1].sku must be of type string, not 1`,
		`{"lines":{}}`:                      `.lines must be of type list`,
		`{"counts":[]}`:                     `.counts must be of type map`,
		`{"by_number":{"x":{}}}`:            `.by_number key must be of type int32, not x`,
		`{"flags":{"yes":"OPEN"}}`:          `.flags key must be of type bool, not "yes"`,
		`{"at":"tomorrow"}`:                 `.at is to be a time such as`,
		`{"took":"5"}`:                      `.took is to be a duration such as`,
		`{"mask":7}`:                        `.mask is to be paths`,
		`{"any":{"a":1}}`:                   `.any`,
		`[]`:                                `it must be of type shop.Order, not []`,
	} {
		if _, err := m.Encode(nil, value(t, in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	if _, err := message(t, old, "Old").Encode(nil, params.Map{}); err == nil || !strings.Contains(err.Error(), "shop.Old.id is missing") {
		t.Errorf("got %v", err)
	}
}

func TestSchemasThatCanNotBeReadAreTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`syntax = "proto4";`:                      `line 1: there is no syntax "proto4"`,
		"syntax = \"proto3\";\nmessage {}":        `line 2: "{" should be a name`,
		`message A { B b = 1; }`:                  `line 1: there is no type B, or the schema does not refer to it`,
		`message A { int32 a = 1; int32 b = 1; }`: `line 1: A has no room for the field b = 1`,
		`message A { int32 a = x; }`:              `line 1: "x" should be a number`,
		`message A { int32 a = 1`:                 `line 1: the end should be ";"`,
		`message A { /* `:                         `line 1: a comment has no end`,
		`option a = "x`:                           `line 1: a text has no end`,
		`option a = 1`:                            `line 1: the end should be one of ;`,
		`message A { int32 a = 1 [b`:              `line 1: the end should be "="`,
		`edition = "2023"; option features.message_encoding = DELIMITED;`: `features.message_encoding = DELIMITED is not known here`,
		`hello`:                            `line 1: "hello" should be a message, an enum`,
		strings.Repeat("message A {", 200): `messages are nested too deep`,
	} {
		if _, err := proto.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

// In editions, what has presence is said by options.
func TestEditionsSayWhatHasPresence(t *testing.T) {
	t.Parallel()
	const text = `
edition = "2023";
package shop;
message A {
  int32 there = 1;
  int32 zero = 2 [features.field_presence = IMPLICIT];
  repeated int32 packed = 3;
  repeated int32 loose = 4 [features.repeated_field_encoding = EXPANDED];
}`
	b := compiled(t, text, "A")
	r := random{rand.New(rand.NewPCG(1, 2))}
	for range 50 {
		m := dynamicpb.NewMessage(b.theirs)
		r.fill(m, 1)
		data, err := official.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		v, err := b.mine.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.json(t, m), plain(t, params.AppendJSON(nil, v))); diff != "" {
			t.Fatal(diff)
		}
		if again, err := b.mine.Encode(nil, v); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
	}
}

func TestMessagesAreChosenByNameOrPlace(t *testing.T) {
	t.Parallel()
	s, err := proto.Parse(order, money)
	if err != nil {
		t.Fatal(err)
	}
	for name, index := range map[string][]int{"Order": {1}, "shop.Order": {1}, "Order.Line": {1, 0}, "Deep": {1, 0, 0}, "Empty": {0}} {
		m, err := s.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(index, m.Index()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if at, ok := s.At(index); !ok || at != m {
			t.Errorf("%s is not at %v", name, index)
		}
	}
	for name, want := range map[string]string{"": "the schema has the messages shop.Empty, shop.Order, of which one is to be chosen", "Money": `no message "Money", but shop.Empty`} {
		if _, err := s.Named(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, index := range [][]int{nil, {2}, {-1}, {1, 1}} {
		if _, ok := s.At(index); ok {
			t.Errorf("there is a message at %v", index)
		}
	}
}

// Whatever comes is read, or refused.
// Small messages are not to become large values, by what has no presence.
func TestAValueHasABound(t *testing.T) {
	t.Parallel()
	var fields strings.Builder
	for i := range 200 {
		n := strconv.Itoa(i + 1)
		fields.WriteString("int32 f" + n + " = " + n + ";")
	}
	m := message(t, `syntax = "proto3"; message M { map<int32, Wide> many = 1; } message Wide { `+fields.String()+` }`, "M")
	const empty = "\x0a\x00" // an entry of which everything is left out
	if _, err := m.Decode([]byte(strings.Repeat(empty, 100))); err != nil {
		t.Error(err)
	}
	if _, err := m.Decode([]byte(strings.Repeat(empty, 10_000))); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Errorf("20 kB became two million values: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	m := message(f, order, "Order")
	f.Add([]byte("\x08\x07"))
	f.Add([]byte("\xa2\x01\x02\x0a\x00\x8a\x01\x03\x01\x02\x03"))
	f.Add([]byte("\x0b\x13\x14\x0c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := m.Decode(data)
		if err != nil {
			return
		}
		again, err := m.Encode(nil, v)
		if err != nil {
			t.Fatalf("%v: %s", err, params.AppendJSON(nil, v))
		}
		second, err := m.Decode(again)
		if err != nil || string(params.AppendJSON(nil, second)) != string(params.AppendJSON(nil, v)) {
			t.Fatalf("%s became %s, %v", params.AppendJSON(nil, v), params.AppendJSON(nil, second), err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{order, old, money, `edition = "2023";`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := proto.Parse(text); err == nil {
			_, _ = s.Named("") // it need not have one
		}
	})
}
