package registry

import (
	"context"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry/proto"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Proto returns the codec of Protocol Buffers. Messages are written with the newest
// schema of the subject, which is that of the topic's values ("TOPIC-value") if it
// is empty, as the message with a name, which may be empty where it has only one.
// What is read names its message itself.
func (r *Registry) Proto(subject, message string) feed.Codec {
	return protoCodec{&r.proto, subject, message}
}

type protoCodec struct {
	*schemas[*proto.Schema]
	subject, message string
}

// maxIndex is how deep a message may be in others in its file.
const maxIndex = 100

// Decode implements feed.Codec.
func (c protoCodec) Decode(ctx context.Context, _ string, data []byte) (params.Value, error) {
	if data == nil {
		return nil, nil
	}
	id, body, err := schemaID(data)
	if err != nil {
		return nil, err
	}
	index, body, err := (&sr.ConfluentHeader{}).DecodeIndex(body, maxIndex)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the message does not name its type: %w", err)
	}
	schema, err := c.schemaOf(ctx, id)
	if err != nil {
		return nil, err
	}
	of, ok := schema.At(index)
	if !ok {
		return nil, model.Errorf(model.Invalid, "the schema %d has no message at %v", id, index)
	}
	v, err := of.Decode(body)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the message does not fit its schema: %w", err)
	}
	return v, nil
}

// Encode implements feed.Codec.
func (c protoCodec) Encode(ctx context.Context, topic string, v params.Value) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	s, err := c.newestOf(ctx, subjectOf(c.subject, topic))
	if err != nil {
		return nil, err
	}
	of, err := s.schema.Named(c.message)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	head, err := (&sr.ConfluentHeader{}).AppendEncode(nil, s.id, of.Index())
	if err != nil {
		return nil, err
	}
	data, err := of.Encode(head, v)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the value does not fit its schema: %w", err)
	}
	return data, nil
}

// parseProto reads a schema with those that it refers to.
func (r *Registry) parseProto(ctx context.Context, text sr.Schema) (*proto.Schema, error) {
	if err := written(text, sr.TypeProtobuf); err != nil {
		return nil, err
	}
	var others []string
	err := r.refer(ctx, text.References, make(map[string]bool), func(_ sr.SchemaReference, other sr.Schema) error {
		others = append(others, other.Schema)
		return written(other, sr.TypeProtobuf)
	})
	if err != nil {
		return nil, err
	}
	s, err := proto.Parse(text.Schema, others...)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the schema can't be read: %w", err)
	}
	return s, nil
}

// subjectOf returns the subject whose schema is written.
func subjectOf(subject, topic string) string {
	if subject == "" {
		return topic + "-value"
	}
	return subject
}

// schemaID splits the id of its schema from a message.
func schemaID(data []byte) (int, []byte, error) {
	id, body, err := (&sr.ConfluentHeader{}).DecodeID(data)
	if err != nil {
		return 0, nil, model.Errorf(model.Invalid, "the message does not name its schema: %w", err)
	}
	return id, body, nil
}
