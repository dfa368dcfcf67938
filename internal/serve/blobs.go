package serve

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// archiveFile is the type of archives in a folder.
const archiveFile = "file"

// archiveSettings say where archives are kept.
type archiveSettings struct {
	// kind is where new ones go.
	kind string
	// folder is where they are in files, or empty.
	folder string
	// remotes are the object storage that new ones go to or earlier ones may be
	// in.
	remotes []remote
}

func archiveSection() kind.Section {
	return kind.Section{
		Name: "archive", Doc: "Where the archives of projects are kept. Earlier ones stay where they are, and readable while the settings of their place are there: see [object storage](object-storage.md).",
		TypeDoc: "where new archives go; other words are types that have a [plug-in](object-storage.md#other-storage)",
		Types: []kind.Type{
			{Name: store.InStore, Doc: "the database"},
			{Name: archiveFile, Doc: "a folder", Options: []kind.Option{
				{Name: "file.path", Form: kind.Folder, Computed: "`archives` in `database.path`", Doc: "the folder"},
			}},
			bucketType("a bucket"),
		},
		Elsewhere: hasPlugin,
	}
}

func (s *settings) archives() archiveSettings {
	a := archiveSettings{kind: s.place("archive.type")}
	if a.folder = s.text("archive.file.path"); a.folder == "" && a.kind == archiveFile {
		a.folder = filepath.Join(s.dataDir(), "archives")
	}
	if r := s.remote("archive", remoteS3); r.bucket.Bucket != "" || a.kind == remoteS3 {
		a.remotes = append(a.remotes, r)
	}
	kinds := s.plugins("archive")
	if !slices.Contains([]string{store.InStore, archiveFile, remoteS3}, a.kind) && !slices.Contains(kinds, a.kind) {
		kinds = append(kinds, a.kind)
	}
	for _, kind := range kinds {
		a.remotes = append(a.remotes, s.remote("archive", kind))
	}
	return a
}

// openArchives opens the object stores that are configured: that of new
// archives, and those that earlier ones may be in.
func (s *settings) openArchives(log *slog.Logger) (a service.Archives, err error) {
	set := s.archives()
	a = service.Archives{Type: set.kind, Stores: make(map[string]service.ArchiveStore)}
	if set.folder != "" {
		of, err := file.Open(set.folder)
		if err != nil {
			return a, err
		}
		a.Stores[archiveFile] = service.ArchiveStore{Store: of}
	}
	for _, r := range set.remotes {
		of, err := r.open(log)
		if err != nil {
			return a, err
		}
		a.Stores[r.kind] = service.ArchiveStore{Store: of, Prefix: r.folder, Direct: r.direct}
	}
	return a, s.err
}

// s3 reads where a bucket is.
func (s *settings) s3(prefix string) s3.Options {
	o := s3.Options{
		Endpoint:        s.text(prefix + ".endpoint"),
		Bucket:          s.text(prefix + ".bucket"),
		Region:          s.text(prefix + ".region"),
		PathStyle:       s.yes(prefix + ".path-style-access"),
		AccessKeyID:     s.text(prefix + ".credentials.access-key-id"),
		SecretAccessKey: s.text(prefix + ".credentials.secret-access-key"),
		SessionToken:    s.text(prefix + ".credentials.session-token"),
	}
	if file := prefix + ".credentials.file"; s.text(file) != "" {
		keys := readAs(s, file, "a file with accessKey and secretKey", readAccessKeys)
		o.AccessKeyID, o.SecretAccessKey, o.SessionToken = keys.id, keys.secret, ""
	}
	return o
}

// accessKeys identify a user of object storage.
type accessKeys struct{ id, secret string }

// readAccessKeys reads a file of properties as Amazon's library for Java has it.
func readAccessKeys(path string) (accessKeys, error) {
	of, err := config.Load(config.Sources{File: path, Env: func(string) string { return "" }})
	if err != nil {
		return accessKeys{}, err
	}
	id, _ := of.Get("accessKey")
	secret, _ := of.Get("secretKey")
	if id == "" || secret == "" {
		return accessKeys{}, errors.New("a key is missing")
	}
	return accessKeys{id, secret}, nil
}

// openBucket opens a bucket that settings below a prefix describe.
func openBucket(prefix string, o s3.Options) (blob.Store, error) {
	if o.Bucket == "" {
		return nil, model.Errorf(model.Invalid, "%s.bucket is not set", prefix).WithHint("set it to the name of a bucket that exists")
	}
	return s3.Open(o)
}
