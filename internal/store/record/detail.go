package record

import (
	"encoding/binary"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// The form of a detail is the version, the set of the parts that are not
// empty as an unsigned varint, and these parts in order of their bits.
const (
	detailExport = 1 << iota
	detailStore
	detailReset
	detailOutputs
	detailSubtasks
	detailError
	detailState
	detailKeys    // for each key: topic, param, value, 1 or 0 for One
	detailInbox   // for each message: source, topic, body
	detailHearing // since, forgiven and due as varints, kept as a map
	detailTerms   // those of each message of the inbox
	detailItems   // counters of a collection: see items.go
	detailVersion // of what the action gave
	detailFormer  // varint
	detailFollowers

	detailEnd
)

// Detail returns the form of d, or nil for none. A list without elements
// reads as nil.
func Detail(d *engine.Detail) []byte {
	if d == nil {
		return nil
	}
	dst := binary.AppendUvarint([]byte{version}, parts(
		d.Export.Len() > 0, d.Store.Len() > 0, len(d.Reset) > 0, len(d.Outputs) > 0,
		d.Subtasks.Len() > 0, d.Error.Len() > 0, d.State.Len() > 0, len(d.Keys) > 0, len(d.Inbox) > 0, d.Hearing != nil,
		slices.ContainsFunc(d.Inbox, hasTerms), d.Items != nil, d.Version != "", d.Former != 0,
		len(d.Followers) > 0,
	))
	for _, m := range []params.Map{d.Export, d.Store} {
		dst = appendPart(dst, m)
	}
	for _, list := range [][]string{d.Reset, d.Outputs} {
		if len(list) > 0 {
			dst = appendStrings(dst, list)
		}
	}
	for _, m := range []params.Map{d.Subtasks, d.Error, d.State} {
		dst = appendPart(dst, m)
	}
	if len(d.Keys) > 0 {
		dst = appendKeys(dst, d.Keys)
	}
	if len(d.Inbox) > 0 {
		dst = appendInbox(dst, d.Inbox)
	}
	if h := d.Hearing; h != nil {
		dst = binary.AppendVarint(dst, int64(h.Since))
		dst = binary.AppendVarint(dst, int64(h.Forgiven))
		dst = binary.AppendVarint(dst, int64(h.Due))
		dst = params.AppendBinary(dst, h.Kept)
	}
	if slices.ContainsFunc(d.Inbox, hasTerms) {
		for i := range d.Inbox {
			dst = appendTerms(dst, &d.Inbox[i])
		}
	}
	if d.Items != nil {
		dst = appendItems(dst, d.Items)
	}
	if d.Version != "" {
		dst = appendString(dst, d.Version)
	}
	dst = appendInt(dst, d.Former)
	if len(d.Followers) > 0 {
		dst = appendStrings(dst, d.Followers)
	}
	return dst
}

func appendPart(dst []byte, m params.Map) []byte {
	if m.Len() == 0 {
		return dst
	}
	return params.AppendBinary(dst, m)
}

func appendKeys(dst []byte, keys []engine.Key) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	for _, k := range keys {
		dst = appendString(dst, k.Topic)
		dst = appendString(dst, k.Param)
		dst = appendString(dst, k.Value)
		dst = append(dst, keyMarks(k))
	}
	return dst
}

// Marks of a key.
const (
	keyOne = 1 << iota
	keyFresh
)

func keyMarks(k engine.Key) (marks byte) {
	if k.One {
		marks |= keyOne
	}
	if k.Fresh {
		marks |= keyFresh
	}
	return marks
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendInbox(dst []byte, inbox []engine.Message) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(inbox)))
	for i := range inbox {
		dst = appendMessage(dst, &inbox[i])
	}
	return dst
}

func appendMessage(dst []byte, m *engine.Message) []byte {
	dst = appendString(dst, m.Source)
	dst = appendString(dst, m.Topic)
	return params.AppendBinary(dst, m.Body)
}

// DecodeDetail reads what Detail returned.
func DecodeDetail(b []byte) (*engine.Detail, error) {
	if len(b) == 0 {
		return nil, nil
	}
	r := newReader(b)
	set := r.parts(detailEnd)
	d := &engine.Detail{}
	for _, p := range []struct {
		bit uint64
		m   *params.Map
		l   *[]string
	}{
		{detailExport, &d.Export, nil}, {detailStore, &d.Store, nil},
		{detailReset, nil, &d.Reset}, {detailOutputs, nil, &d.Outputs},
		{detailSubtasks, &d.Subtasks, nil}, {detailError, &d.Error, nil}, {detailState, &d.State, nil},
	} {
		switch {
		case set&p.bit == 0:
		case p.m != nil:
			*p.m = r.mapping()
		default:
			*p.l = r.strings()
		}
	}
	if set&detailKeys != 0 {
		d.Keys = r.keys()
	}
	if set&detailInbox != 0 {
		d.Inbox = r.inbox()
	}
	if set&detailHearing != 0 {
		d.Hearing = &engine.Hearing{
			Since: model.Instant(r.int()), Forgiven: int32(r.int()), Due: model.Instant(r.int()), Kept: r.mapping(),
		}
	}
	if set&detailTerms != 0 {
		for i := range d.Inbox {
			r.terms(&d.Inbox[i])
		}
	}
	if set&detailItems != 0 {
		d.Items = r.items()
	}
	if set&detailVersion != 0 {
		d.Version = r.string()
	}
	if set&detailFormer != 0 {
		d.Former = int32(r.int())
	}
	if set&detailFollowers != 0 {
		d.Followers = r.strings()
	}
	return d, r.finish("detail of a task")
}

func (r *reader) keys() []engine.Key {
	keys := make([]engine.Key, r.count())
	for i := range keys {
		keys[i] = engine.Key{Topic: r.string(), Param: r.string(), Value: r.string()}
		marks := r.byte()
		keys[i].One, keys[i].Fresh = marks&keyOne != 0, marks&keyFresh != 0
	}
	return keys
}

func (r *reader) inbox() []engine.Message {
	inbox := make([]engine.Message, r.count())
	for i := range inbox {
		inbox[i] = r.message()
	}
	return inbox
}

func (r *reader) message() engine.Message {
	return engine.Message{Source: r.string(), Topic: r.string(), Body: r.value()}
}
