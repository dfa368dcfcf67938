package product

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Record is what is stored with a product about the run that made it. An entry
// that is nil is missing; a task whose record lacks one is outdated.
type Record struct {
	Timestamp *float64    // when the record was made, in seconds since 1970
	Source    *string     // the source then
	Params    *params.Map // the user's parameters then
	// MadeOf is Task.MadeOf then; nil where it is not known, as in records of
	// Ploomber.
	MadeOf *params.Map
	// Imports is a digest of the local modules that the source imported, "" where
	// none was taken.
	Imports string
	// Unfinished marks the product of a run that has begun. For Ploomber such
	// a record is one whose entries are missing.
	Unfinished bool
	// Extra holds entries that others added.
	Extra params.Map
}

// Keys of a record.
const (
	timestampKey  = "timestamp"
	sourceKey     = "stored_source_code"
	paramsKey     = "params"
	madeOfKey     = "made_of"
	importsKey    = "imports"
	unfinishedKey = "unfinished"
)

// Reserved reports whether an entry of a record is not for others to add.
func Reserved(key string) bool {
	switch key {
	case timestampKey, sourceKey, paramsKey, madeOfKey, importsKey, unfinishedKey:
		return true
	}
	return false
}

// NewRecord returns the record of a run that ended well.
func NewRecord(timestamp float64, source string, p params.Map) Record {
	return Record{Timestamp: &timestamp, Source: &source, Params: &p}
}

// ParseRecord reads a record as Python's json.loads does. An empty object, and
// one whose entries have other types than they should, is a record without
// entries; so is null. What is no JSON object is an error.
func ParseRecord(text []byte) (Record, error) {
	if !utf8.Valid(text) {
		return Record{}, errors.New("the text is not UTF-8")
	}
	v, err := ParseJSON(text)
	if err != nil {
		return Record{}, err
	}
	if v == nil {
		return Record{}, nil
	}
	m, ok := v.(params.Map)
	if !ok {
		return Record{}, fmt.Errorf("expected a JSON object but got %s", clip(v))
	}
	r, ok := recordOf(m)
	if !ok {
		return Record{}, nil
	}
	return r, nil
}

func recordOf(m params.Map) (r Record, ok bool) {
	r.Extra = m
	for key, v := range m.All() {
		switch key {
		case timestampKey:
			r.Timestamp, ok = timestamp(v)
		case sourceKey:
			r.Source, ok = entry[string](v)
		case paramsKey:
			r.Params, ok = entry[params.Map](v)
		case madeOfKey:
			r.MadeOf, ok = entry[params.Map](v)
		case importsKey:
			r.Imports, ok = v.(string)
		case unfinishedKey:
			r.Unfinished, ok = v == true, true
		default:
			continue
		}
		if !ok {
			return Record{}, false
		}
		r.Extra = r.Extra.Delete(key)
	}
	return r, true
}

// entry returns the value of an entry, nil for null.
func entry[T any](v params.Value) (*T, bool) {
	if v == nil {
		return nil, true
	}
	t, ok := v.(T)
	return &t, ok
}

func timestamp(v params.Value) (*float64, bool) {
	var f float64
	switch v := v.(type) {
	case nil:
		return nil, true
	case float64:
		f = v
	case int64:
		f = float64(v)
	case bool:
		if v {
			f = 1
		}
	case json.Number:
		big, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return nil, false
		}
		f = big
	default:
		return nil, false
	}
	return &f, true
}

// AppendRecord appends a record as Ploomber writes it: one JSON object with
// Python's separators and escapes, without a line end.
func AppendRecord(dst []byte, r Record) []byte {
	dst = append(dst, `{"timestamp": `...)
	if r.Timestamp == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendFloat(dst, *r.Timestamp)
	}
	dst = append(dst, `, "stored_source_code": `...)
	if r.Source == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendString(dst, *r.Source)
	}
	dst = append(dst, `, "params": `...)
	if r.Params == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendMap(dst, *r.Params)
	}
	if r.MadeOf != nil {
		dst = appendMap(append(dst, `, "made_of": `...), *r.MadeOf)
	}
	if r.Imports != "" {
		dst = appendString(append(dst, `, "imports": `...), r.Imports)
	}
	if r.Unfinished {
		dst = append(dst, `, "unfinished": true`...)
	}
	for key, v := range r.Extra.All() {
		dst = append(dst, ", "...)
		dst = append(appendString(dst, key), ": "...)
		dst = AppendJSON(dst, v)
	}
	return append(dst, '}')
}
