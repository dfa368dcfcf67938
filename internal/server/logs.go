package server

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// logName is the name of a log file as clients know it. What Digdag has the
// name of an agent for tells the task and the try apart.
type logName struct {
	task  string
	at    time.Time
	id    model.TaskID
	count int32
}

var logNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.+)@([0-9a-f]{8})([0-9a-f]{8})\.([0-9]{1,10})-([0-9]{1,10})\.log\.gz$`)
})

func (n logName) String() string {
	return fmt.Sprintf("%s@%08x%08x.%s.log.gz", n.task, n.at.Unix(), n.at.Nanosecond(), n.agent())
}

func (n logName) agent() string { return fmt.Sprintf("%d-%d", n.id, n.count) }

func parseLogName(text string) (logName, error) {
	if strings.Contains(text, "/") || text == ".." || text == "." {
		return logName{}, model.Errorf(model.Invalid, "%q leads out of the folder of the attempt's logs", text)
	}
	m := logNames().FindStringSubmatch(text)
	if m == nil {
		return logName{}, model.Errorf(model.NotFound, "log file %q", text)
	}
	sec, _ := strconv.ParseInt(m[2], 16, 64) // the pattern has digits only
	nsec, _ := strconv.ParseInt(m[3], 16, 64)
	id, err := strconv.ParseInt(m[4], 10, 32)
	try, errTry := strconv.ParseInt(m[5], 10, 32)
	if err != nil || errTry != nil || nsec >= 1e9 {
		return logName{}, model.Errorf(model.NotFound, "log file %q", text)
	}
	return logName{m[1], time.Unix(sec, nsec).UTC(), model.TaskID(id), int32(try)}, nil
}

type restLogFile struct {
	FileName string   `json:"fileName"`
	FileSize int64    `json:"fileSize"`
	TaskName string   `json:"taskName"`
	FileTime instant  `json:"fileTime"`
	AgentID  string   `json:"agentId"`
	Direct   optional `json:"direct"`
}

func listLogs(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	prefix := c.query("task")
	if strings.HasPrefix(prefix, "%2B") { // Digdag's client encodes it twice
		if once, err := url.PathUnescape(prefix); err == nil {
			prefix = once
		}
	}
	list := []restLogFile{}
	if c.cfg.Logs != nil {
		if list, err = c.logFiles(&a, prefix); err != nil {
			return nil, err
		}
	}
	return struct {
		Files []restLogFile `json:"files"`
	}{list}, nil
}

func (c *call) logFiles(a *store.Attempt, prefix string) ([]restLogFile, error) {
	files, err := c.cfg.Logs.List(c.r.Context(), a.ID)
	if err != nil || len(files) == 0 {
		return []restLogFile{}, err
	}
	tasks, err := c.service.Tasks(c.r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	began, err := c.tryTimes(tasks, files)
	if err != nil {
		return nil, err
	}
	direct := !c.given("direct_download") || c.flag("direct_download")
	list := []restLogFile{}
	for _, f := range files {
		name := logName{task: f.Name, at: a.Started.Time(), id: f.ID.Task, count: f.ID.Try}
		if tasks.Has(f.ID.Task) { // else it is of an item that has ended
			row := tasks.Task(f.ID.Task).TaskRow
			name.task, name.at = row.Name, row.Started.Time()
		}
		if !strings.HasPrefix(name.task, prefix) {
			continue
		}
		if at, ok := began[f.ID]; ok {
			name.at = at.Time()
		}
		file := restLogFile{
			FileName: name.String(), FileSize: f.Size, TaskName: name.task,
			FileTime: instant(model.InstantOf(name.at)), AgentID: name.agent(),
		}
		if direct {
			at, err := c.cfg.Logs.Link(c.r.Context(), f)
			if err != nil {
				return nil, err
			}
			file.Direct = optional(at)
		}
		list = append(list, file)
	}
	slices.SortFunc(list, func(a, b restLogFile) int { return cmp.Compare(a.FileName, b.FileName) })
	return list, nil
}

// tryTimes returns when the tries began, if some of the logs are not of the first try
// of a task that there is: a task's row knows only that.
func (c *call) tryTimes(tasks *engine.Attempt, files []logs.File) (map[model.TryID]model.Instant, error) {
	if !slices.ContainsFunc(files, func(f logs.File) bool { return f.ID.Try > 1 || !tasks.Has(f.ID.Task) }) {
		return nil, nil
	}
	id := tasks.ID()
	began := make(map[model.TryID]model.Instant)
	for seq := int64(0); ; {
		events, err := c.store.Events(c.r.Context(), id, seq, 0)
		if err != nil || len(events) == 0 {
			return began, err
		}
		for i := range events {
			if e := &events[i]; e.Kind == engine.TaskStarted {
				began[model.TryID{Attempt: id, Task: e.Task, Try: e.Try}] = e.At
			}
		}
		seq = events[len(events)-1].Seq
	}
}

func getLog(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	name, err := parseLogName(c.r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if c.cfg.Logs == nil {
		return nil, model.Errorf(model.NotFound, "log file %q", name)
	}
	show, err := c.show()
	if err != nil {
		return nil, err
	}
	text, err := c.cfg.Logs.Open(c.r.Context(), model.TryID{Attempt: a.ID, Task: name.id, Try: name.count}, name.task, show)
	if err != nil {
		return nil, err
	}
	project, err := c.names.of(c.r.Context(), c.store, a.Session.Project)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("%s [INFO] (%04d@[0:%s:%d:%d]%s) pawl: try %d\n", name.at.Format("2006-01-02 15:04:05.000 -0700"),
		name.id, project, a.Session.ID, a.ID, name.task, name.count)
	if show.JSON || show.Level > logs.Info {
		head = ""
	}
	return logText{head: head, text: text}, nil
}

// show returns what the request wants to see of a log.
func (c *call) show() (logs.Show, error) {
	stream, err := logs.ParseStream(c.query("stream"))
	if err != nil {
		return logs.Show{}, err
	}
	level, err := logs.ParseLevel(c.query("level"))
	return logs.Show{Stream: stream, Times: c.flag("timestamps"), Level: level, JSON: c.flag("json")}, err
}

// logText is a log with a first line, by which clients know its level, unless that is
// empty.
type logText struct {
	head string
	text io.ReadCloser
}

func (l logText) send(c *call) error {
	defer l.text.Close() //nolint:errcheck // it was only read
	c.w.Header().Set("Content-Type", "application/gzip")
	c.wrote = true
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(c.w)
	if _, err := io.Copy(z, io.MultiReader(strings.NewReader(l.head), l.text)); err != nil {
		return err
	}
	return z.Close()
}
