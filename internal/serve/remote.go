package serve

import (
	"cmp"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/plugin"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/kind"
	plugins "github.com/pawlhq/pawl/internal/plugin"
)

// remoteS3 is the type of object storage that needs no plug-in.
const remoteS3 = "s3"

// remoteGCS is the type whose plug-in comes with releases.
const remoteGCS = "gcs"

// remote is object storage for many machines, as settings describe it.
type remote struct {
	// prefix is where the settings are, such as archive.s3.
	prefix string
	// kind is remoteS3, or what a plug-in is for.
	kind string
	// bucket is where the objects are on S3.
	bucket s3.Options
	// plugin is what a plug-in is told.
	plugin map[string]string
	// folder begins the keys of objects.
	folder string
	// direct is for how long clients may fetch objects from there themselves,
	// which is zero if they may not.
	direct time.Duration
}

// place reads where something is kept: one of the section's types, or one that has a
// plug-in.
func (s *settings) place(key string) string {
	section := s.option(key).Section
	words := section.TypeNames()
	what := strings.Join(words, ", ") + ", or a type that has a plug-in on PATH, such as " + remoteGCS
	return readAs(s, key, what, func(text string) (string, error) {
		text = strings.ToLower(text)
		if of := section.Typed(text); of != nil {
			return of.Name, nil
		}
		_, err := plugin.Kind.Find(text)
		switch {
		case err == nil:
			return text, nil
		case text == remoteGCS:
			return "", kind.Hint("install the plug-in " + plugin.Kind.Program(text) + " beside pawl, or name its folder in PATH")
		case !plugins.IsType(text):
			return "", strconv.ErrSyntax
		}
		hint := document.DidYouMean(text, append(words, remoteGCS))
		return "", kind.Hint(cmp.Or(hint, "there is no program "+plugin.Kind.Program(text)+" on PATH"))
	})
}

// hasPlugin reports whether a type of object storage has a plug-in, or could have one
// that comes with releases.
func hasPlugin(name string) bool {
	if name == remoteGCS {
		return true
	}
	if !plugins.IsType(name) || slices.Contains([]string{remoteS3, archiveFile, logsLocal}, name) {
		return false
	}
	_, err := plugin.Kind.Find(name)
	return err == nil
}

// bucketType is S3, as a type of a section.
func bucketType(doc string) kind.Type {
	return kind.Type{Name: remoteS3, Doc: doc, Options: []kind.Option{
		{Name: "s3.bucket", Doc: "name of a bucket that exists"},
		{Name: "s3.path", Doc: "how the keys in it begin"},
		{Name: "s3.endpoint", Form: kind.URL, Computed: "that of Amazon", Doc: "URL of the service without a path"},
		{Name: "s3.region", Computed: "what the service says", Doc: "where the bucket is"},
		{Name: "s3.path-style-access", Form: kind.Bool, Default: "false", Doc: "puts the bucket into the path of URLs everywhere"},
		{Name: "s3.direct_download", Form: kind.Bool, Default: "false", Doc: "lets clients fetch files from the bucket itself, with URLs that are signed"},
		{Name: "s3.direct_download_expiration", Form: kind.Seconds, Default: "600", Doc: "how long such a URL is good"},
		{Name: "s3.credentials.access-key-id", Secret: true, Computed: "from the machine", Doc: "who is let in"},
		{Name: "s3.credentials.secret-access-key", Secret: true, Doc: "with which key"},
		{Name: "s3.credentials.session-token", Secret: true, Doc: "for temporary keys only"},
		{Name: "s3.credentials.file", Form: kind.File, Doc: "file of properties with `accessKey` and `secretKey`, which counts before the keys above"},
	}}
}

// Settings of object storage that the server reads, whatever its type.
const (
	folderSetting = "path"
	directSetting = "direct_download"
	withinSetting = "direct_download_expiration"
)

// remote reads the settings of a type of object storage, below a prefix such as
// archive.
func (s *settings) remote(above, kind string) remote {
	prefix := above + "." + kind
	r := remote{prefix: prefix, kind: kind, folder: s.text(prefix + "." + folderSetting)}
	within := s.seconds(prefix + "." + withinSetting)
	if s.yes(prefix + "." + directSetting) {
		r.direct = within
	}
	if kind == remoteS3 {
		r.bucket = s.s3(prefix)
		return r
	}
	r.plugin = s.Flat(prefix)
	for _, own := range []string{folderSetting, directSetting, withinSetting} {
		delete(r.plugin, own)
	}
	return r
}

// plugins returns the types of object storage of which there are settings below a
// prefix, and a plug-in.
func (s *settings) plugins(above string) []string {
	var kinds []string
	for _, name := range s.Keys() {
		of, kind := pluginOf(name)
		if of != above || slices.Contains(kinds, kind) {
			continue
		}
		if _, err := plugin.Kind.Find(kind); err == nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// pluginOf returns the type whose plug-in a setting may be for, and what it keeps,
// or nothing.
func pluginOf(name string) (above, kind string) {
	above, rest, _ := strings.Cut(name, ".")
	kind, setting, _ := strings.Cut(rest, ".")
	switch {
	case above != "archive" && above != "log-server", setting == "", !plugins.IsType(kind):
		return "", ""
	case kind == remoteS3, kind == archiveFile, kind == logsLocal:
		return "", ""
	}
	return above, kind
}

// open opens the object storage. A plug-in starts with the first call.
func (r *remote) open(log *slog.Logger) (blob.Store, error) {
	if r.kind == remoteS3 {
		return openBucket(r.prefix, r.bucket)
	}
	return plugin.Open(plugin.Options{Type: r.kind, Settings: r.plugin, Log: log}), nil
}

// where says it in one line.
func (r *remote) where() string {
	at := r.kind + "://" + cmp.Or(r.bucket.Bucket, r.plugin["bucket"]) + "/" + strings.TrimPrefix(r.folder, "/")
	if r.bucket.Endpoint != "" {
		at += " at " + r.bucket.Endpoint
	}
	return at
}
