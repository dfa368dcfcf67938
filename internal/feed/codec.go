package feed

import (
	"context"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Codec turns the bytes of messages into values and back. It is used by several
// goroutines at once.
//
// What is wrong with the bytes or the value is Invalid, and stays so whenever it
// is tried again; Unavailable says that what is needed to tell can't be reached
// now. Nil stands for a message without content in both directions: nil bytes,
// which are not empty ones.
type Codec interface {
	// Decode reads a message of a topic. It keeps no reference to data.
	Decode(ctx context.Context, topic string, data []byte) (params.Value, error)
	// Encode writes one.
	Encode(ctx context.Context, topic string, v params.Value) ([]byte, error)
}

// Text is the codec of plain text, in UTF-8. It writes what is no text as JSON.
type Text struct{}

// JSON is the codec of JSON. It reads JSON with the five bytes in front, too,
// by which others name a schema.
type JSON struct{}

var _, _ Codec = Text{}, JSON{}

// Decode implements Codec.
func (Text) Decode(_ context.Context, _ string, data []byte) (params.Value, error) {
	if data == nil {
		return nil, nil
	}
	if !utf8.Valid(data) {
		return nil, model.Errorf(model.Invalid, "the message is not text: it is not valid UTF-8")
	}
	return string(data), nil
}

// Encode implements Codec.
func (Text) Encode(_ context.Context, _ string, v params.Value) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	}
	return params.AppendJSON(nil, v), nil
}

// schemaHeader is how long the name of a schema is, in front of a message.
const schemaHeader = 5

// Decode implements Codec.
func (JSON) Decode(_ context.Context, _ string, data []byte) (params.Value, error) {
	if data == nil {
		return nil, nil
	}
	if len(data) > schemaHeader && data[0] == 0 {
		data = data[schemaHeader:]
	}
	v, err := params.ParseJSON(data)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the message is not JSON: %w", err)
	}
	return v, nil
}

// Encode implements Codec.
func (JSON) Encode(_ context.Context, _ string, v params.Value) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return params.AppendJSON(nil, v), nil
}
