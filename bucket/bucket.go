// Package bucket keeps outputs and logs of steps, and files of processes, in a bucket of
// Amazon S3, or of a service that speaks its protocol. It is a package of its own
// because its client is large: programs without a bucket are built without it.
package bucket

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/values"
)

// Config says where a bucket is.
type Config struct {
	// Bucket is the name of a bucket that exists. Required.
	Bucket string
	// Prefix is what the keys in it begin with. Each database needs one of its own.
	Prefix string
	// Endpoint is the URL of a service other than Amazon's, such as
	// "http://minio:9000".
	Endpoint string
	// Region is where the bucket is. Defaults to what the service says.
	Region string
	// PathStyle puts the bucket into the path of URLs, not only where that is
	// needed.
	PathStyle bool
	// AccessKeyID and SecretAccessKey are credentials, and SessionToken is for
	// temporary ones. Defaults to those that Amazon's clients find: variables of the
	// environment, files, roles.
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Open returns what keeps things in a bucket. It makes no request.
func Open(c Config) (*Bucket, error) {
	if c.Bucket == "" {
		return nil, fmt.Errorf("open bucket: Bucket is empty")
	}
	if c.Prefix != "" && !strings.HasSuffix(c.Prefix, "/") {
		c.Prefix += "/"
	}
	of, err := s3.Open(s3.Options{
		Bucket: c.Bucket, Endpoint: c.Endpoint, Region: c.Region, PathStyle: c.PathStyle,
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", c.Bucket, err)
	}
	return &Bucket{of, c}, nil
}

// Bucket is part of a bucket. It is safe for concurrent use.
type Bucket struct {
	of  *s3.Store
	cfg Config
}

// IO returns a manager that keeps outputs of steps in the bucket.
func (b *Bucket) IO() pawl.IOManager {
	return &values.Manager{Blobs: b.of, Prefix: b.cfg.Prefix + "values/"}
}

// Files returns a manager that keeps files in the bucket.
func (b *Bucket) Files() *pawl.FileManager {
	return values.NewFileManager(b.of, b.cfg.Prefix, func(key string) string { return "s3://" + b.cfg.Bucket + "/" + key })
}

// Logs returns a place for the logs of steps in the bucket, for Logs of pawl.Config:
// "logs/" after the prefix.
func (b *Bucket) Logs() *pawl.LogBucket {
	return &pawl.LogBucket{Store: b.of, Prefix: b.cfg.Prefix + "logs/"}
}

// Close ends connections. It comes after all other calls.
func (b *Bucket) Close() error { return b.of.Close() }
