package serve

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
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
	bucket, prefix, direct = s.s3("archive.s3")
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
		of, err := openBucket("archive.s3", bucket)
		if err != nil {
			return a, err
		}
		a.Stores["s3"] = service.ArchiveStore{Store: of, Prefix: prefix, Direct: direct}
	}
	return a, s.err
}

// s3 reads where a bucket is, the folder in it, and for how long clients may
// fetch objects from there themselves, which is zero if they may not.
func (s *settings) s3(prefix string) (o s3.Options, folder string, direct time.Duration) {
	o = s3.Options{
		Endpoint:        s.text("", prefix+".endpoint"),
		Bucket:          s.text("", prefix+".bucket"),
		Region:          s.text("", prefix+".region"),
		PathStyle:       s.yes(prefix+".path-style-access", false),
		AccessKeyID:     s.text("", prefix+".credentials.access-key-id"),
		SecretAccessKey: s.text("", prefix+".credentials.secret-access-key"),
		SessionToken:    s.text("", prefix+".credentials.session-token"),
	}
	if file := prefix + ".credentials.file"; s.text("", file) != "" {
		keys := read(s, file, accessKeys{}, "a file with accessKey and secretKey", readAccessKeys)
		o.AccessKeyID, o.SecretAccessKey, o.SessionToken = keys.id, keys.secret, ""
	}
	within := s.seconds(prefix+".direct_download_expiration", 10*time.Minute)
	if s.yes(prefix+".direct_download", false) {
		direct = within
	}
	return o, s.text("", prefix+".path"), direct
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

// shownBucket says where objects are.
func shownBucket(o s3.Options, folder string) string {
	at := "s3://" + o.Bucket + "/" + strings.TrimPrefix(folder, "/")
	if o.Endpoint != "" {
		at += " at " + o.Endpoint
	}
	return at
}
