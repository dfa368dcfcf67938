package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

// taskLogs is the output of tasks as the printers read it.
type taskLogs struct {
	of logs.Store
	// dir is where the files of them are; nil if they are in a bucket.
	dir *logs.Dir
}

func logsFor(of logs.Store) taskLogs {
	dir, _ := of.(*logs.Dir)
	return taskLogs{of, dir}
}

func (l taskLogs) Follow(id model.TryID, task string) io.ReadCloser {
	return l.of.FollowFrom(context.Background(), id, task, logs.Show{}, 0)
}

// Last returns nothing where the output can't be read: it is shown in passing. So is
// what is in a bucket, which takes long to ask for.
func (l taskLogs) Last(id model.TryID, task string) (line string, more bool) {
	if l.dir == nil {
		return "", false
	}
	line, more, err := l.dir.Last(id, task)
	if err != nil {
		return "", false
	}
	return line, more
}

// tail returns the last lines of a log.
func (l taskLogs) tail(id model.TryID, task string, n int) (lines []string, err error) {
	if l.dir != nil {
		return l.dir.Tail(id, task, n)
	}
	text, err := l.of.Open(context.Background(), id, task, logs.Show{})
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(text)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
			lines = lines[max(0, len(lines)-n):]
		}
		if errors.Is(err, io.EOF) {
			return lines, text.Close()
		}
		if err != nil {
			return lines, errors.Join(err, text.Close())
		}
	}
}

// shownLogs says where the output of an attempt is.
func (o *runOptions) shownLogs(of taskLogs, id model.AttemptID) string {
	if of.dir != nil {
		return o.shown(of.dir.Attempt(id))
	}
	return fmt.Sprintf("`pawl log %d`", id)
}
