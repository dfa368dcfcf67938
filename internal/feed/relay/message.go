package relay

import (
	"context"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

const traceparent = "traceparent"

// message returns what is sent for a record.
func (r *Relay) message(ctx context.Context, o *store.Outgoing) (Message, error) {
	topic := r.topics[o.Topic]
	if topic == nil {
		topic = &feed.Topic{Name: o.Topic}
	}
	m := Message{Name: o.Name(r.options.Instance)}
	var err error
	if m.Key, m.Value, err = topic.Encode(ctx, o.Key, o.Value); err != nil {
		return m, err
	}
	for name, v := range o.Headers.All() {
		m.Headers = appendHeaders(m.Headers, name, v)
	}
	if r.options.Trace != nil && !o.Headers.Has(traceparent) {
		if parent := r.options.Trace(*o); parent != "" {
			m.Headers = append(m.Headers, Header{traceparent, []byte(parent)})
		}
	}
	return m, nil
}

// appendHeaders appends one header, or as many as a list has elements.
func appendHeaders(dst []Header, name string, v params.Value) []Header {
	values, ok := v.([]params.Value)
	if !ok {
		values = []params.Value{v}
	}
	for _, v := range values {
		dst = append(dst, Header{name, headerValue(v)})
	}
	return dst
}

func headerValue(v params.Value) []byte {
	if text, ok := params.ToString(v); ok {
		return []byte(text)
	}
	if v == nil {
		return nil
	}
	return params.AppendJSON(nil, v)
}
