package serve

import (
	"path/filepath"
	"time"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// archiveKinds are where archives can be kept, the default first.
var archiveKinds = []string{store.InStore, "file", "s3"}

// archiveSettings reads where archives are kept.
func (s *settings) archiveSettings() (kind, folder, prefix string, bucket s3.Options, direct time.Duration) {
	kind = s.choice("archive.type", archiveKinds...)
	if folder = s.text("", "archive.file.path"); folder == "" && kind == "file" {
		folder = filepath.Join(s.dataDir(), "archives")
	}
	prefix, bucket = s.text("", "archive.s3.path"), s.s3("archive.s3")
	within := s.seconds("archive.s3.direct_download_expiration", 10*time.Minute)
	if s.yes("archive.s3.direct_download", false) {
		direct = within
	}
	return kind, folder, prefix, bucket, direct
}

// openArchives opens the object stores that are configured: that of new
// archives, and those that earlier ones may be in.
func (s *settings) openArchives() (a service.Archives, err error) {
	kind, folder, prefix, bucket, direct := s.archiveSettings()
	a = service.Archives{Type: kind, Stores: make(map[string]service.ArchiveStore)}
	if folder != "" {
		of, err := file.Open(folder)
		if err != nil {
			return a, err
		}
		a.Stores["file"] = service.ArchiveStore{Store: of}
	}
	if bucket.Bucket != "" || kind == "s3" {
		of, err := s3.Open(bucket)
		if err != nil {
			return a, err
		}
		a.Stores["s3"] = service.ArchiveStore{Store: of, Prefix: prefix, Direct: direct}
	}
	return a, s.err
}

// s3 reads where a bucket is.
func (s *settings) s3(prefix string) s3.Options {
	return s3.Options{
		Endpoint:        s.text("", prefix+".endpoint"),
		Bucket:          s.text("", prefix+".bucket"),
		Region:          s.text("", prefix+".region"),
		PathStyle:       s.yes(prefix+".path-style-access", false),
		AccessKeyID:     s.text("", prefix+".credentials.access-key-id"),
		SecretAccessKey: s.text("", prefix+".credentials.secret-access-key"),
		SessionToken:    s.text("", prefix+".credentials.session-token"),
	}
}
