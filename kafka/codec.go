package kafka

import (
	"errors"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry"
)

// Codec says how messages are written. The zero value is the default of its place.
type Codec struct {
	kind             codecKind
	subject, message string
}

type codecKind uint8

const (
	byDefault codecKind = iota
	json
	text
	avro
	protobuf
)

// JSON is for JSON. What is read may have the five bytes in front of it by which
// others name a schema.
func JSON() Codec { return Codec{kind: json} }

// Text is for plain text in UTF-8. What is no text is sent as JSON.
func Text() Codec { return Codec{kind: text} }

// Avro is for Avro whose schemas are in a registry: see Config. What is sent has
// the newest schema of the subject; empty is that of the topic, "TOPIC-value" or
// "TOPIC-key".
func Avro(subject string) Codec { return Codec{kind: avro, subject: subject} }

// Protobuf is for Protocol Buffers whose schemas are in a registry: see Config. What
// is sent has the newest schema of the subject, as with Avro, and is the message of
// that with a name, which may be empty where there is only one.
func Protobuf(subject, message string) Codec {
	return Codec{kind: protobuf, subject: subject, message: message}
}

// Registry is a registry of schemas that speaks Confluent's protocol.
type Registry struct {
	// URLs are its addresses, of which the first that answers is used.
	URLs []string
	// User and Password are for one that asks who it is.
	User, Password string
}

// open returns the registry; nil is none.
func (r *Registry) open() (*registry.Registry, error) {
	if len(r.URLs) == 0 {
		return nil, nil
	}
	return registry.Open(registry.Options{URLs: r.URLs, User: r.User, Password: r.Password, Clock: clock.System{}})
}

// codec returns what reads and writes as c says; nil is the default.
func (c Codec) codec(of *registry.Registry, subject string) (feed.Codec, error) {
	switch {
	case c.kind == byDefault:
		return nil, nil
	case c.kind == json:
		return feed.JSON{}, nil
	case c.kind == text:
		return feed.Text{}, nil
	case of == nil && c.kind == avro:
		return nil, errors.New("is Avro, which needs a Registry")
	case of == nil:
		return nil, errors.New("is Protobuf, which needs a Registry")
	case c.subject != "":
		subject = c.subject
	}
	if c.kind == protobuf {
		return of.Proto(subject, c.message), nil
	}
	return of.Avro(subject), nil
}
