package executor

import (
	"encoding"
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/record"
)

// MarshalBinary returns what another process, which knows the attempt, needs
// to run the try: the dialect, with the number of its bytes in front, and the
// dispatch.
func (t *Try) MarshalBinary() ([]byte, error) {
	dialect := t.Attempt.info.Dialect
	dst := binary.AppendUvarint(nil, uint64(len(dialect)))
	return append(append(dst, dialect...), record.Dispatch(&engine.Effect{
		Kind: engine.Dispatch, Task: t.ID.Task, Try: t.ID.Try, Retries: int32(t.Retries), Name: t.Name,
		Node: t.Node, Scope: t.Scope, State: t.State, Message: t.Message,
	})...), nil
}

// DecodeTry reads what MarshalBinary returned: the dispatch that Attempt.Job
// takes, and the dialect of the workflow that it is of.
func DecodeTry(b []byte) (dialect string, e engine.Effect, err error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return "", e, model.Errorf(model.Internal, "stored try can't be read: it is cut short")
	}
	end := used + int(n)
	e, err = record.DecodeDispatch(b[end:])
	return string(b[used:end]), e, err
}

var _ encoding.BinaryMarshaler = (*Try)(nil)
