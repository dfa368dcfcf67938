package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"strconv"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// tailLength is how many lines of a history are kept for people.
const tailLength = 60

// history is all that happened, as lines of text: the hash of all of them and
// the last few. Two runs of one seed have the same hash.
type history struct {
	hash  hash.Hash64
	lines [tailLength][]byte
	count int
	// trace gets every line; it may be nil.
	trace io.Writer
}

func newHistory(trace io.Writer) *history { return &history{hash: fnv.New64a(), trace: trace} }

// note adds a line.
func (h *history) note(at model.Instant, format string, args ...any) {
	line := &h.lines[h.count%tailLength]
	h.count++
	b := strconv.AppendFloat((*line)[:0], at.Sub(origin).Seconds(), 'f', 6, 64)
	b = append(b, ' ')
	b = fmt.Appendf(b, format, args...)
	b = append(b, '\n')
	_, _ = h.hash.Write(b) // a hash takes everything
	if h.trace != nil {
		_, _ = h.trace.Write(b) // who reads the trace sees that it ends
	}
	*line = b
}

// tail returns the last lines, oldest first.
func (h *history) tail() string {
	var b []byte
	for i := max(0, h.count-tailLength); i < h.count; i++ {
		b = append(b, h.lines[i%tailLength]...)
	}
	return string(b)
}

// rowText says everything about a stored task.
func rowText(r *engine.TaskRow) string {
	b := fmt.Appendf(nil, "%d%s %v flags=%b try=%d retries=%d", r.ID, r.Name, r.State, r.Flags, r.Try, r.Retries)
	for _, f := range []struct {
		name string
		at   model.Instant
	}{{"started", r.Started}, {"ended", r.Ended}, {"wake", r.Wake}, {"deadline", r.Deadline}} {
		if f.at != 0 {
			b = fmt.Appendf(b, " %s=%.6f", f.name, f.at.Sub(origin).Seconds())
		}
	}
	return string(appendDetail(b, r.Detail))
}

func appendDetail(b []byte, d *engine.Detail) []byte {
	if d == nil {
		return b
	}
	for _, f := range []struct {
		name  string
		value params.Map
	}{{"export", d.Export}, {"store", d.Store}, {"subtasks", d.Subtasks}, {"error", d.Error}, {"state", d.State}} {
		if f.value.Len() > 0 {
			b = fmt.Appendf(b, " %s=%v", f.name, f.value)
		}
	}
	if len(d.Reset)+len(d.Outputs)+len(d.Keys) > 0 {
		b = fmt.Appendf(b, " reset=%v outputs=%v keys=%v", d.Reset, d.Outputs, d.Keys)
	}
	for _, m := range d.Inbox {
		b = fmt.Appendf(b, " message=%s", m.Source)
	}
	if h := d.Hearing; h != nil {
		b = fmt.Appendf(b, " since=%d forgiven=%d due=%d kept=%v", h.Since, h.Forgiven, h.Due, h.Kept)
	}
	return b
}

func eventText(e *engine.Event) string {
	return fmt.Sprintf("a%d#%d %.6f %v %d%s try=%d %v %v",
		e.Attempt, e.Seq, e.At.Sub(origin).Seconds(), e.Kind, e.Task, e.Name, e.Try, e.State, e.Data)
}

func attemptText(r *engine.AttemptRow) string {
	return fmt.Sprintf("a%d %v cancel=%t edits=%v shared=%v tasks=%d", r.ID, r.State, r.CancelAsked, r.Edits, r.Shared, r.Tasks)
}
