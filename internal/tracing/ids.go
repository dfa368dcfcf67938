package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
)

// identity is the span that is to be made, where that is decided.
type identity struct {
	trace trace.TraceID
	span  trace.SpanID
}

type identityKey struct{}

// attemptIdentity is the same wherever and however often an attempt is driven,
// so that the tries of several processes come under one span. The trace is
// named by the UUID of the session.
func attemptIdentity(session string, attempt int64) identity {
	var id identity
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(session), uint64(attempt)))
	copy(id.span[:], sum[:])
	if u, err := uuid.Parse(session); err == nil {
		id.trace = trace.TraceID(u)
		return id
	}
	sum = sha256.Sum256([]byte(session)) // whoever made the session has other names
	copy(id.trace[:], sum[:])
	return id
}

// ids gives spans random ids, unless the context says otherwise.
type ids struct{}

// NewIDs implements sdk.IDGenerator.
func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if id, ok := ctx.Value(identityKey{}).(identity); ok {
		return id.trace, id.span
	}
	var t trace.TraceID
	_, _ = rand.Read(t[:]) // it never fails
	return t, ids{}.NewSpanID(ctx, t)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, trace.TraceID) (s trace.SpanID) {
	_, _ = rand.Read(s[:]) // it never fails
	return s
}
