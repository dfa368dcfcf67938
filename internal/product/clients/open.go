package clients

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Options are what a client does not say itself.
type Options struct {
	// Root is the project's folder, an absolute path, below which products are:
	// it counts where the client names none. Required.
	Root string
	// Dir is from where other relative paths are. Defaults to Root.
	Dir string
	// Getenv looks up a variable for what the client leaves to the environment.
	// Defaults to os.Getenv.
	Getenv func(string) string
}

// Open returns the storage that a client of a class describes by its
// configuration, as python.Client has both. It does not connect. The code is
// Invalid if the client stores no files, or not in a way that is offered.
func Open(class string, configuration params.Map, o Options) (*Storage, error) {
	o.Dir = cmp.Or(o.Dir, o.Root)
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	kind, err := configuration.StringOr("storage", "")
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%s: %w", class, err)
	}
	root, err := configuration.StringOr("root", "")
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%s: %w", class, err)
	}
	s := &Storage{root: o.Root}
	if root != "" {
		s.root = from(o.Dir, root)
	}
	switch kind {
	case "folder":
		s.store, err = openFolder(configuration, o)
	case "s3":
		s.store, err = openBucket(configuration, s.root, o)
	case "gcs":
		return nil, model.Errorf(model.Invalid, "%s: buckets of Google Cloud are not offered by their own interface", class).
			WithHint("make an S3Client with endpoint_url=\"https://storage.googleapis.com\" and the HMAC keys of a service account")
	default:
		return nil, model.Errorf(model.Invalid, "%s is no client that stores files", class).
			WithHint("for File products, return a LocalStorageClient or an S3Client")
	}
	if err != nil {
		return nil, model.Errorf(codeOr(err, model.Invalid), "%s: %w", class, err)
	}
	return s, nil
}

// codeOr returns the code of an error, or another if it has none.
func codeOr(err error, other model.Code) model.Code {
	return cmp.Or(model.CodeOf(err), other)
}

// from returns a path as it is seen from a folder.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

func openFolder(c params.Map, o Options) (store, error) {
	parent, err := c.String("parent")
	if err != nil {
		return nil, err
	}
	return folder{from(o.Dir, parent)}, nil
}

// field returns what an option of boto3's clients is of a bucket's; nil if it is
// not offered.
func field(o *s3.Options, name string) *string {
	switch name {
	case "endpoint_url":
		return &o.Endpoint
	case "region_name":
		return &o.Region
	case "aws_access_key_id":
		return &o.AccessKeyID
	case "aws_secret_access_key":
		return &o.SecretAccessKey
	case "aws_session_token":
		return &o.SessionToken
	}
	return nil
}

// openBucket opens a bucket of S3. Keys come from the client's options, or else
// from its file, or else from where Amazon's tools look for them.
func openBucket(c params.Map, root string, o Options) (store, error) {
	name, err := c.String("bucket")
	if err != nil {
		return nil, err
	}
	parent, err := c.StringOr("parent", "")
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(parent, "/") {
		return nil, model.Errorf(model.Invalid, "the parent %q begins with a slash, and no key does", parent)
	}
	options := s3.Options{
		Bucket:   name,
		Endpoint: cmp.Or(o.Getenv("AWS_ENDPOINT_URL_S3"), o.Getenv("AWS_ENDPOINT_URL")),
		Region:   cmp.Or(o.Getenv("AWS_REGION"), o.Getenv("AWS_DEFAULT_REGION")),
	}
	if err := readKeys(&options, c, root, o); err != nil {
		return nil, err
	}
	more, err := c.MapOr("options", params.Map{})
	if err != nil {
		return nil, err
	}
	for name := range more.Keys() {
		value := field(&options, name)
		if value == nil {
			return nil, model.Errorf(model.Invalid, "the option %q is not offered", name).
				WithHint("there are endpoint_url, region_name, aws_access_key_id, aws_secret_access_key and aws_session_token")
		}
		if *value, err = more.StringOr(name, *value); err != nil {
			return nil, err
		}
	}
	objects, err := s3.Open(options)
	if err != nil {
		return nil, err
	}
	if parent = path.Clean(parent); parent == "." {
		parent = ""
	}
	return &bucket{objects: objects, name: name, parent: parent}, nil
}

// readKeys reads the file of a client that has one.
func readKeys(options *s3.Options, c params.Map, root string, o Options) error {
	file, err := c.StringOr("credentials", "")
	if err != nil || file == "" {
		return err
	}
	relative, err := c.BoolOr("credentials_relative", true)
	if err != nil {
		return err
	}
	dir := o.Dir
	if relative {
		dir = root
	}
	file = from(dir, file)
	text, err := os.ReadFile(file)
	if err != nil {
		return model.Errorf(model.Invalid, "read the keys of the bucket: %w", err)
	}
	v, err := params.ParseJSON(text)
	keys, ok := v.(params.Map)
	if err == nil && ok {
		if options.AccessKeyID, err = keys.String("aws_access_key_id"); err == nil {
			options.SecretAccessKey, err = keys.String("aws_secret_access_key")
		}
	}
	if err != nil || !ok {
		return model.Errorf(model.Invalid, "%s must hold a JSON object with aws_access_key_id and aws_secret_access_key", file) // the cause could tell a key
	}
	return nil
}
