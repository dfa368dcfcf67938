package record

import (
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// The terms of a message, which is what came with it besides source, topic and
// body, are the set of the parts that they have as an unsigned varint, and these
// parts in order of their bits.
const (
	termsTrace   = 1 << iota // string
	termsShare               // for each key: param, value, 1 or 0 for Drop
	termsWhole               // nothing more
	termsExpires             // varint
	termsMost                // varint

	termsEnd
)

func hasTerms(m engine.Message) bool { return m.Trace != "" || m.Share != nil }

func appendTerms(dst []byte, m *engine.Message) []byte {
	var s engine.Share
	if m.Share != nil {
		s = *m.Share
	}
	dst = binary.AppendUvarint(dst, parts(m.Trace != "", m.Share != nil, s.Whole, s.Early.Expires != 0, s.Early.Most != 0))
	if m.Trace != "" {
		dst = appendString(dst, m.Trace)
	}
	if m.Share != nil {
		dst = binary.AppendUvarint(dst, uint64(len(s.Keys)))
		for _, k := range s.Keys {
			dst = appendBool(appendString(appendString(dst, k.Param), k.Value), k.Drop)
		}
	}
	dst = appendInt(dst, s.Early.Expires)
	return appendInt(dst, int64(s.Early.Most))
}

// terms reads those of a message.
func (r *reader) terms(m *engine.Message) {
	set := r.parts(termsEnd)
	if set&termsTrace != 0 {
		m.Trace = r.string()
	}
	if set&termsShare == 0 {
		return
	}
	s := &engine.Share{Keys: make([]engine.MessageKey, r.count()), Whole: set&termsWhole != 0}
	for i := range s.Keys {
		s.Keys[i] = engine.MessageKey{Param: r.string(), Value: r.string(), Drop: r.byte() != 0}
	}
	if set&termsExpires != 0 {
		s.Early.Expires = model.Instant(r.int())
	}
	if set&termsMost != 0 {
		s.Early.Most = int(r.int())
	}
	m.Share = s
}
