package secret

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/operator"
)

// Mask stands for a secret in output.
const Mask = "***"

// MinMasked is the length in bytes, without blanks around it, from which a value
// is masked. To mask shorter ones would spoil ordinary text and betray them by
// its gaps.
const MinMasked = 4

// Masked tells whether a value is masked where it is printed.
func Masked(value string) bool { return len(strings.TrimSpace(value)) >= MinMasked }

// Recorder remembers what was read from it. It is safe for concurrent use.
type Recorder struct {
	// Secrets are where it reads. Set it before use.
	Secrets operator.Secrets

	mu     sync.Mutex
	values [][]byte
}

// Secret returns the value, or operator.ErrNoSecret, and remembers the value.
func (r *Recorder) Secret(ctx context.Context, key string) (string, error) {
	value, err := r.Secrets.Secret(ctx, key)
	if err == nil {
		r.add(value)
	}
	return value, err
}

func (r *Recorder) add(value string) {
	// Programs seldom print the line end that ends the file of a secret.
	v := []byte(strings.TrimSpace(value))
	if !Masked(value) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.values, func(old []byte) bool { return bytes.Equal(old, v) }) {
		r.values = append(r.values, v)
	}
}

// Recorded reports whether a secret was read that is to be masked.
func (r *Recorder) Recorded() bool { return len(r.known()) > 0 }

// known returns the values so far. They are only ever added to.
func (r *Recorder) known() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.values
}

// Hide returns text with the values that were read masked.
func (r *Recorder) Hide(text string) string {
	values := r.known()
	if len(values) == 0 {
		return text
	}
	var out bytes.Buffer
	w := Masker{To: &out, Recorder: r}
	_, _ = io.WriteString(&w, text) // a buffer takes everything
	_ = w.Flush()
	return out.String()
}

// Masker writes on to another writer what is written to it, with the values
// that its recorder has read by then masked, also where a value is spread over
// several writes. It is safe for concurrent use.
type Masker struct {
	// To is where it writes and Recorder knows the values. Set them before use.
	To       io.Writer
	Recorder *Recorder

	mu sync.Mutex
	// held is the end of what was written, which may be the start of a value.
	held []byte
	// hidden is how much of held belongs to a value that was masked already.
	hidden int
}

// Write writes on all of p that cannot be part of a value that is not
// complete yet, and what was held back before.
func (m *Masker) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := m.Recorder.known()
	if len(values) == 0 && len(m.held) == 0 {
		return m.To.Write(p)
	}
	m.held = append(m.held, p...)
	if err := m.pass(values, len(m.held)-unfinished(m.held, values)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes on what is held back.
func (m *Masker) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pass(m.Recorder.known(), len(m.held))
}

// pass writes on the first n bytes of what is held, masked. Values that
// overlap are masked as one.
func (m *Masker) pass(values [][]byte, n int) error {
	text := search{text: m.held, values: values, found: make([]int, len(values))}
	out := make([]byte, 0, n)
	done := text.stretch(0, m.hidden)
	for done < n {
		start := text.next(done)
		out = append(out, m.held[done:min(start, n)]...)
		if done = n; start < n {
			out = append(out, Mask...)
			done = text.stretch(start, start+1)
		}
	}
	m.hidden = done - n
	m.held = append(m.held[:0], m.held[n:]...)
	if len(out) == 0 {
		return nil
	}
	_, err := m.To.Write(out)
	return err
}

// search finds values in a text.
type search struct {
	text   []byte
	values [][]byte
	// found says for each value where it was found last.
	found []int
}

// next returns where the first value from at on begins, or the text's end.
func (s *search) next(at int) int {
	first := len(s.text)
	for i, v := range s.values {
		if s.found[i] < at || at == 0 {
			s.found[i] = len(s.text)
			if j := bytes.Index(s.text[at:], v); j >= 0 {
				s.found[i] = at + j
			}
		}
		first = min(first, s.found[i])
	}
	return first
}

// stretch returns the end of the part of the text from start to end when all
// values that begin in it are added.
func (s *search) stretch(start, end int) int {
	for ; start < end; start++ {
		for _, v := range s.values {
			if bytes.HasPrefix(s.text[start:], v) {
				end = max(end, start+len(v))
			}
		}
	}
	return end
}

// unfinished returns the length of the longest end of text that a value
// begins with and goes on after.
func unfinished(text []byte, values [][]byte) int {
	longest := 0
	for _, v := range values {
		for n := min(len(v)-1, len(text)); n > longest; n-- {
			if bytes.HasSuffix(text, v[:n]) {
				longest = n
			}
		}
	}
	return longest
}

var (
	_ operator.Secrets = (*Recorder)(nil)
	_ io.Writer        = (*Masker)(nil)
)
