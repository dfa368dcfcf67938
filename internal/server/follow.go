package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

func followLog(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	if c.cfg.Logs == nil {
		return nil, model.Errorf(model.NotFound, "no logs are kept")
	}
	tasks, seq, err := c.service.TasksAsOf(c.r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	task, err := pathTask(c, tasks)
	if err != nil {
		return nil, err
	}
	show, err := c.show()
	if err != nil {
		return nil, err
	}
	f := &logFollower{
		dir: c.cfg.Logs, show: show, id: model.TryID{Attempt: a.ID, Task: task.id, Try: 1}, name: task.name,
		tries: task.tries, over: task.over, seq: seq, bell: newBell(),
	}
	f.resume(c.r.Header.Get("Last-Event-ID"))
	return following{id: a.ID, bell: f.bell, next: f.next, close: f.close}, nil
}

// printer is a task whose log is followed.
type printer struct {
	id   model.TaskID
	name string
	// tries are how many began, and over is set once it can't print any more.
	tries int32
	over  bool
}

// pathTask finds the task in the path: by its number, or by its full name the
// newest one. Those of items that have ended are known by their logs only.
func pathTask(c *call, tasks *engine.Attempt) (printer, error) {
	text := c.r.PathValue("task")
	kept := logs.KeptName(text)
	is := func(f *logs.File) bool { return f.Name == kept }
	id, found := model.NoTask, false
	if n, err := strconv.ParseInt(text, 10, 64); err != nil {
		id, found = tasks.Find(text)
	} else if of, ok := taskOf(tasks.ID(), n); ok {
		id, found = of, tasks.Has(of)
		is = func(f *logs.File) bool { return f.ID.Task == of }
	}
	if found {
		v := tasks.Task(id)
		return printer{id, v.Name, v.Try, v.State.Final()}, nil
	}
	files, err := c.cfg.Logs.List(c.r.Context(), tasks.ID())
	for i := range slices.Backward(files) {
		if f := &files[i]; !tasks.Has(f.ID.Task) && is(f) {
			return printer{f.ID.Task, f.Name, f.ID.Try, true}, nil
		}
	}
	if err == nil {
		err = model.Errorf(model.NotFound, "task %q of attempt %d", text, tasks.ID())
	}
	return printer{}, err
}

// logFollower streams the logs of one task's tries, one after the other.
type logFollower struct {
	dir  logs.Store
	show logs.Show
	name string
	// id is the try that is read, and tries the newest that began.
	id    model.TryID
	tries int32
	// over is set once the task can't print any more.
	over bool
	// seq is that of the last event seen.
	seq int64

	file logs.Reader
	// bell is rung for more of the file until unwatch is called. It is not told
	// of all writes unless told is set.
	bell    bell
	unwatch func()
	told    bool
	// sent is how much of the log was sent or passed over, rest the beginning of a
	// line.
	sent int64
	rest []byte
}

// resume goes on where an earlier stream ended; the id is that of its last
// event.
func (f *logFollower) resume(id string) {
	try, offset, ok := strings.Cut(id, "-")
	n, err := strconv.ParseInt(try, 10, 32)
	sent, errSent := strconv.ParseInt(offset, 10, 64)
	if ok && err == nil && errSent == nil && n >= 1 && sent >= 0 {
		f.id.Try, f.sent = int32(n), sent
	}
}

func (f *logFollower) next(s *stream) (bool, error) {
	// The log of a try is whole once its end is an event.
	if err := f.look(s); err != nil {
		return false, err
	}
	for {
		if f.over || f.id.Try < f.tries {
			if err := f.anew(); err != nil {
				return false, err
			}
		}
		if err := f.copy(s); err != nil {
			return false, err
		}
		if f.id.Try >= f.tries {
			break
		}
		if err := f.finish(s); err != nil {
			return false, err
		}
		f.id.Try++
	}
	if !f.over {
		return false, nil
	}
	return true, f.finish(s)
}

// anew reads on after what was sent with a new reader, which finds all that
// there is, wherever it was written.
func (f *logFollower) anew() error {
	f.rest = f.rest[:0]
	return f.close()
}

// look reads what happened to the task.
func (f *logFollower) look(s *stream) error {
	for !f.over {
		events, err := s.c.store.Events(s.c.r.Context(), f.id.Attempt, f.seq, maxEvents)
		if err != nil || len(events) == 0 {
			return err
		}
		for i := range events {
			e := &events[i]
			ours := e.Task == f.id.Task
			switch {
			case e.Kind == engine.AttemptEnded, e.Kind == engine.TaskEnded && ours:
				f.over = true
			case e.Kind == engine.TaskStarted && ours:
				f.tries = max(f.tries, e.Try)
			}
		}
		f.seq = events[len(events)-1].Seq
	}
	return nil
}

// copy sends the lines that there are.
func (f *logFollower) copy(s *stream) error {
	if f.file == nil {
		f.file = f.dir.FollowFrom(s.c.r.Context(), f.id, f.name, f.show, f.sent)
	}
	f.watch() // before reading: what comes after it is told of
	buf := make([]byte, 32<<10)
	for {
		n, err := f.file.Read(buf)
		f.rest = append(f.rest, buf[:n]...)
		if end := lastLine(f.rest); end > 0 {
			if err := f.send(s, f.rest[:end], len(f.rest)-end); err != nil {
				return err
			}
			f.rest = append(f.rest[:0], f.rest[end:]...)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// watch has the bell rung for what is written to the file from now on.
func (f *logFollower) watch() {
	if f.told {
		return
	}
	f.unwatched()
	f.unwatch, f.told = f.dir.Watch(f.id, f.name, f.bell.ring)
}

func (f *logFollower) unwatched() {
	if f.unwatch != nil {
		f.unwatch()
	}
	f.unwatch, f.told = nil, false
}

// maxLine is from how many bytes on a line is sent before it has ended.
const maxLine = 64 << 10

// lastLine returns where the last whole line ends.
func lastLine(text []byte) int {
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 || len(text) < maxLine {
		return end
	}
	return logs.WholeRunes(text)
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// send sends a text after which so many bytes are left. Of a log that is shown in
// part it is not known where those are from: who goes on after it may see some
// lines twice, and none never.
func (f *logFollower) send(s *stream, text []byte, left int) error {
	if left == 0 || f.show == (logs.Show{}) {
		f.sent = f.file.Offset() - int64(left)
	}
	lines := lineEnds.Replace(strings.ToValidUTF8(strings.TrimSuffix(string(text), "\n"), "\uFFFD"))
	return s.event(fmt.Sprintf("%d-%d", f.id.Try, f.sent), "log", lines)
}

// finish sends the rest of a file that is not written any more.
func (f *logFollower) finish(s *stream) error {
	if len(f.rest) > 0 {
		if err := f.send(s, f.rest, 0); err != nil {
			return err
		}
		f.rest = f.rest[:0]
	}
	f.sent = 0
	return f.close()
}

func (f *logFollower) close() error {
	f.unwatched()
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	return file.Close()
}
