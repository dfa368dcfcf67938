package proto

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// special says how a well-known type is written in JSON: read makes that of the
// fields, and write the fields of that.
type special struct {
	read  func(r *reading, m *Message, of params.Map, depth int) (params.Value, error)
	write func(m *Message, v params.Value) (params.Map, error)
}

func specialOf(name string) special {
	kind, ok := strings.CutPrefix(name, "google.protobuf.")
	if !ok {
		return special{}
	}
	switch kind {
	case "Timestamp":
		return special{readTimestamp, writeTimestamp}
	case "Duration":
		return special{readDuration, writeDuration}
	case "Any":
		return special{readAny, writeAny}
	case "FieldMask":
		return special{readMask, writeMask}
	case "Struct":
		return special{only("fields"), wrap("fields")}
	case "ListValue":
		return special{only("values"), wrap("values")}
	case "Value":
		return special{readValue, writeValue}
	case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue":
		return special{only("value"), wrap("value")}
	}
	return special{}
}

// only is the read of a type that stands for one field.
func only(name string) func(*reading, *Message, params.Map, int) (params.Value, error) {
	return func(_ *reading, _ *Message, of params.Map, _ int) (params.Value, error) {
		v, _ := of.Get(name) // it has no presence, and is always there
		return v, nil
	}
}

func wrap(name string) func(*Message, params.Value) (params.Map, error) {
	return func(_ *Message, v params.Value) (params.Map, error) { return params.Of(name, v), nil }
}

// moment returns the fields of a time.
func moment(of params.Map) (seconds, nanos int64) {
	seconds, _ = of.IntOr("seconds", 0)
	nanos, _ = of.IntOr("nanos", 0)
	return seconds, nanos
}

// The first and the last second that a timestamp may have, and the longest
// duration.
var (
	firstSecond = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

const (
	longest = 315_576_000_000
	nano    = 1_000_000_000
)

func readTimestamp(_ *reading, _ *Message, of params.Map, _ int) (params.Value, error) {
	seconds, nanos := moment(of)
	if seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos >= nano {
		return nil, fmt.Errorf("%d s and %d ns since 1970 are out of range", seconds, nanos)
	}
	return time.Unix(seconds, nanos).UTC().Format(time.RFC3339Nano), nil
}

func writeTimestamp(_ *Message, v params.Value) (params.Map, error) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Unix() < firstSecond || t.Unix() > lastSecond {
		return params.Map{}, errors.New(`is to be a time such as "2026-03-01T12:00:00.5Z"`)
	}
	return params.Of("seconds", t.Unix(), "nanos", int64(t.Nanosecond())), nil
}

func readDuration(_ *reading, _ *Message, of params.Map, _ int) (params.Value, error) {
	seconds, nanos := moment(of)
	if max(seconds, -seconds) > longest || max(nanos, -nanos) >= nano || seconds < 0 && nanos > 0 || seconds > 0 && nanos < 0 {
		return nil, fmt.Errorf("%d s and %d ns are no duration", seconds, nanos)
	}
	sign := ""
	if seconds < 0 || nanos < 0 {
		sign, seconds, nanos = "-", -seconds, -nanos
	}
	text := fmt.Sprintf("%s%d.%09d", sign, seconds, nanos)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "s", nil
}

func writeDuration(_ *Message, v params.Value) (params.Map, error) {
	wrong := errors.New(`is to be a duration such as "1.5s"`)
	text, _ := v.(string)
	digits, ok := strings.CutSuffix(text, "s")
	digits, negative := strings.CutPrefix(digits, "-")
	whole, part, dotted := strings.Cut(digits, ".")
	if !ok || len(part) > 9 || dotted && part == "" {
		return params.Map{}, wrong
	}
	seconds, err := strconv.ParseUint(whole, 10, 63)
	nanos, err2 := strconv.ParseUint(part+strings.Repeat("0", 9-len(part)), 10, 63)
	if err != nil || err2 != nil || seconds > longest {
		return params.Map{}, wrong
	}
	sign := int64(1)
	if negative {
		sign = -1
	}
	return params.Of("seconds", sign*int64(seconds), "nanos", sign*int64(nanos)), nil
}

func readMask(_ *reading, _ *Message, of params.Map, _ int) (params.Value, error) {
	list, err := of.List("paths")
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(list))
	for i, v := range list {
		text, _ := v.(string)
		texts[i] = camel(text)
	}
	return strings.Join(texts, ","), nil
}

func writeMask(_ *Message, v params.Value) (params.Map, error) {
	text, ok := v.(string)
	if !ok {
		return params.Map{}, errors.New(`is to be paths of fields such as "order.id,paid"`)
	}
	var list []params.Value
	for part := range strings.SplitSeq(text, ",") {
		if part != "" {
			list = append(list, snake(part))
		}
	}
	return params.Of("paths", list), nil
}

// snake is the reverse of camel.
func snake(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

func readValue(_ *reading, m *Message, of params.Map, _ int) (params.Value, error) {
	for _, f := range m.fields[1:] {
		if v, ok := of.Get(f.name); ok {
			if _, text := v.(string); text && f.kind == kindDouble {
				return nil, errors.New("a number is none of JSON")
			}
			return v, nil
		}
	}
	return nil, nil
}

func writeValue(_ *Message, v params.Value) (params.Map, error) {
	switch v := v.(type) {
	case nil:
		return params.Of("null_value", int64(0)), nil
	case bool:
		return params.Of("bool_value", v), nil
	case string:
		return params.Of("string_value", v), nil
	case params.Map:
		return params.Of("struct_value", v), nil
	case []params.Value:
		return params.Of("list_value", v), nil
	}
	n, ok := params.ToFloat(v)
	if !ok || math.IsInf(n, 0) {
		return params.Map{}, errors.New("is a number that is too large")
	}
	return params.Of("number_value", n), nil
}

// typeKey names the type of what a message of any type holds, and valueKey its
// bytes where that is not known.
const (
	typeKey  = "@type"
	valueKey = "value"
)

func readAny(r *reading, m *Message, of params.Map, depth int) (params.Value, error) {
	url, _ := of.StringOr("type_url", "")
	text, _ := of.StringOr("value", "")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if url == "" && len(raw) == 0 {
		return params.Map{}, nil
	}
	inner := m.all.messages[url[strings.LastIndexByte(url, '/')+1:]]
	if inner == nil {
		return params.Of(typeKey, url, valueKey, text), nil
	}
	v, err := r.message(inner, raw, depth-1)
	if err != nil {
		return nil, err
	}
	if fields, ok := v.(params.Map); ok && specialOf(inner.name).read == nil {
		return params.Of(typeKey, url).Merge(fields), nil
	}
	return params.Of(typeKey, url, valueKey, v), nil
}

func writeAny(m *Message, v params.Value) (params.Map, error) {
	of, ok := v.(params.Map)
	if !ok {
		return params.Map{}, errors.New("is to be an object")
	}
	if of.Len() == 0 {
		return of, nil
	}
	url, err := of.String(typeKey)
	if err != nil {
		return params.Map{}, err
	}
	inner := m.all.messages[url[strings.LastIndexByte(url, '/')+1:]]
	if inner == nil {
		text, _ := of.StringOr(valueKey, "")
		return params.Of("type_url", url, "value", text), nil
	}
	var content params.Value = of.Delete(typeKey)
	if specialOf(inner.name).read != nil {
		content, _ = of.Get(valueKey)
	}
	raw, err := inner.Encode(nil, content)
	if err != nil {
		return params.Map{}, err
	}
	return params.Of("type_url", url, "value", base64.StdEncoding.EncodeToString(raw)), nil
}
