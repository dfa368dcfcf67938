package plugin

import (
	"bufio"
	"errors"
	"strings"
)

// maxLine is how long a line of the log is; what is longer becomes several.
const maxLine = 8 << 10

// listen takes what the plug-in writes to standard error to the log.
func (p *program) listen() {
	lines := bufio.NewReaderSize(p.errors, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if text := strings.TrimSpace(string(line)); text != "" {
			p.log.Info("plug-in says", "text", text)
			p.mu.Lock()
			p.last = text
			p.mu.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
