package record

import (
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// The form of a dispatch is the version, the set of the parts that it has as
// an unsigned varint, and these parts in order of their bits.
const (
	dispatchTask    = 1 << iota // varint
	dispatchTry                 // varint
	dispatchRetries             // varint
	dispatchName                // string
	dispatchNode                // length and bytes of the node's own form
	dispatchScope               // map
	dispatchState               // map
	dispatchMessage             // source, topic, body
	dispatchTerms               // those of the message

	dispatchEnd
)

// Dispatch returns the form of an effect that hands a try to a runner. Its
// node is finished.
func Dispatch(e *engine.Effect) []byte {
	dst := binary.AppendUvarint([]byte{version}, parts(
		e.Task != 0, e.Try != 0, e.Retries != 0, e.Name != "", e.Node != nil,
		e.Scope.Len() > 0, e.State.Len() > 0, e.Message != nil,
		e.Message != nil && hasTerms(*e.Message),
	))
	dst = appendInt(dst, e.Task)
	dst = appendInt(dst, e.Try)
	dst = appendInt(dst, e.Retries)
	if e.Name != "" {
		dst = appendString(dst, e.Name)
	}
	dst = appendNode(dst, e.Node)
	dst = appendPart(dst, e.Scope)
	dst = appendPart(dst, e.State)
	if e.Message != nil {
		dst = appendMessage(dst, e.Message)
	}
	if e.Message != nil && hasTerms(*e.Message) {
		dst = appendTerms(dst, e.Message)
	}
	return dst
}

// DecodeDispatch reads what Dispatch returned. Its node is finished.
func DecodeDispatch(b []byte) (engine.Effect, error) {
	r := newReader(b)
	e := engine.Effect{Kind: engine.Dispatch}
	set := r.parts(dispatchEnd)
	if set&dispatchTask != 0 {
		e.Task = model.TaskID(r.int())
	}
	if set&dispatchTry != 0 {
		e.Try = int32(r.int())
	}
	if set&dispatchRetries != 0 {
		e.Retries = int32(r.int())
	}
	if set&dispatchName != 0 {
		e.Name = r.string()
	}
	if set&dispatchNode != 0 {
		e.Node = r.node()
	}
	if set&dispatchScope != 0 {
		e.Scope = r.mapping()
	}
	if set&dispatchState != 0 {
		e.State = r.mapping()
	}
	if set&dispatchMessage != 0 {
		m := r.message()
		e.Message = &m
	}
	if set&dispatchTerms != 0 && e.Message != nil {
		r.terms(e.Message)
	}
	return e, r.finish("try of a task")
}
