package registry_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

const (
	protoMoney = `syntax = "proto3"; package shop; message Money { int64 units = 1; }`
	protoPay   = `
syntax = "proto3";
package shop;
import "money.proto";
import "google/protobuf/timestamp.proto";
message Refund { string id = 1; }
message Pay { string id = 1; Money sum = 2; google.protobuf.Timestamp at = 3; message Part { int32 n = 1; } }`
)

func (f fixture) registerProto(t *testing.T, subject, text string, refs ...sr.SchemaReference) {
	t.Helper()
	if _, _, err := f.fake.RegisterSchema(subject, sr.Schema{Schema: text, Type: sr.TypeProtobuf, References: refs}); err != nil {
		t.Fatal(err)
	}
}

// startProto returns a registry with payments, which refer to money.
func startProto(t *testing.T) fixture {
	f := start(t)
	f.registerProto(t, "money", protoMoney)
	f.registerProto(t, "pay-value", protoPay, sr.SchemaReference{Name: "money.proto", Subject: "money", Version: 1})
	return f
}

func TestProtobufComesBack(t *testing.T) {
	t.Parallel()
	f := startProto(t)
	in := parse(t, `{"id":"p-1","sum":{"units":9007199254740993},"at":"2026-03-01T12:00:00.5Z"}`)
	data, err := f.Proto("", "Pay").Encode(t.Context(), "pay", in)
	if err != nil {
		t.Fatal(err)
	}
	if head := string(data[5:8]); data[0] != 0 || head != "\x02\x02\x0a" { // one index, which is 1
		t.Errorf("the message begins with %q", data[:8])
	}
	// What is read says itself which message it is.
	got, err := f.Proto("other", "").Decode(t.Context(), "any", data)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(params.AppendJSON(nil, got)); text != `{"id":"p-1","sum":{"units":9007199254740993},"at":"2026-03-01T12:00:00.5Z"}` {
		t.Errorf("it became %s", text)
	}
	for message, head := range map[string]string{"Refund": "\x00", "Pay.Part": "\x04\x02\x00"} {
		data, err := f.Proto("", message).Encode(t.Context(), "pay", params.Map{})
		if err != nil || !strings.HasPrefix(string(data[5:]), head) {
			t.Errorf("%s begins with %q, %v", message, data, err)
		}
	}
	if data, err := f.Proto("", "Pay").Encode(t.Context(), "pay", nil); data != nil || err != nil {
		t.Errorf("nothing was written as %q, %v", data, err)
	}
	if v, err := f.Proto("", "").Decode(t.Context(), "pay", nil); v != nil || err != nil {
		t.Errorf("nothing was read as %v, %v", v, err)
	}
}

func TestProtobufThatIsWrongIsInvalid(t *testing.T) {
	t.Parallel()
	f := startProto(t)
	f.registerProto(t, "broken-value", `syntax = "proto3"; message A { B b = 1; }`)
	f.register(t, "avro-value", `"string"`)
	for _, tt := range []struct{ topic, message, want string }{
		{"pay", "", "the schema has the messages shop.Refund, shop.Pay"},
		{"pay", "Order", `no message "Order"`},
		{"pay", "Money", `no message "Money"`},
		{"pay", "Refund", `shop.Refund has no field "sum"`},
		{"broken", "", "the schema can't be read: line 1: there is no type B"},
		{"avro", "", "the schema is one of AVRO, not of PROTOBUF"},
		{"none", "", "the schema registry has no subject none-value"},
	} {
		_, err := f.Proto("", tt.message).Encode(t.Context(), tt.topic, parse(t, `{"sum":{}}`))
		if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: %v, want %s", tt.topic, tt.message, err, tt.want)
		}
	}
	good, err := f.Proto("", "Pay").Encode(t.Context(), "pay", params.Of("id", "x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"does not name its schema": []byte("{}"), "does not name its type": good[:5], "has no message at [7]": append(good[:5:5], 2, 14),
		"does not fit its schema": append(good[:len(good):len(good)], 0xff), "has no message at [1 3]": append(good[:5:5], 4, 2, 6),
	} {
		if _, err := f.Proto("", "").Decode(t.Context(), "pay", data); model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.fake.Close()
	if _, err := f.Proto("", "").Encode(t.Context(), "later", parse(t, `{}`)); model.CodeOf(err) != model.Unavailable {
		t.Errorf("without a registry: %v", err)
	}
}
