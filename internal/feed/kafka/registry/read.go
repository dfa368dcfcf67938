package registry

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/bits"
	"sync"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Bounds of what a message may hold: it is not to be believed how many values
// there are, as some take no bytes, nor how deep they are nested.
const (
	maxValues = 1 << 20
	maxDepth  = 500
)

// Layouts of times without a date or without a zone.
const (
	layoutTime  = "15:04:05.999999"
	layoutLocal = "2006-01-02T15:04:05.999999"
)

// reading is a message on its way to a value.
type reading struct {
	*avro.Reader
	size, values int
}

// decode reads a message. Records become maps in the order of the schema, and
// unions the value that they have; bytes become base64, decimals numbers as
// text, and dates and times text in the format of ISO 8601.
func decode(s avro.Schema, body []byte) (params.Value, error) {
	r := &reading{Reader: avro.NewReader(nil, 0, avro.WithReaderConfig(bounded(len(body)))), size: len(body)}
	r.Reset(body)
	v, err := r.value(s, maxDepth)
	switch {
	case err == nil && r.Error != nil && !errors.Is(r.Error, io.EOF):
		err = r.Error
	case err == nil && r.Error != nil:
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		v, err = params.From(v)
	}
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the message does not fit its schema: %w", err)
	}
	return v, nil
}

// wires are configurations by the longest text that they read, as a power of
// two: a length in a message is not to be believed.
var wires sync.Map

// bounded returns a configuration that reads no text much longer than n bytes.
func bounded(n int) avro.API {
	power := bits.Len(uint(n))
	api, ok := wires.Load(power)
	if !ok {
		api, _ = wires.LoadOrStore(power, avro.Config{MaxByteSliceSize: 1 << power}.Freeze())
	}
	return api.(avro.API)
}

func (r *reading) value(s avro.Schema, depth int) (params.Value, error) {
	if r.values++; r.values > maxValues || depth == 0 {
		return nil, errors.New("it holds too many values")
	}
	switch s := s.(type) {
	case *avro.RefSchema:
		return r.value(s.Schema(), depth)
	case *avro.RecordSchema:
		return r.record(s, depth)
	case *avro.UnionSchema:
		return r.union(s, depth)
	case *avro.ArraySchema:
		return r.list(s, depth)
	case *avro.MapSchema:
		return r.mapping(s, depth)
	case *avro.EnumSchema:
		i := int(r.ReadInt())
		symbol, ok := s.Symbol(i)
		if !ok && r.Error == nil {
			return nil, fmt.Errorf("%s has no symbol %d", s.FullName(), i)
		}
		return symbol, nil
	case *avro.FixedSchema:
		if s.Size() > r.size {
			return nil, io.ErrUnexpectedEOF
		}
		b := make([]byte, s.Size())
		r.Read(b)
		return r.bytes(b, s.Logical())
	case *avro.PrimitiveSchema:
		return r.primitive(s)
	}
	return nil, nil // null
}

func (r *reading) record(s *avro.RecordSchema, depth int) (params.Value, error) {
	var m params.Map
	for _, f := range s.Fields() {
		v, err := r.value(f.Type(), depth-1)
		if err != nil || r.Error != nil {
			return nil, err
		}
		m = m.Set(f.Name(), v)
	}
	return m, nil
}

func (r *reading) union(s *avro.UnionSchema, depth int) (params.Value, error) {
	i := r.ReadLong()
	if types := s.Types(); i >= 0 && i < int64(len(types)) {
		return r.value(types[i], depth-1)
	}
	return nil, fmt.Errorf("a union has no branch %d", i)
}

// blocks calls item for each item of a list or map.
func (r *reading) blocks(item func() error) error {
	for {
		n, _ := r.ReadBlockHeader()
		if n == 0 || r.Error != nil {
			return nil
		}
		for ; n > 0; n-- {
			if err := item(); err != nil || r.Error != nil {
				return err
			}
		}
	}
}

func (r *reading) list(s *avro.ArraySchema, depth int) (params.Value, error) {
	list := []params.Value{}
	err := r.blocks(func() error {
		v, err := r.value(s.Items(), depth-1)
		list = append(list, v)
		return err
	})
	return list, err
}

func (r *reading) mapping(s *avro.MapSchema, depth int) (params.Value, error) {
	var m params.Map
	err := r.blocks(func() error {
		key := r.ReadString()
		v, err := r.value(s.Values(), depth-1)
		if err == nil && r.Error == nil {
			m = m.Set(key, v)
		}
		return err
	})
	return m, err
}

func (r *reading) primitive(s *avro.PrimitiveSchema) (params.Value, error) {
	switch s.Type() {
	case avro.Boolean:
		return r.ReadBool(), nil
	case avro.Int:
		return fromInteger(int64(r.ReadInt()), s.Logical()), nil
	case avro.Long:
		return fromInteger(r.ReadLong(), s.Logical()), nil
	case avro.Float:
		return params.From(float64(r.ReadFloat()))
	case avro.Double:
		return params.From(r.ReadDouble())
	case avro.Bytes:
		return r.bytes(r.ReadBytes(), s.Logical())
	default:
		return r.ReadString(), nil
	}
}

// logical returns what a schema says about the meaning of its bytes, or "".
func logical(l avro.LogicalSchema) avro.LogicalType {
	if l == nil {
		return ""
	}
	return l.Type()
}

func fromInteger(n int64, l avro.LogicalSchema) params.Value {
	switch logical(l) {
	case avro.Date:
		return time.Unix(n*24*3600, 0).UTC().Format(time.DateOnly)
	case avro.TimeMillis:
		return time.UnixMilli(n).UTC().Format(layoutTime)
	case avro.TimeMicros:
		return time.UnixMicro(n).UTC().Format(layoutTime)
	case avro.TimestampMillis:
		return time.UnixMilli(n).UTC().Format(time.RFC3339Nano)
	case avro.TimestampMicros:
		return time.UnixMicro(n).UTC().Format(time.RFC3339Nano)
	case avro.LocalTimestampMillis:
		return time.UnixMilli(n).UTC().Format(layoutLocal)
	case avro.LocalTimestampMicros:
		return time.UnixMicro(n).UTC().Format(layoutLocal)
	}
	return n
}

// maxDecimal is how many bytes the digits of a number may take.
const maxDecimal = 256

func (r *reading) bytes(b []byte, l avro.LogicalSchema) (params.Value, error) {
	d, ok := l.(*avro.DecimalLogicalSchema)
	switch {
	case r.Error != nil:
		return nil, nil // the error is told once all is read
	case !ok:
		return base64.StdEncoding.EncodeToString(b), nil
	case len(b) > maxDecimal:
		return nil, fmt.Errorf("a decimal has %d bytes", len(b))
	}
	return decimalText(b, d.Scale()), nil
}

// decimalText writes a number of which the bytes are all digits, in two's
// complement.
func decimalText(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return new(big.Rat).SetFrac(n, unit).FloatString(scale)
}
