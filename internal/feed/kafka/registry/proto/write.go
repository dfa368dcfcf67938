package proto

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Encode appends a value as Decode reads it. Fields are named as in the schema or as
// in JSON. One that is missing or null is not there; what the schema lacks is
// refused, as it would be lost.
func (m *Message) Encode(dst []byte, v params.Value) ([]byte, error) {
	return m.write(dst, v, "", maxDepth)
}

// misfit says that a value at a place is not what its type asks for.
func misfit(at, want string, v params.Value) error {
	if at == "" {
		at = "it"
	}
	return fmt.Errorf("%s must be of type %s, not %.60s", at, want, params.AppendJSON(nil, v))
}

func (m *Message) write(dst []byte, v params.Value, at string, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errTooMuch
	}
	if special := specialOf(m.name); special.write != nil {
		of, err := special.write(m, v)
		if err != nil {
			return nil, fmt.Errorf("%s %w: %.60s", at, err, params.AppendJSON(nil, v))
		}
		v = of
	}
	of, ok := v.(params.Map)
	if !ok {
		return nil, misfit(at, m.name, v)
	}
	values, err := m.assign(of, at)
	if err != nil {
		return nil, err
	}
	for _, f := range m.fields {
		v, ok := values[f]
		switch {
		case ok:
			if dst, err = f.write(dst, v, at+"."+f.name, depth); err != nil {
				return nil, err
			}
		case f.required:
			return nil, fmt.Errorf("%s.%s is missing", m.name, f.name)
		}
	}
	return dst, nil
}

// assign finds the fields of values.
func (m *Message) assign(of params.Map, at string) (map[*field]params.Value, error) {
	values := make(map[*field]params.Value)
	chosen := make(map[string]*field)
	for key, v := range of.All() {
		f := m.named[key]
		if f == nil {
			return nil, fmt.Errorf("%s has no field %q", m.name, key)
		}
		if v == nil && !f.takesNull() {
			continue
		}
		if other := chosen[f.oneof]; f.oneof != "" && other != nil {
			return nil, fmt.Errorf("%s has both %s and %s, of which one may be there", cmp.Or(at, m.name), other.name, f.name)
		}
		chosen[f.oneof], values[f] = f, v
	}
	return values, nil
}

// takesNull reports whether null is a value of a field.
func (f *field) takesNull() bool {
	return f.kind == kindMessage && f.message.name == "google.protobuf.Value" && !f.repeated
}

func (f *field) write(dst []byte, v params.Value, at string, depth int) ([]byte, error) {
	switch {
	case f.kind == kindMessage && f.message.entry:
		return f.writeMap(dst, v, at, depth)
	case f.repeated:
		return f.writeList(dst, v, at, depth)
	case f.kind == kindMessage:
		return f.writeMessage(dst, v, at, depth)
	}
	raw, zero, err := f.encode(nil, v, at)
	if err != nil || zero && !f.presence {
		return dst, err
	}
	return append(f.tag(dst, f.wire()), raw...), nil
}

// tag appends which field comes, and how.
func (f *field) tag(dst []byte, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(f.number)<<3|uint64(wire))
}

func (f *field) writeMessage(dst []byte, v params.Value, at string, depth int) ([]byte, error) {
	raw, err := f.message.write(nil, v, at, depth-1)
	if err != nil {
		return nil, err
	}
	if f.group {
		dst = append(f.tag(dst, wireGroup), raw...)
		return f.tag(dst, wireEnd), nil
	}
	dst = binary.AppendUvarint(f.tag(dst, wireBytes), uint64(len(raw)))
	return append(dst, raw...), nil
}

func (f *field) writeMap(dst []byte, v params.Value, at string, depth int) ([]byte, error) {
	of, ok := v.(params.Map)
	if !ok {
		return nil, misfit(at, "map", v)
	}
	key, value := f.message.fields[0], f.message.fields[1]
	for name, v := range of.All() {
		entry, err := key.write(nil, key.keyValue(name), at+" key", depth)
		if err == nil {
			entry, err = value.write(entry, v, at+"."+name, depth)
		}
		if err != nil {
			return nil, err
		}
		dst = binary.AppendUvarint(f.tag(dst, wireBytes), uint64(len(entry)))
		dst = append(dst, entry...)
	}
	return dst, nil
}

// keyValue is the key of a map, which is a text in JSON.
func (f *field) keyValue(text string) params.Value {
	switch f.kind {
	case kindString:
		return text
	case kindBool:
		if text == "true" || text == "false" {
			return text == "true"
		}
		return text
	}
	return json.Number(text)
}

func (f *field) writeList(dst []byte, v params.Value, at string, depth int) ([]byte, error) {
	list, ok := v.([]params.Value)
	if !ok {
		return nil, misfit(at, "list", v)
	}
	var packed []byte
	for i, v := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		var err error
		switch {
		case f.kind == kindMessage:
			dst, err = f.writeMessage(dst, v, here, depth)
		case f.packed:
			packed, _, err = f.encode(packed, v, here)
		default:
			dst, _, err = f.encode(f.tag(dst, f.wire()), v, here)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(packed) > 0 {
		dst = binary.AppendUvarint(f.tag(dst, wireBytes), uint64(len(packed)))
	}
	return append(dst, packed...), nil
}

// encode appends one value that is no message, and reports whether it is zero.
func (f *field) encode(dst []byte, v params.Value, at string) (_ []byte, zero bool, err error) {
	switch f.kind {
	case kindString:
		if text, ok := v.(string); ok && utf8.ValidString(text) {
			return append(binary.AppendUvarint(dst, uint64(len(text))), text...), text == "", nil
		}
	case kindBytes:
		if text, ok := v.(string); ok {
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
				return append(binary.AppendUvarint(dst, uint64(len(raw))), raw...), len(raw) == 0, nil
			}
		}
	case kindBool:
		if b, ok := v.(bool); ok {
			n := uint64(0)
			if b {
				n = 1
			}
			return binary.AppendUvarint(dst, n), !b, nil
		}
	case kindDouble, kindFloat:
		if n, ok := toFloat(v); ok && f.kind == kindDouble {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(n)), math.Float64bits(n) == 0, nil
		} else if ok && (math.IsInf(n, 0) || !math.IsInf(float64(float32(n)), 0)) {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(n))), math.Float32bits(float32(n)) == 0, nil
		}
	case kindEnum:
		if n, ok := f.enum.of(v); ok {
			return binary.AppendUvarint(dst, uint64(int64(n))), n == 0, nil
		}
		return nil, false, misfit(at, f.enum.name, v)
	default:
		if n, ok := f.integer(v); ok {
			return f.appendInteger(dst, n), n == 0, nil
		}
	}
	return nil, false, misfit(at, f.of, v)
}

// of returns the number of a name, or of itself.
func (e *enum) of(v params.Value) (int32, bool) {
	if text, ok := v.(string); ok {
		n, ok := e.number[text]
		return n, ok
	}
	n, ok := v.(int64)
	return int32(n), ok && n == int64(int32(n))
}

func toFloat(v params.Value) (float64, bool) {
	switch v {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	if _, text := v.(string); text {
		return 0, false
	}
	return params.ToFloat(v)
}

// integer returns the bits of a whole number in the range of the field. One of 64
// bits may be a text, as JSON has it elsewhere.
func (f *field) integer(v params.Value) (uint64, bool) {
	var text string
	switch v := v.(type) {
	case int64:
		text = strconv.FormatInt(v, 10)
	case json.Number:
		text = string(v)
	case string:
		text = v
	default:
		return 0, false
	}
	bits := 64
	switch f.kind {
	case kindUint32, kindFixed32:
		bits = 32
		fallthrough
	case kindUint64, kindFixed64:
		n, err := strconv.ParseUint(text, 10, bits)
		return n, err == nil
	case kindInt32, kindSint32, kindSfixed32:
		bits = 32
	}
	n, err := strconv.ParseInt(text, 10, bits)
	return uint64(n), err == nil
}

func (f *field) appendInteger(dst []byte, n uint64) []byte {
	switch f.kind {
	case kindFixed32, kindSfixed32:
		return binary.LittleEndian.AppendUint32(dst, uint32(n))
	case kindFixed64, kindSfixed64:
		return binary.LittleEndian.AppendUint64(dst, n)
	case kindSint32, kindSint64:
		n = n<<1 ^ uint64(int64(n)>>63)
	}
	return binary.AppendUvarint(dst, n)
}
