package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/scratch"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Where the output of tasks can be kept, besides object storage.
const (
	logsLocal = "local"
	logsNone  = "null"
)

// logSettings say where the output of tasks is kept.
type logSettings struct {
	kind string
	// folder is where it is kept on this machine, or waits to be uploaded.
	folder string
	// own is set where the folder has the logs of one database alone, which is beside it.
	own bool
	// passing is set where logs go with the process, as their database does.
	passing bool
	// remote is where it is kept for all machines, or nil.
	remote *remote
	// limit is how large a log may be; 0 is any size.
	limit int64
	every time.Duration
}

func logSection() kind.Section {
	return kind.Section{
		Name: "log-server", Doc: "Where the output of tasks is kept: see [object storage](object-storage.md).",
		TypeDoc: "where it goes; other words are types that have a [plug-in](object-storage.md#other-storage)",
		Types: []kind.Type{
			{Name: logsLocal, Doc: "a folder of each machine", Options: []kind.Option{
				{Name: "local.path", Form: kind.Folder, Computed: "`logs` in `database.path`; with a database in memory, one that goes with it", Doc: "the folder, which several databases may share"},
			}},
			bucketType("a bucket"),
			{Name: logsNone, Also: []string{"none"}, Doc: "nowhere; in YAML, the first stands in quotes"},
		},
		Options: []kind.Option{
			{Name: "max-size", Computed: "any size", Doc: "most that is kept of what one try prints, such as `64Mi`, at least `64Ki`: of more, the beginning and the end"},
			{Name: "level", Form: kind.Word, Words: logs.LevelNames(), Default: logs.Info.String(), Doc: "least level of the messages of tasks that are kept, unless a task says another: see [logs](logs.md#messages-with-a-level)"},
			{Name: "upload-every", Form: kind.Limit, Default: "5s", Doc: "how often what a task prints is uploaded to a bucket while it runs, at most"},
		},
		Elsewhere: hasPlugin,
	}
}

// logLimit reads how large the log of a try may be; 0 is any size.
func (s *settings) logLimit() int64 {
	return readAs(s, "log-server.max-size", "a number of bytes from 64Ki on, such as 64Mi", func(text string) (int64, error) {
		n, err := workflow.ParseMemory(text)
		if err == nil && n < logs.MinLimit {
			err = kind.Hint("smaller logs would lack what matters")
		}
		return n, err
	})
}

// logLevel is the least level of the messages that are kept.
func (s *settings) logLevel() logs.Level {
	level, _ := logs.ParseLevel(s.text("log-server.level")) // its form is checked
	return level
}

func (s *settings) logs() logSettings {
	l := logSettings{
		kind:   s.place("log-server.type"),
		folder: s.textOr("log-server.local.path", filepath.Join(s.dataDir(), "logs")),
		limit:  s.logLimit(), every: s.limit("log-server.upload-every"),
	}
	if _, named := s.Get("log-server.local.path"); !named && l.kind == logsLocal {
		at := s.databaseKind()
		l.own, l.passing = at == kindSQLite || at == kindH2, at == kindMemory
	}
	r := s.remote("log-server", remoteS3)
	if l.kind != remoteS3 && l.kind != logsLocal && l.kind != logsNone {
		r = s.remote("log-server", l.kind)
	}
	if l.kind == r.kind {
		l.folder, l.remote = filepath.Join(s.dataDir(), "logs-to-upload"), &r
	}
	return l
}

// where says it in one line.
func (l *logSettings) where() string {
	switch {
	case l.kind == logsNone:
		return "nowhere"
	case l.remote != nil:
		return l.remote.where()
	case l.passing:
		return "a folder that goes with the process"
	}
	return l.folder
}

// taskLogs are where the output of tasks is kept.
type taskLogs struct {
	logs.Store // nil if it is not kept
	bucket     *logs.Bucket
	objects    blob.Store
	passing    *scratch.Folder
}

// openLogs opens the logs of what is in a database.
func (s *settings) openLogs(ctx context.Context, of store.Store, log *slog.Logger) (*taskLogs, error) {
	set := s.logs()
	switch {
	case s.err != nil:
		return nil, s.err
	case set.kind == logsNone:
		return &taskLogs{}, nil
	case set.passing:
		return passingLogs(&set)
	}
	var home logs.Home
	if !set.own {
		var err error
		if home, err = homeOf(ctx, of); err != nil {
			return nil, fmt.Errorf("find the logs of the database: %w", err)
		}
	}
	if set.kind == logsLocal {
		dir := logs.At(set.folder)
		dir.Within(home)
		dir.Limit(set.limit)
		return &taskLogs{Store: dir}, makeLogs(set.folder)
	}
	objects, err := set.remote.open(log)
	if err != nil {
		return nil, err
	}
	b, err := logs.OpenBucket(logs.BucketConfig{
		Objects: objects, Prefix: set.remote.folder, Home: home, Spool: set.folder, Direct: set.remote.direct,
		Limit: set.limit, Every: set.every,
		Failed: func(err error) {
			log.Error("can't upload the output of tasks", "error", err, "kept", set.folder, "hint", "it is tried again")
		},
	})
	if err != nil {
		return nil, errors.Join(err, objects.Close())
	}
	return &taskLogs{Store: b, bucket: b, objects: objects}, nil
}

// passingPrefix is how folders with logs begin that go with their process.
const passingPrefix = "pawl-server-logs-"

// passingLogs are in a folder that is removed when they are closed. Those that others have
// left are removed, too.
func passingLogs(set *logSettings) (*taskLogs, error) {
	scratch.Sweep(os.TempDir(), passingPrefix)
	folder, err := scratch.Make(os.TempDir(), passingPrefix)
	if err != nil {
		return nil, placed(fmt.Errorf("keep the output of tasks: %w", err), logsHint)
	}
	dir := logs.At(folder.Path())
	dir.Limit(set.limit)
	return &taskLogs{Store: dir, passing: folder}, nil
}

// makeLogs makes the folder of logs, where it can be written.
func makeLogs(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return placed(fmt.Errorf("keep the output of tasks: %w", err), logsHint)
	}
	if err := writable(folder); err != nil {
		return placed(fmt.Errorf("keep the output of tasks: %w", err), logsHint)
	}
	return nil
}

const logsHint = "name another folder with -O or log-server.local.path, or give this one to the user of the server"

// uploadWithin is how long a server that ends uploads what there is.
const uploadWithin = 30 * time.Second

func (l *taskLogs) close() error {
	switch {
	case l == nil:
		return nil
	case l.passing != nil:
		return l.passing.Remove()
	case l.bucket == nil:
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), uploadWithin)
	defer cancel()
	return errors.Join(l.bucket.Close(ctx), l.objects.Close())
}
