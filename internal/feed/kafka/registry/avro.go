package registry

import (
	"context"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Avro returns the codec of Avro. Messages are written with the newest schema
// of the subject, which is that of the topic's values ("TOPIC-value") if it is
// empty.
func (r *Registry) Avro(subject string) feed.Codec { return codec{r, subject} }

type codec struct {
	*Registry
	subject string
}

// Decode implements feed.Codec.
func (c codec) Decode(ctx context.Context, _ string, data []byte) (params.Value, error) {
	if data == nil {
		return nil, nil
	}
	id, body, err := (&sr.ConfluentHeader{}).DecodeID(data)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "the message does not name its schema: %w", err)
	}
	schema, err := c.schemaOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return decode(schema, body)
}

// Encode implements feed.Codec.
func (c codec) Encode(ctx context.Context, topic string, v params.Value) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	subject := c.subject
	if subject == "" {
		subject = topic + "-value"
	}
	s, err := c.newestOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	head, err := (&sr.ConfluentHeader{}).AppendEncode(nil, s.id, nil)
	if err != nil {
		return nil, err
	}
	return encode(head, s.schema, v)
}
