package params

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// MissingError reports that a required parameter is not set, or is null.
type MissingError struct {
	Key  string
	Null bool
}

// Error returns Digdag's text.
func (e *MissingError) Error() string {
	if e.Null {
		return fmt.Sprintf("Parameter '%s' is required but null", e.Key)
	}
	return fmt.Sprintf("Parameter '%s' is required but not set", e.Key)
}

// TypeError reports that a parameter's value cannot be read as what is wanted.
type TypeError struct {
	Key    string
	Want   string // the wanted type in words, such as "string type"
	Sample string // the value as JSON text, cut to 100 bytes
	Kind   string // null, boolean, number, string, array or object
	Err    error  // why a text could not be parsed, if that was the reason
}

// Error returns Digdag's text, followed by the cause if there is one.
func (e *TypeError) Error() string {
	text := fmt.Sprintf("Expected %s for key '%s' but got %s (%s)", e.Want, e.Key, e.Sample, e.Kind)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause, if there is one.
func (e *TypeError) Unwrap() error { return e.Err }

func newTypeError(key, want string, v Value, cause error) *TypeError {
	return &TypeError{Key: key, Want: want, Sample: sample(v), Kind: kindOf(v), Err: cause}
}

const sampleSize = 100

func sample(v Value) string {
	text := AppendJSON(nil, v)
	if len(text) < sampleSize {
		return string(text)
	}
	end := sampleSize - len("...")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return string(text[:end]) + "..."
}

func kindOf(v Value) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case int64, float64, json.Number:
		return "number"
	case string:
		return "string"
	case []Value:
		return "array"
	case Map:
		return "object"
	}
	return "null"
}
