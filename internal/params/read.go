package params

// reader reads values as a T.
type reader[T any] struct {
	want    string // for TypeError
	convert func(Value) (T, bool)
	parse   bool // a string holds the value as JSON text
}

var (
	stringReader = reader[string]{want: "string type", convert: ToString}
	intReader    = reader[int64]{want: "integer (long) type", convert: ToInt}
	floatReader  = reader[float64]{want: "number type", convert: ToFloat}
	boolReader   = reader[bool]{want: "'true' or 'false'", convert: ToBool}
	mapReader    = reader[Map]{want: "object type", convert: is[Map]}
	listReader   = reader[[]Value]{want: "array type", convert: is[[]Value]}
	mapParser    = reader[Map]{want: "object type", convert: is[Map], parse: true}
	listParser   = reader[[]Value]{want: "array type", convert: is[[]Value], parse: true}
)

func is[T any](v Value) (T, bool) {
	t, ok := v.(T)
	return t, ok
}

// required reads a key that must have a value.
func (r reader[T]) required(m Map, key string) (T, error) {
	v, ok := m.Get(key)
	if v == nil {
		var zero T
		return zero, &MissingError{Key: key, Null: ok}
	}
	return r.read(key, v)
}

// or reads a key that may be absent or null.
func (r reader[T]) or(m Map, key string, def T) (T, error) {
	v, _ := m.Get(key)
	if v == nil {
		return def, nil
	}
	return r.read(key, v)
}

func (r reader[T]) read(key string, v Value) (T, error) {
	content, cause := v, error(nil)
	if text, ok := v.(string); ok && r.parse {
		content, cause = ParseJSON([]byte(text))
	}
	t, ok := r.convert(content)
	if !ok {
		return t, newTypeError(key, r.want, v, cause)
	}
	return t, nil
}

// String reads the text of a key, converted as by ToString. It returns a
// *MissingError if the key is absent or null and a *TypeError if its value does
// not convert; so do all readers below.
func (m Map) String(key string) (string, error) { return stringReader.required(m, key) }

// StringOr is String with a default for a key that is absent or null.
func (m Map) StringOr(key, def string) (string, error) { return stringReader.or(m, key, def) }

// Int reads an integer, converted as by ToInt.
func (m Map) Int(key string) (int64, error) { return intReader.required(m, key) }

// IntOr is Int with a default for a key that is absent or null.
func (m Map) IntOr(key string, def int64) (int64, error) { return intReader.or(m, key, def) }

// Float reads a number, converted as by ToFloat.
func (m Map) Float(key string) (float64, error) { return floatReader.required(m, key) }

// FloatOr is Float with a default for a key that is absent or null.
func (m Map) FloatOr(key string, def float64) (float64, error) { return floatReader.or(m, key, def) }

// Bool reads a boolean, converted as by ToBool.
func (m Map) Bool(key string) (bool, error) { return boolReader.required(m, key) }

// BoolOr is Bool with a default for a key that is absent or null.
func (m Map) BoolOr(key string, def bool) (bool, error) { return boolReader.or(m, key, def) }

// MapAt reads a map.
func (m Map) MapAt(key string) (Map, error) { return mapReader.required(m, key) }

// MapOr is MapAt with a default for a key that is absent or null.
func (m Map) MapOr(key string, def Map) (Map, error) { return mapReader.or(m, key, def) }

// List reads a list, which must not be modified.
func (m Map) List(key string) ([]Value, error) { return listReader.required(m, key) }

// ListOr is List with a default for a key that is absent or null.
func (m Map) ListOr(key string, def []Value) ([]Value, error) { return listReader.or(m, key, def) }

// ParseMap reads a map or a string that holds one as JSON text.
func (m Map) ParseMap(key string) (Map, error) { return mapParser.required(m, key) }

// ParseMapOr is ParseMap with a default for a key that is absent or null.
func (m Map) ParseMapOr(key string, def Map) (Map, error) { return mapParser.or(m, key, def) }

// ParseList reads a list or a string that holds one as JSON text.
func (m Map) ParseList(key string) ([]Value, error) { return listParser.required(m, key) }

// ParseListOr is ParseList with a default for a key that is absent or null.
func (m Map) ParseListOr(key string, def []Value) ([]Value, error) {
	return listParser.or(m, key, def)
}
