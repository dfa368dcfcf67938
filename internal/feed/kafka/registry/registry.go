// Package registry reads and writes messages whose schemas are in a schema
// registry that speaks Confluent's protocol: five bytes in front of a message
// name its schema. It knows nothing of brokers.
package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry/proto"
	"github.com/pawlhq/pawl/internal/model"
)

// Options say where the registry is.
type Options struct {
	// URLs are its addresses, of which the first that answers is used. Required.
	URLs []string
	// User and Password are sent with each request if User is not empty.
	User, Password string
	// TLS is for https. Nil means what the machine trusts.
	TLS *tls.Config
	// Clock says when to look for a newer schema. Required.
	Clock clock.Clock
}

// Timings of requests: how long one may take, and for how long the newest
// schema of a subject is taken for that before somebody asks again.
const (
	answerWithin = 10 * time.Second
	newestFor    = time.Minute
)

// Registry knows the schemas that were asked for. Its methods may be called
// concurrently.
type Registry struct {
	client *sr.Client
	clock  clock.Clock

	avro  schemas[avro.Schema]
	proto schemas[*proto.Schema]
}

// schemas are those of one language.
type schemas[S any] struct {
	*Registry
	// parse reads a schema with those that it refers to.
	parse func(ctx context.Context, text sr.Schema) (S, error)

	mu sync.Mutex
	// byID never change; newest are as they were at some time.
	byID   map[int]S
	newest map[string]versioned[S]
}

type versioned[S any] struct {
	id     int
	schema S
	until  time.Time
}

// Open returns a registry. It asks for nothing yet.
func Open(o Options) (*Registry, error) {
	options := []sr.ClientOpt{
		sr.URLs(o.URLs...), sr.UserAgent("pawl"),
		sr.HTTPClient(&http.Client{Timeout: answerWithin, Transport: http.DefaultTransport.(*http.Transport).Clone()}),
	}
	if o.TLS != nil {
		options = append(options, sr.DialTLSConfig(o.TLS))
	}
	if o.User != "" {
		options = append(options, sr.BasicAuth(o.User, o.Password))
	}
	client, err := sr.NewClient(options...)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "schema registry: %w", err)
	}
	r := &Registry{client: client, clock: o.Clock}
	r.avro.open(r, r.parseAvro)
	r.proto.open(r, r.parseProto)
	return r, nil
}

func (r *schemas[S]) open(of *Registry, parse func(ctx context.Context, text sr.Schema) (S, error)) {
	r.Registry, r.parse, r.byID, r.newest = of, parse, make(map[int]S), make(map[string]versioned[S])
}

// schemaOf returns the schema with an id.
func (r *schemas[S]) schemaOf(ctx context.Context, id int) (S, error) {
	r.mu.Lock()
	s, ok := r.byID[id]
	r.mu.Unlock()
	if ok {
		return s, nil
	}
	text, err := r.client.SchemaByID(ctx, id)
	if err != nil {
		return s, failed(fmt.Sprintf("schema %d", id), err)
	}
	if s, err = r.parse(ctx, text); err != nil {
		return s, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[id] = s
	return s, nil
}

// newestOf returns the newest schema of a subject.
func (r *schemas[S]) newestOf(ctx context.Context, subject string) (versioned[S], error) {
	now := r.clock.Now()
	r.mu.Lock()
	v, ok := r.newest[subject]
	r.mu.Unlock()
	if ok && now.Before(v.until) {
		return v, nil
	}
	const latest = -1
	found, err := r.client.SchemaByVersion(ctx, subject, latest)
	if err != nil {
		return v, failed("subject "+subject, err)
	}
	s, err := r.parse(ctx, found.Schema)
	if err != nil {
		return v, err
	}
	v = versioned[S]{id: found.ID, schema: s, until: now.Add(newestFor)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest[subject], r.byID[found.ID] = v, s
	return v, nil
}

// refer calls learn with the schemas that others refer to, each once, those that
// they refer to themselves first.
func (r *Registry) refer(ctx context.Context, refs []sr.SchemaReference, known map[string]bool, learn func(sr.SchemaReference, sr.Schema) error) error {
	for _, ref := range refs {
		if known[ref.Name] {
			continue
		}
		known[ref.Name] = true
		found, err := r.client.SchemaByVersion(ctx, ref.Subject, ref.Version)
		if err != nil {
			return failed("subject "+ref.Subject, err)
		}
		if err := r.refer(ctx, found.References, known, learn); err != nil {
			return err
		}
		if err := learn(ref, found.Schema); err != nil {
			return err
		}
	}
	return nil
}

// written returns an error for a schema that is not of a language.
func written(text sr.Schema, want sr.SchemaType) error {
	if text.Type != want {
		return model.Errorf(model.Invalid, "the schema is one of %s, not of %s", text.Type, want)
	}
	return nil
}

// failed says what a failed request means: what the registry does not have is
// wrong whoever asks again, and anything else may be better later.
func failed(what string, err error) error {
	var answer *sr.ResponseError
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return model.Errorf(model.Invalid, "the schema registry has no %s: %w", what, err)
	}
	return model.Errorf(model.Unavailable, "ask the schema registry for %s: %w", what, err)
}
