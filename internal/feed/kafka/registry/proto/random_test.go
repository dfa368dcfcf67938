package proto_test

import (
	"math"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// random is a source of messages.
type random struct{ *rand.Rand }

func (r random) integer() int64 {
	of := []int64{0, 1, -1, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64, r.Int64N(1000), -r.Int64N(1 << 40)}
	return of[r.IntN(len(of))]
}

func (r random) text() string {
	of := []string{"", "a", "ü€", "with \"quotes\"", strings.Repeat("x", r.IntN(300))}
	return of[r.IntN(len(of))]
}

func (r random) float() float64 {
	of := []float64{0, 1.5, -2.25, 1e300, 3, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), r.Float64()}
	return of[r.IntN(len(of))]
}

func (r random) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch n := r.integer(); f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n > 0)
	case protoreflect.EnumKind:
		of := []protoreflect.EnumNumber{0, 1, -1, 77}
		if f.Enum().IsClosed() {
			of = []protoreflect.EnumNumber{3, 4}
		}
		return protoreflect.ValueOfEnum(of[r.IntN(len(of))])
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(n)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(n))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(r.float()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(r.float())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(r.text()))
	}
	return protoreflect.ValueOfString(r.text())
}

// fill gives a message some of its fields.
func (r random) fill(m protoreflect.Message, depth int) {
	if r.special(m, depth) {
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Cardinality() != protoreflect.Required && (r.IntN(2) == 0 || depth == 0 && f.Kind() == protoreflect.MessageKind) {
			continue
		}
		switch {
		case f.IsMap():
			for range r.IntN(3) {
				of := m.Mutable(f).Map()
				v := of.NewValue()
				if f.MapValue().Message() != nil {
					r.fill(v.Message(), depth-1)
				} else {
					v = r.scalar(f.MapValue())
				}
				of.Set(r.scalar(f.MapKey()).MapKey(), v)
			}
		case f.IsList():
			for range r.IntN(4) {
				of := m.Mutable(f).List()
				v := of.NewElement()
				if f.Message() != nil {
					r.fill(v.Message(), depth-1)
				} else {
					v = r.scalar(f)
				}
				of.Append(v)
			}
		case f.Message() != nil:
			r.fill(m.Mutable(f).Message(), depth-1)
		default:
			m.Set(f, r.scalar(f))
		}
	}
}

// special fills a message of a well-known type so that it can be JSON.
func (r random) special(m protoreflect.Message, depth int) bool {
	name := string(m.Descriptor().FullName())
	set := func(field string, v any) {
		m.Set(m.Descriptor().Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOf(v))
	}
	switch strings.TrimPrefix(name, "google.protobuf.") {
	case "Timestamp":
		set("seconds", r.Int64N(4e10)-2e9)
		set("nanos", []int32{0, 500_000_000, 1, 123_000_000}[r.IntN(4)])
	case "Duration":
		sign := int64(1 - 2*r.IntN(2))
		set("seconds", sign*r.Int64N(1000))
		set("nanos", int32(sign)*[]int32{0, 500_000_000, 1, 123_000_000}[r.IntN(4)])
	case "FieldMask":
		f := m.Descriptor().Fields().ByName("paths")
		for range r.IntN(3) {
			m.Mutable(f).List().Append(protoreflect.ValueOfString("some_path.of_it"))
		}
	case "Value":
		f := m.Descriptor().Fields().Get(r.IntN(6))
		switch {
		case f.Message() != nil && depth > 0:
			r.fill(m.Mutable(f).Message(), depth-1)
		case f.Kind() == protoreflect.DoubleKind:
			m.Set(f, protoreflect.ValueOfFloat64(float64(r.IntN(1000))/4))
		case f.Message() == nil && f.Enum() == nil:
			m.Set(f, r.scalar(f))
		default:
			set("null_value", protoreflect.EnumNumber(0))
		}
	case "Any":
		if r.IntN(2) == 0 {
			set("type_url", "type.googleapis.com/shop.Empty")
		}
	default:
		return false
	}
	return true
}
