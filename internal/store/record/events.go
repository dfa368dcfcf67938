package record

import (
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// A chunk of events is the version, their number, and for each of them
//
//	seq    unsigned varint, less that of the event before (0 at first)
//	at     varint, less that of the event before (0 at first)
//	kind   byte; the highest bit says that there is data
//	task   varint
//	try    varint
//	state  byte
//	name   the number of bytes that it has in common with the name before
//	       from the start, the number of the others, and these
//	data   map, when there is any
//
// so that an event of a usual task takes about 15 bytes.
const eventHasData = 0x80

// Events returns the form of events of one attempt, in rising order of Seq.
func Events(events []engine.Event) []byte {
	dst := make([]byte, 0, 16+24*len(events))
	dst = binary.AppendUvarint(append(dst, version), uint64(len(events)))
	var last engine.Event
	for i := range events {
		dst = appendEvent(dst, &events[i], &last)
		last = events[i]
	}
	return dst
}

func appendEvent(dst []byte, e, last *engine.Event) []byte {
	kind := byte(e.Kind)
	if e.Data.Len() > 0 {
		kind |= eventHasData
	}
	dst = binary.AppendUvarint(dst, uint64(e.Seq-last.Seq))
	dst = binary.AppendVarint(dst, int64(e.At-last.At))
	dst = append(dst, kind)
	dst = binary.AppendVarint(dst, int64(e.Task))
	dst = binary.AppendVarint(dst, int64(e.Try))
	dst = append(dst, byte(e.State))
	same := commonPrefix(e.Name, last.Name)
	dst = binary.AppendUvarint(dst, uint64(same))
	dst = appendString(dst, e.Name[same:])
	return appendPart(dst, e.Data)
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// DecodeEvents reads what Events returned and appends those with a number
// above after to dst.
func DecodeEvents(dst []engine.Event, b []byte, attempt model.AttemptID, after int64) ([]engine.Event, error) {
	r := newReader(b)
	last := engine.Event{Attempt: attempt}
	for range r.count() {
		r.event(&last)
		if r.err == nil && last.Seq > after {
			dst = append(dst, last)
		}
	}
	return dst, r.finish("events of an attempt")
}

// event reads the event that follows e into it.
func (r *reader) event(e *engine.Event) {
	e.Seq += int64(r.uint())
	e.At += model.Instant(r.int())
	kind := r.byte()
	e.Kind = engine.EventKind(kind &^ eventHasData)
	e.Task = model.TaskID(r.int())
	e.Try = int32(r.int())
	e.State = model.State(r.byte())
	e.Name = r.name(e.Name)
	e.Data = params.Map{}
	if kind&eventHasData != 0 {
		e.Data = r.mapping()
	}
}

func (r *reader) name(last string) string {
	same := r.uint()
	if same > uint64(len(last)) {
		r.fail(errShort)
		return ""
	}
	suffix := r.bytes()
	if len(suffix) == 0 && same == uint64(len(last)) {
		return last
	}
	return last[:same] + string(suffix)
}
