package pawl

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// LogConfig says where the logs of steps are kept: what they say by Log, and the panics
// of their functions. Run.Logs reads them, and so do `pawl log` and REST where a server
// has the same database and looks for logs in the same place. A step that says nothing
// has no log.
type LogConfig struct {
	// Folder is where they are, which several databases may share; with a Bucket, where
	// they wait to be uploaded. It is made when it is needed. Defaults to "logs" beside a
	// database of SQLite ("logs-to-upload" with a Bucket), and to one that goes with the
	// engine where runs are in memory. With a PostgreSQL, whose programs may be on any
	// machine, nothing is kept unless a place is named.
	Folder string
	// Bucket has them for all machines; package bucket makes one.
	Bucket *LogBucket
	// Level is the least one that is kept. What Config.Log takes is for that to say.
	Level slog.Level
	// MaxSize is how many bytes the log of a try may have, 64 KiB at least: of more, the
	// beginning and the end are kept. Zero is any number.
	MaxSize int64
	// Off keeps none.
	Off bool
}

// LogBucket is a place for logs in object storage.
type LogBucket = logs.Objects

func (c LogConfig) check(database string) error {
	switch {
	case c.Off && (c.Folder != "" || c.Bucket != nil || c.MaxSize != 0 || c.Level != 0):
		return errors.New("Logs has Off, so that nothing else of it has an effect")
	case c.MaxSize != 0 && c.MaxSize < logs.MinLimit:
		return fmt.Errorf("Logs.MaxSize is %d, and at least %d bytes are needed", c.MaxSize, logs.MinLimit)
	case c.Bucket != nil && c.Folder == "" && (database == "" || isServer(database)):
		return errors.New("Logs has a Bucket and no Folder, in which logs wait to be uploaded")
	}
	return nil
}

// ownDatabase is the name of a database whose folder has no other, so that its logs
// need no id: servers call theirs so.
const ownDatabase = "pawl.db"

// openLogs opens the logs of the engine.
func (e *Engine) openLogs(ctx context.Context) error {
	c, database := e.cfg.Logs, e.cfg.Database
	switch {
	case c.Off, c.Folder == "" && c.Bucket == nil && isServer(database):
		return nil
	case c.Folder == "" && database == "":
		p := logs.NewPassing(e.clock)
		p.Limit(c.MaxSize)
		e.logs, e.unlog = p, p.Close
		return nil
	}
	var home logs.Home
	if c.Folder != "" || c.Bucket != nil || filepath.Base(database) != ownDatabase {
		id, former, err := store.Installation(ctx, e.store)
		if err != nil {
			return err
		}
		home = logs.HomeOf(id, former)
	}
	beside := filepath.Dir(database)
	if c.Bucket == nil {
		d := logs.At(cmp.Or(c.Folder, filepath.Join(beside, "logs")))
		d.Within(home)
		d.Limit(c.MaxSize)
		e.logs = d
		return nil
	}
	folder := cmp.Or(c.Folder, filepath.Join(beside, "logs-to-upload"))
	b, err := logs.OpenBucket(logs.BucketConfig{
		Objects: c.Bucket.Store, Prefix: c.Bucket.Prefix, Home: home, Spool: folder, Limit: c.MaxSize, Clock: e.clock,
		Failed: func(err error) {
			e.cfg.Log.Error("can't upload logs of steps; it is tried again", "error", err, "kept", folder)
		},
	})
	if err != nil {
		return err
	}
	e.logs = b
	e.unlog = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), uploadWithin)
		defer cancel()
		return b.Close(ctx)
	}
	return nil
}

// uploadWithin is how long an engine that ends uploads what there is.
const uploadWithin = 30 * time.Second

// removeLogs deletes those of deleted attempts.
func (e *Engine) removeLogs(ctx context.Context, of []model.AttemptID) {
	if e.logs == nil {
		return
	}
	for _, id := range of {
		if err := e.logs.Remove(ctx, id); err != nil {
			e.cfg.Log.Error("can't delete the logs of a deleted attempt", "attempt", int64(id), "error", err)
		}
	}
}

// LogEntry is what a step has said by Log.
type LogEntry struct {
	At time.Time
	// Step is the path of the step, and Try which of its calls it was.
	Step    string
	Try     int
	Level   slog.Level
	Message string
	// Fields are the attributes by name, as JSON has their values; those of groups have
	// the name of the group and a dot before theirs.
	Fields map[string]any
}

// Logs yields what the steps of the run have said from a level on, up to now, step by
// step and call by call. An error is the last that it yields.
func (r *Run[P]) Logs(ctx context.Context, from slog.Level) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		if err := r.eachLog(ctx, logs.LevelOf(from), func(e LogEntry) bool { return yield(e, nil) }); err != nil {
			yield(LogEntry{}, r.explain("read the logs of", err))
		}
	}
}

// eachLog calls do with what was said, until that returns false.
func (r *Run[P]) eachLog(ctx context.Context, from logs.Level, do func(LogEntry) bool) error {
	kept := r.engine.logs
	if kept == nil {
		return model.Errorf(model.Invalid, "none are kept: Logs of Config names no place")
	}
	snap, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	a, err := snap.Restore()
	if err != nil {
		return err
	}
	names := make(map[model.TaskID]string)
	for v := range a.Tasks() {
		names[v.ID] = v.Name
	}
	files, err := kept.List(ctx, a.ID())
	if err != nil {
		return err
	}
	for _, f := range files {
		step := host.Path(cmp.Or(names[f.ID.Task], itemName(names, f.Name)))
		goesOn, err := eachEntry(ctx, kept, f, from, func(e LogEntry) bool {
			e.Step, e.Try = step, int(f.ID.Try)
			return do(e)
		})
		if err != nil || !goesOn {
			return err
		}
	}
	return nil
}

// itemName returns the full name of an item by what its log keeps of that, as there is
// no task of it once it has ended.
func itemName(names map[model.TaskID]string, kept string) string {
	const items = "+" + itemWord + "-"
	for _, name := range names {
		if rest, ok := strings.CutPrefix(kept, logs.KeptName(name)+items); ok {
			return name + items + rest
		}
	}
	return kept
}

// eachEntry calls do with each entry of a log, until that returns false.
func eachEntry(ctx context.Context, in logs.Store, f logs.File, from logs.Level, do func(LogEntry) bool) (goesOn bool, err error) {
	text, err := in.Open(ctx, f.ID, f.Name, logs.Show{Level: from, JSON: true})
	if err != nil {
		if model.CodeOf(err) == model.NotFound { // it was deleted meanwhile
			return true, nil
		}
		return false, err
	}
	defer func() { err = errors.Join(err, text.Close()) }()
	for lines := json.NewDecoder(text); ; {
		e := LogEntry{}
		if err := lines.Decode(&e.Fields); err != nil {
			if errors.Is(err, io.EOF) {
				return true, nil
			}
			return false, err
		}
		said, _ := e.Fields["time"].(string)
		e.At, _ = time.Parse(time.RFC3339Nano, said)
		word, _ := e.Fields["level"].(string)
		e.Level = levels[word]
		e.Message, _ = e.Fields["message"].(string)
		for _, own := range logs.Reserved {
			delete(e.Fields, own)
		}
		if !do(e) {
			return false, nil
		}
	}
}

// levels are those of entries.
var levels = map[string]slog.Level{
	logs.Debug.String(): slog.LevelDebug, logs.Info.String(): slog.LevelInfo,
	logs.Warn.String(): slog.LevelWarn, logs.Error.String(): slog.LevelError,
}
