package registry

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// encode appends a value as decode reads it. Fields that a map lacks have the
// default of the schema; those that the schema lacks are refused, as they would
// be lost. Of a union, the first branch that fits is taken.
func encode(head []byte, s avro.Schema, v params.Value) ([]byte, error) {
	w := avro.NewWriter(nil, 512)
	if err := write(w, s, v, ""); err != nil {
		return nil, model.Errorf(model.Invalid, "the value does not fit its schema: %w", err)
	}
	return append(head, w.Buffer()...), nil
}

// misfit says that a value at a place is not what its schema asks for.
func misfit(at string, s avro.Schema, v params.Value) error {
	if at == "" {
		at = "it"
	}
	return fmt.Errorf("%s must be of type %s, not %.60s", at, nameOf(s), params.AppendJSON(nil, v))
}

func nameOf(s avro.Schema) string {
	if named, ok := s.(avro.NamedSchema); ok {
		return named.FullName()
	}
	return string(s.Type())
}

func write(w *avro.Writer, s avro.Schema, v params.Value, at string) error {
	switch s := s.(type) {
	case *avro.RefSchema:
		return write(w, s.Schema(), v, at)
	case *avro.RecordSchema:
		return writeRecord(w, s, v, at)
	case *avro.UnionSchema:
		return writeUnion(w, s, v, at)
	case *avro.ArraySchema:
		return writeList(w, s, v, at)
	case *avro.MapSchema:
		return writeMap(w, s, v, at)
	case *avro.EnumSchema:
		text, _ := v.(string)
		i := slices.Index(s.Symbols(), text)
		if i < 0 {
			return misfit(at, s, v)
		}
		w.WriteInt(int32(i))
		return nil
	case *avro.FixedSchema:
		b, ok := toBytes(v, s.Logical(), s.Size())
		if !ok || len(b) != s.Size() {
			return misfit(at, s, v)
		}
		_, err := w.Write(b)
		return err
	case *avro.PrimitiveSchema:
		return writePrimitive(w, s, v, at)
	}
	if v != nil {
		return misfit(at, s, v)
	}
	return nil
}

func writeRecord(w *avro.Writer, s *avro.RecordSchema, v params.Value, at string) error {
	m, ok := v.(params.Map)
	if !ok {
		return misfit(at, s, v)
	}
	fields := s.Fields()
	for key := range m.Keys() {
		if !slices.ContainsFunc(fields, func(f *avro.Field) bool { return f.Name() == key }) {
			return fmt.Errorf("%s has no field %q", s.FullName(), key)
		}
	}
	for _, f := range fields {
		there, ok := m.Get(f.Name())
		if !ok && f.HasDefault() {
			w.WriteVal(f.Type(), f.Default())
			if w.Error != nil {
				return fmt.Errorf("the default of %s.%s: %w", s.FullName(), f.Name(), w.Error)
			}
			continue
		}
		if err := write(w, f.Type(), there, at+"."+f.Name()); err != nil {
			return err
		}
	}
	return nil
}

// writeUnion tries the branches in turn: what does not fit is not written.
func writeUnion(w *avro.Writer, s *avro.UnionSchema, v params.Value, at string) error {
	for i, branch := range s.Types() {
		part := avro.NewWriter(nil, 64)
		part.WriteLong(int64(i))
		if write(part, branch, v, at) == nil {
			_, err := w.Write(part.Buffer())
			return err
		}
	}
	return misfit(at, s, v)
}

func writeList(w *avro.Writer, s *avro.ArraySchema, v params.Value, at string) error {
	list, ok := v.([]params.Value)
	if !ok {
		return misfit(at, s, v)
	}
	if len(list) > 0 {
		w.WriteLong(int64(len(list)))
	}
	for i, e := range list {
		if err := write(w, s.Items(), e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	w.WriteLong(0)
	return nil
}

func writeMap(w *avro.Writer, s *avro.MapSchema, v params.Value, at string) error {
	m, ok := v.(params.Map)
	if !ok {
		return misfit(at, s, v)
	}
	if m.Len() > 0 {
		w.WriteLong(int64(m.Len()))
	}
	for key, e := range m.All() {
		w.WriteString(key)
		if err := write(w, s.Values(), e, at+"."+key); err != nil {
			return err
		}
	}
	w.WriteLong(0)
	return nil
}

func writePrimitive(w *avro.Writer, s *avro.PrimitiveSchema, v params.Value, at string) error {
	ok := false
	switch s.Type() {
	case avro.Boolean:
		var b bool
		if b, ok = v.(bool); ok {
			w.WriteBool(b)
		}
	case avro.Int:
		var n int64
		if n, ok = toInteger(v, s.Logical()); ok && n == int64(int32(n)) {
			w.WriteInt(int32(n))
		} else {
			ok = false
		}
	case avro.Long:
		var n int64
		if n, ok = toInteger(v, s.Logical()); ok {
			w.WriteLong(n)
		}
	case avro.Float, avro.Double:
		var f float64
		if f, ok = toFloat(v); ok && s.Type() == avro.Float {
			w.WriteFloat(float32(f))
		} else if ok {
			w.WriteDouble(f)
		}
	case avro.Bytes:
		var b []byte
		if b, ok = toBytes(v, s.Logical(), 0); ok {
			w.WriteBytes(b)
		}
	case avro.String:
		var text string
		if text, ok = v.(string); ok {
			w.WriteString(text)
		}
	}
	if !ok {
		return misfit(at, s, v)
	}
	return nil
}

// toFloat takes numbers alone: a text would take a branch of a union that is
// not meant for it.
func toFloat(v params.Value) (float64, bool) {
	switch v.(type) {
	case int64, float64, json.Number:
		return params.ToFloat(v)
	}
	return 0, false
}

func toInteger(v params.Value, l avro.LogicalSchema) (int64, bool) {
	text, ok := v.(string)
	if !ok {
		n, ok := v.(int64)
		return n, ok
	}
	switch logical(l) {
	case avro.Date:
		t, err := time.Parse(time.DateOnly, text)
		return t.Unix() / (24 * 3600), err == nil
	case avro.TimeMillis, avro.TimeMicros:
		t, err := time.Parse(layoutTime, text)
		since := t.Sub(t.Truncate(24 * time.Hour))
		if logical(l) == avro.TimeMicros {
			return since.Microseconds(), err == nil
		}
		return since.Milliseconds(), err == nil
	case avro.TimestampMillis, avro.LocalTimestampMillis:
		t, err := parseTimestamp(text, l)
		return t.UnixMilli(), err == nil
	case avro.TimestampMicros, avro.LocalTimestampMicros:
		t, err := parseTimestamp(text, l)
		return t.UnixMicro(), err == nil
	}
	return 0, false
}

func parseTimestamp(text string, l avro.LogicalSchema) (time.Time, error) {
	if t := logical(l); t == avro.LocalTimestampMillis || t == avro.LocalTimestampMicros {
		return time.Parse(layoutLocal, text)
	}
	return time.Parse(time.RFC3339Nano, text)
}

// toBytes returns the bytes of a text in base64, or those of a decimal, which
// has as many as size says, or as it needs with 0.
func toBytes(v params.Value, l avro.LogicalSchema, size int) ([]byte, bool) {
	if d, ok := l.(*avro.DecimalLogicalSchema); ok {
		text, ok := params.ToString(v)
		if !ok {
			return nil, false
		}
		return decimalBytes(text, d.Scale(), size)
	}
	text, ok := v.(string)
	if !ok {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return b, err == nil
}

func decimalBytes(text string, scale, size int) ([]byte, bool) {
	if strings.ContainsAny(text, "eEpP/_xX") { // a short text may be a number of a billion digits
		return nil, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, false
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	if !r.IsInt() {
		return nil, false
	}
	n := r.Num()
	need := n.BitLen()/8 + 1
	if size == 0 {
		size = need
	}
	if need > size {
		return nil, false
	}
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return n.FillBytes(make([]byte, size)), true
}
