package logs

import (
	"bytes"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// lines makes objects of the lines of a log. A record is held until what comes after
// it shows that it has ended.
type lines struct {
	of about
	// begun are the lines of streams that have not ended, with when they began.
	begun [3]struct {
		text []byte
		at   int64
	}
	record *Record
	last   run // of the record
}

// add adds to out what has ended with a text of a run.
func (l *lines) add(out, text []byte, r run) []byte {
	if r.kind != l.last.kind {
		out = l.told(out)
	}
	b := &l.begun[r.stream]
	if r.level != NoLevel {
		b = &l.begun[Merged] // which prints nothing itself
	}
	for len(text) > 0 {
		if len(b.text) == 0 {
			b.at = r.at
		}
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			b.text = append(b.text, text...)
			break
		}
		b.text = append(b.text, text[:end-1]...)
		at := r
		at.at = b.at
		out = l.line(out, string(b.text), at)
		b.text, text = b.text[:0], text[end:]
	}
	return out
}

// line adds a whole line.
func (l *lines) line(out []byte, text string, r run) []byte {
	if r.level == NoLevel {
		return object(out, l.of, Record{Message: strings.TrimSuffix(text, "\r")}, r)
	}
	if l.record != nil {
		if more, ok := strings.CutPrefix(text, moreMessage); ok {
			l.record.Message += "\n" + more
			return out
		}
		if more, ok := strings.CutPrefix(text, moreTrace); ok {
			l.record.Exception += more + "\n"
			return out
		}
	}
	out = l.told(out)
	record, ok := parseLine(text)
	switch {
	case ok:
		l.record, l.last = &record, r
	case text != "": // as where the beginning of a record is left out
		out = object(out, l.of, Record{Level: r.level, Message: text}, r)
	}
	return out
}

// told adds the record that is held.
func (l *lines) told(out []byte) []byte {
	if l.record == nil {
		return out
	}
	out = object(out, l.of, *l.record, l.last)
	l.record, l.last = nil, run{}
	return out
}

// end adds what there is, as nothing more is there yet.
func (l *lines) end(out []byte) []byte {
	out = l.told(out)
	for i := range l.begun {
		if b := &l.begun[i]; len(b.text) > 0 {
			out = object(out, l.of, Record{Message: string(b.text)}, run{kind: kind{stream: max(Stream(i), Stdout)}, at: b.at})
			b.text = b.text[:0]
		}
	}
	return out
}

func object(out []byte, of about, r Record, at run) []byte {
	m := params.Map{}
	if at.at > 0 {
		m = m.Set("time", time.UnixMicro(at.at).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	if r.Level != NoLevel {
		m = m.Set("level", r.Level.String()).Set("logger", r.Logger)
	}
	m = m.Set("message", strings.ToValidUTF8(r.Message, "\uFFFD"))
	if r.Exception != "" {
		m = m.Set("exception", r.Exception)
	}
	for key, v := range r.Fields.All() {
		m = m.Set(key, v)
	}
	m = m.Set("stream", at.stream.String()).Set("attempt", int64(of.try.Attempt)).
		Set("task", of.task).Set("try", int64(of.try.Try))
	return append(params.AppendJSON(out, m), '\n')
}
