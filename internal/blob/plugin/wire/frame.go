package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// writeMessage writes a message and the content that follows it.
func writeMessage(w io.Writer, m *Message, content []byte) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(line, '\n')); err != nil || len(content) == 0 {
		return err
	}
	_, err = w.Write(content)
	return err
}
