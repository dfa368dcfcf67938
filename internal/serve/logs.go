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
	"github.com/pawlhq/pawl/internal/logs"
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
	// remote is where it is kept for all machines, or nil.
	remote *remote
}

func (s *settings) logs() logSettings {
	l := logSettings{
		kind:   s.place("log-server.type", logsLocal, logsNone),
		folder: s.text(filepath.Join(s.dataDir(), "logs"), "log-server.local.path"),
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
	}
	return l.folder
}

// taskLogs are where the output of tasks is kept.
type taskLogs struct {
	logs.Store // nil if it is not kept
	bucket     *logs.Bucket
	objects    blob.Store
}

func (s *settings) openLogs(log *slog.Logger) (*taskLogs, error) {
	set := s.logs()
	switch {
	case s.err != nil:
		return nil, s.err
	case set.kind == logsNone:
		return &taskLogs{}, nil
	case set.kind == logsLocal:
		return &taskLogs{Store: logs.At(set.folder)}, makeLogs(set.folder)
	}
	objects, err := set.remote.open(log)
	if err != nil {
		return nil, err
	}
	b, err := logs.OpenBucket(logs.BucketConfig{
		Objects: objects, Prefix: set.remote.folder, Spool: set.folder, Direct: set.remote.direct,
		Failed: func(err error) {
			log.Error("can't upload the output of tasks", "error", err, "kept", set.folder, "hint", "it is tried again")
		},
	})
	if err != nil {
		return nil, errors.Join(err, objects.Close())
	}
	return &taskLogs{Store: b, bucket: b, objects: objects}, nil
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
	if l == nil || l.bucket == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), uploadWithin)
	defer cancel()
	return errors.Join(l.bucket.Close(ctx), l.objects.Close())
}
