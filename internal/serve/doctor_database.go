package serve

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/store/postgres"
)

// database looks at where the state is kept.
func (d *doctor) database(ctx context.Context) {
	switch d.databaseKind() {
	case kindMemory:
		d.found("database", Note, "keep it with -o FOLDER", "everything is in memory, and gone when the server ends")
		return
	case kindPostgres:
		if d.postgresServer(ctx) {
			d.version(ctx)
		}
	default:
		if d.folder() {
			d.version(ctx)
		}
	}
}

// version looks whether the tables are those of this program.
func (d *doctor) version(ctx context.Context) {
	const check = "migrations"
	pending, none, err := Pending(ctx, d.Config)
	automatic := d.databaseKind() != kindPostgres || d.yes("database.migrate")
	switch {
	case err != nil:
		d.failed(check, err, "")
	case len(pending) == 0:
		d.found(check, Fine, "", "the tables are those of this version")
	case !automatic:
		d.found(check, Problem, "run `pawl migrate run`", "%d are pending, and database.migrate is false", len(pending))
	case none:
		d.found(check, Fine, "", "there are no tables; the server makes them")
	default:
		d.found(check, Note, "", "%d are pending; the server does them when it starts", len(pending))
	}
}

// maxSkew is how far the clocks of a server and its database may be apart until
// it shows in when things begin. Who owns an attempt does not depend on it.
const maxSkew = 2 * time.Second

// postgresServer looks whether the database answers and what its clock says.
func (d *doctor) postgresServer(ctx context.Context) bool {
	cfg := d.postgres()
	began := time.Now()
	of, err := postgres.Probe(ctx, cfg)
	if err != nil {
		d.failed("database", err, "check database.host, database.user and the network")
		return false
	}
	took := time.Since(began)
	d.found("database", Fine, "", "PostgreSQL %s answered in %v", of.Version, took.Round(time.Millisecond))
	skew := of.Now.Sub(began.Add(took / 2)).Abs()
	if skew -= min(skew, took/2); skew > maxSkew {
		d.found("clock", Note, "let NTP set the clocks of both machines",
			"it differs from that of the database by %v: what is due begins that much too early or too late", skew.Round(time.Millisecond))
		return true
	}
	d.found("clock", Fine, "", "it agrees with that of the database")
	return true
}

// folder looks whether the embedded database can be where it is to be.
func (d *doctor) folder() bool {
	dir, err := existing(d.dataDir())
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		d.failed("database", err, "name another folder with -o or database.path, or give this one to the user of the server")
		return false
	}
	d.found("database", Fine, "", "%s can be written", d.dataDir())
	d.room(dir)
	d.disk(dir)
	return true
}

// logFolder looks whether the output of tasks can be kept on this machine, if
// that is where it is to be.
func (d *doctor) logFolder() {
	const check = "task logs"
	l := d.logs()
	if l.kind != logsLocal {
		return
	}
	dir, err := existing(l.folder)
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		d.failed(check, err, logsHint)
		return
	}
	d.found(check, Fine, "", "%s can be written", l.folder)
}

// existing returns the folder, or the nearest one above it that exists.
func existing(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		var of fs.FileInfo
		of, err = os.Stat(dir)
		switch {
		case err == nil && !of.IsDir():
			return "", &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is a file, not a folder")}
		case err == nil:
			return dir, nil
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
			dir, err = filepath.Dir(dir), nil
		}
	}
	return "", err
}

// enoughRoom is how much a disk should have left: logs and archives grow.
const enoughRoom = 1 << 30

// room looks how full the disk is.
func (d *doctor) room(dir string) {
	free, ok := freeSpace(dir)
	switch {
	case !ok:
		return
	case free < enoughRoom:
		d.found("disk space", Problem, "make room, or let retention.attempts delete what is old", "%d MiB are left", free>>20)
	default:
		d.found("disk space", Fine, "", "%d GiB are left", free>>30)
	}
}

const (
	// syncs is how often the disk is tried, and slowSync what is too long for
	// the middle one: each commit waits for it.
	syncs    = 15
	slowSync = 20 * time.Millisecond
)

// disk measures how long the disk takes to keep something.
func (d *doctor) disk(dir string) {
	const check = "disk speed"
	took, err := syncTime(dir)
	switch {
	case err != nil:
		d.failed(check, err, "")
	case took > slowSync:
		d.found(check, Problem, "keep the database on a local SSD, not on a network disk",
			"to write durably takes %v, and every step of every task waits for it", took.Round(time.Millisecond))
	default:
		d.found(check, Fine, "", "to write durably takes %v", took.Round(10*time.Microsecond))
	}
}

// syncTime returns how long it usually takes to write a page durably.
func syncTime(dir string) (_ time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".pawl-doctor-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	times := make([]time.Duration, syncs)
	page := make([]byte, 4096)
	for i := range times {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return times[syncs/2], nil
}
