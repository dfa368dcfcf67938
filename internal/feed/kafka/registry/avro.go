package registry

import (
	"context"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Avro returns the codec of Avro. Messages are written with the newest schema
// of the subject, which is that of the topic's values ("TOPIC-value") if it is
// empty.
func (r *Registry) Avro(subject string) feed.Codec { return avroCodec{&r.avro, subject} }

type avroCodec struct {
	*schemas[avro.Schema]
	subject string
}

// Decode implements feed.Codec.
func (c avroCodec) Decode(ctx context.Context, _ string, data []byte) (params.Value, error) {
	if data == nil {
		return nil, nil
	}
	id, body, err := schemaID(data)
	if err != nil {
		return nil, err
	}
	schema, err := c.schemaOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return decode(schema, body)
}

// Encode implements feed.Codec.
func (c avroCodec) Encode(ctx context.Context, topic string, v params.Value) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	s, err := c.newestOf(ctx, subjectOf(c.subject, topic))
	if err != nil {
		return nil, err
	}
	head, err := (&sr.ConfluentHeader{}).AppendEncode(nil, s.id, nil)
	if err != nil {
		return nil, err
	}
	return encode(head, s.schema, v)
}

// parseAvro reads a schema with those that it refers to.
func (r *Registry) parseAvro(ctx context.Context, text sr.Schema) (avro.Schema, error) {
	cache := &avro.SchemaCache{}
	err := r.refer(ctx, text.References, make(map[string]bool), func(_ sr.SchemaReference, other sr.Schema) error {
		_, err := parseInto(other, cache)
		return err
	})
	if err != nil {
		return nil, err
	}
	return parseInto(text, cache)
}

func parseInto(text sr.Schema, cache *avro.SchemaCache) (avro.Schema, error) {
	if err := written(text, sr.TypeAvro); err != nil {
		return nil, err
	}
	s, err := avro.ParseWithCache(text.Schema, "", cache)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the schema can't be read: %w", err)
	}
	return s, nil
}
