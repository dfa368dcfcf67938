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

// openArchives opens the object stores that are configured: that of new
// archives, and those that earlier ones may be in.
func (s *settings) openArchives() (a service.Archives, err error) {
	a = service.Archives{Type: s.choice("archive.type", archiveKinds...), Stores: make(map[string]service.ArchiveStore)}
	if s.text("", "archive.file.path") != "" || a.Type == "file" {
		of, err := file.Open(s.text(filepath.Join(s.dataDir(), "archives"), "archive.file.path"))
		if err != nil {
			return a, err
		}
		a.Stores["file"] = service.ArchiveStore{Store: of}
	}
	if s.text("", "archive.s3.bucket") != "" || a.Type == "s3" {
		of, err := s3.Open(s.s3("archive.s3"))
		if err != nil {
			return a, err
		}
		direct := time.Duration(0)
		if s.yes("archive.s3.direct_download", false) {
			direct = s.seconds("archive.s3.direct_download_expiration", 10*time.Minute)
		}
		a.Stores["s3"] = service.ArchiveStore{Store: of, Prefix: s.text("", "archive.s3.path"), Direct: direct}
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
