package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pawlhq/pawl/internal/model"
)

// maxLine is how long a message can be: a list of as many objects as there are
// in one, with the longest keys, takes less.
const maxLine = 16 << 20

// ErrNonsense is what an error wraps if the other side does not keep to the
// protocol.
var ErrNonsense = errors.New("what it says is not in the protocol")

func nonsense(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNonsense}, args...)...)
}

// readMessage reads the line of a message, but not the content that follows a
// piece. The error is io.EOF if there is none.
func readMessage(r *bufio.Reader) (m Message, err error) {
	line, err := readLine(r)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, nonsense("%.80q", line)
	}
	if m.Length < 0 || m.Length > PieceSize || m.Length > 0 && m.Type != Piece {
		return m, nonsense("a message %q with %d bytes of content", m.Type, m.Length)
	}
	return m, nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	var whole []byte
	for errors.Is(err, bufio.ErrBufferFull) {
		if whole = append(whole, line...); len(whole) > maxLine {
			return nil, nonsense("a line of more than %d bytes", maxLine)
		}
		line, err = r.ReadSlice('\n')
	}
	if whole = append(whole, line...); errors.Is(err, io.EOF) && len(whole) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return whole, err
}

// lineOf returns the line of a message. One that the other side would not take is
// Invalid.
func lineOf(m *Message) ([]byte, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if line = append(line, '\n'); len(line) > maxLine {
		return nil, model.Errorf(model.Invalid, "a message %q of %d bytes is longer than plug-ins take, which is %d", m.Type, len(line), maxLine).
			WithHint("let tasks pass on names of files in place of large parameters")
	}
	return line, nil
}

// write writes the line of a message and the content that follows it.
func (f *frame) write(w io.Writer) error {
	if _, err := w.Write(f.line); err != nil || len(f.content) == 0 {
		return err
	}
	_, err := w.Write(f.content)
	return err
}
