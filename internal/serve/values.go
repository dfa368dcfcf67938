package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/scratch"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
)

// Where outputs of tasks can be kept, besides object storage.
const (
	valuesFile   = "file"
	valuesMemory = "memory"
)

func valuesSection() kind.Section {
	return kind.Section{
		Name: "values", Doc: "Where the outputs of tasks are kept that are large or no JSON: see [values](values.md). They go with the attempts that made them.",
		TypeDoc: "where they go; other words are types that have a [plug-in](object-storage.md#other-storage)",
		Types: []kind.Type{
			{Name: valuesFile, Doc: "a folder, which all machines share", Options: []kind.Option{
				{Name: "file.path", Form: kind.Folder, Computed: "`values` in `database.path`", Doc: "the folder"},
			}},
			bucketType("a bucket, below `values/` after `s3.path`"),
			{Name: valuesMemory, Doc: "the memory of each process, until it ends: for trials"},
		},
		Elsewhere: hasPlugin,
	}
}

// outputs returns what keeps outputs of tasks of what is in a database. Nothing is opened
// before there are any; the settings are read at once.
func (s *settings) outputs(database store.Store, log *slog.Logger) *values.Outputs {
	place := s.place("values.type")
	folder := s.textOr("values.file.path", filepath.Join(s.dataDir(), "values"))
	at := s.remote("values", remoteS3)
	if place != remoteS3 && place != valuesFile && place != valuesMemory {
		at = s.remote("values", place)
	}
	at.folder = asFolder(at.folder) + "values/"
	s.apart(place, folder, at)
	var own, passing bool
	if _, named := s.Get("values.file.path"); !named && place == valuesFile {
		db := s.databaseKind()
		own, passing = db == kindSQLite || db == kindH2, db == kindMemory
	}
	kept := values.NewOutputs(func() (*values.Manager, error) {
		m := &values.Manager{}
		var of blob.Store
		var err error
		switch {
		case place == valuesMemory:
			of = memory.New(time.Now)
		case passing:
			of, err = openPassing()
		case place == valuesFile:
			of, err = file.Open(folder)
		default:
			of, err = at.open(log)
			m.Prefix = at.folder
		}
		m.Blobs = of
		return m, err
	})
	if place == valuesFile && !passing {
		kept.Folder = folder
	}
	if !own && !passing && place != valuesMemory {
		kept.Home = func(ctx context.Context) (values.Home, error) {
			id, former, err := store.Installation(ctx, database)
			return values.Home{Name: "db-" + id, Former: former}, err
		}
	}
	return kept
}

// passingValuesPrefix is how folders with values begin that go with their process.
const passingValuesPrefix = "pawl-server-values-"

// passingValues are in a folder that is removed when they are closed.
type passingValues struct {
	*file.Store
	folder *scratch.Folder
}

// openPassing makes a folder for values. Those that others have left are removed.
func openPassing() (blob.Store, error) {
	scratch.Sweep(os.TempDir(), passingValuesPrefix)
	folder, err := scratch.Make(os.TempDir(), passingValuesPrefix)
	if err != nil {
		return nil, err
	}
	of, err := file.Open(folder.Path())
	if err != nil {
		return nil, errors.Join(err, folder.Remove())
	}
	return passingValues{of, folder}, nil
}

// Close implements blob.Store.
func (p passingValues) Close() error { return errors.Join(p.Store.Close(), p.folder.Remove()) }

// apart refuses archives and logs among values: keys of the one would be keys of
// the other.
func (s *settings) apart(place, folder string, at remote) {
	where := at.where()
	var archives, logs bool
	switch a, l := s.archives(), s.logs(); place {
	case valuesMemory:
	case valuesFile:
		where = folder
		archives = a.folder != "" && filepath.Clean(a.folder) == filepath.Clean(folder)
		logs = l.remote == nil && filepath.Clean(l.folder) == filepath.Clean(folder)
	default:
		archives = slices.ContainsFunc(a.remotes, at.has)
		logs = l.remote != nil && at.has(*l.remote)
	}
	if archives || logs {
		what := "archives"
		if logs {
			what = "logs"
		}
		s.fault(s.Errorf("values.type", "%s would be kept among the values, in %s", what, where).Hint("give them another path"))
	}
}

// has reports whether other objects are in a folder of object storage.
func (r *remote) has(other remote) bool {
	same := r.kind == other.kind && r.bucket.Bucket == other.bucket.Bucket && r.bucket.Endpoint == other.bucket.Endpoint && r.plugin["bucket"] == other.plugin["bucket"]
	return same && strings.HasPrefix(asFolder(other.folder), r.folder)
}

// asFolder is the beginning of keys as that of a folder: "", or with a slash at its
// end alone.
func asFolder(prefix string) string {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return prefix
}
