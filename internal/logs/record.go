package logs

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Record is a message with a level: of code that logs it, or of pawl about a try.
//
// In a log, it is a line for people, with more lines if it has more to say:
//
//	WARN  orders: 2 are missing<TAB>table=orders rows=17
//	  | the second line of the message
//	    the exception, line by line
type Record struct {
	Level Level
	// Logger names who says it; empty is nobody.
	Logger, Message string
	// Exception is how the language tells of one.
	Exception string
	// Fields say more. None has the name of a reserved key.
	Fields params.Map
}

// Reserved are the keys that a record has of its own in JSON.
var Reserved = []string{"time", "level", "logger", "message", "exception", "stream", "attempt", "task", "try"}

// In what a program prints, a record is framed so that no text of people looks like
// it: its parts are apart by separators, and as they are, so that secrets are found.
const (
	recordBegin = "\x1epawl\x1f"
	recordEnd   = "\x1e\n"
	between     = "\x1f"
	// maxRecord bounds the frame of a record. A larger one is text.
	maxRecord = 1 << 20
)

// WriteRecord prints a record to the output of a try.
func WriteRecord(to io.Writer, r Record) error {
	_, err := to.Write(r.frame())
	return err
}

// unframed is a text without what frames have.
var unframed = strings.NewReplacer("\x1e", " ", "\x1f", " ")

// frame returns the record as it is printed. A field is its key and its value, which
// begins with 's' for a text and 'j' for JSON.
func (r Record) frame() []byte {
	parts := []string{r.Level.String(), r.Logger, r.Message, r.Exception}
	for key, v := range r.Fields.All() {
		value, ok := v.(string)
		if ok {
			value = "s" + value
		} else {
			value = "j" + string(params.AppendJSON(nil, v))
		}
		parts = append(parts, key, value)
	}
	for i, p := range parts {
		parts[i] = unframed.Replace(p)
	}
	return []byte(recordBegin + strings.Join(parts, between) + recordEnd)
}

// parseFrame reads what is between the ends of a frame. It is false for what is no
// record.
func parseFrame(text []byte) (Record, bool) {
	parts := strings.Split(strings.ToValidUTF8(string(text), "\uFFFD"), between)
	if len(parts) < 4 || len(parts)%2 != 0 {
		return Record{}, false
	}
	level, err := ParseLevel(parts[0])
	if err != nil || level == NoLevel {
		return Record{}, false
	}
	r := Record{Level: level, Logger: parts[1], Message: parts[2], Exception: parts[3]}
	for pair := range slices.Chunk(parts[4:], 2) {
		key, value := fieldName(pair[0]), pair[1]
		if text, ok := strings.CutPrefix(value, "s"); ok {
			r.Fields = r.Fields.Set(key, text)
		} else if v, err := params.ParseJSON([]byte(strings.TrimPrefix(value, "j"))); err == nil {
			r.Fields = r.Fields.Set(key, v)
		} else { // as where a secret in it is masked
			r.Fields = r.Fields.Set(key, strings.TrimPrefix(value, "j"))
		}
	}
	return r, true
}

// fieldName is a key that stands in a line as one word, and for nothing else.
func fieldName(key string) string {
	key = strings.Map(func(r rune) rune {
		if r <= ' ' || r == '=' || r == '"' {
			return '_'
		}
		return r
	}, key)
	if key == "" || slices.Contains(Reserved, key) {
		return "extra." + key
	}
	return key
}

// What lines begin with that belong to the record above.
const (
	moreMessage = "  | "
	moreTrace   = "    "
)

var oneLine = strings.NewReplacer("\t", " ", "\r", "")

// text is the record as it stands in a log.
func (r Record) text() []byte {
	var b strings.Builder
	level := strings.ToUpper(r.Level.String())
	b.WriteString(level + strings.Repeat(" ", len("DEBUG ")-len(level)))
	if r.Logger != "" {
		b.WriteString(strings.ReplaceAll(singleLine(r.Logger), ": ", ":"))
	}
	first, more, _ := strings.Cut(strings.TrimRight(r.Message, "\r\n"), "\n")
	b.WriteString(": " + oneLine.Replace(first))
	for i, key := range slices.Collect(r.Fields.Keys()) {
		if i == 0 {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
		v, _ := r.Fields.Get(key)
		b.WriteString(key + "=" + fieldText(v))
	}
	b.WriteByte('\n')
	lines := func(prefix, text string) {
		for _, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
			if line != "" || text != "" {
				b.WriteString(prefix + strings.TrimRight(line, "\r") + "\n")
			}
		}
	}
	lines(moreMessage, more)
	lines(moreTrace, r.Exception)
	return []byte(b.String())
}

func singleLine(text string) string {
	return strings.NewReplacer("\n", " ", "\r", "", "\t", " ").Replace(text)
}

// fieldText is a value as it stands in a line: JSON, but a text without quotes where
// that can be told from others.
func fieldText(v params.Value) string {
	text, ok := v.(string)
	if !ok {
		return string(params.AppendJSON(nil, v))
	}
	_, err := params.ParseJSON([]byte(text))
	if text == "" || err == nil || strings.ContainsAny(text, " =[]{}") || strconv.Quote(text) != `"`+text+`"` {
		return string(params.AppendJSON(nil, text))
	}
	return text
}

// parseLine reads the first line of a record in a log. It is false for what is none.
func parseLine(line string) (Record, bool) {
	word, rest, ok := strings.Cut(line, " ")
	level, err := ParseLevel(word)
	if !ok || err != nil || level == NoLevel {
		return Record{}, false
	}
	logger, message, ok := strings.Cut(strings.TrimLeft(rest, " "), ": ")
	if !ok {
		return Record{}, false
	}
	message, fields, _ := strings.Cut(message, "\t")
	return Record{Level: level, Logger: logger, Message: message, Fields: parseFields(fields)}, true
}

func parseFields(text string) (m params.Map) {
	for text != "" {
		key, rest, _ := strings.Cut(text, "=")
		end := valueEnd(rest)
		value := rest[:end]
		v, err := params.ParseJSON([]byte(value))
		if err != nil {
			v = value
		}
		m = m.Set(key, v)
		text = strings.TrimPrefix(rest[end:], " ")
	}
	return m
}

// valueEnd returns where the first value of a text ends: at a blank that is not in a
// text of JSON.
func valueEnd(text string) int {
	quoted, depth := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ' ' && depth <= 0:
			return i
		}
	}
	return len(text)
}
