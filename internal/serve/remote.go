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

// place reads where something is kept: one of the words, the first of which is the
// default, S3, or a type that has a plug-in.
func (s *settings) place(key string, words ...string) string {
	words = append(words, remoteS3)
	what := strings.Join(words, ", ") + ", or a type that has a plug-in on PATH, such as " + remoteGCS
	return read(s, key, words[0], what, func(text string) (string, error) {
		text = strings.ToLower(text)
		if slices.Contains(words, text) {
			return text, nil
		}
		_, err := plugin.Find(text)
		switch {
		case err == nil:
			return text, nil
		case text == remoteGCS:
			return "", hinted("install the plug-in " + plugin.Program(text) + " beside pawl, or name its folder in PATH")
		case !plugin.IsType(text):
			return "", strconv.ErrSyntax
		}
		hint := document.DidYouMean(text, append(words, remoteGCS))
		return "", hinted(cmp.Or(hint, "there is no program "+plugin.Program(text)+" on PATH"))
	})
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
	r := remote{prefix: prefix, kind: kind, folder: s.text("", prefix+"."+folderSetting)}
	within := s.seconds(prefix+"."+withinSetting, 10*time.Minute)
	if s.yes(prefix+"."+directSetting, false) {
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
		if _, err := plugin.Find(kind); err == nil {
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
	case above != "archive" && above != "log-server", setting == "", !plugin.IsType(kind):
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
