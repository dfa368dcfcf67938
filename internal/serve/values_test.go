package serve_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/serve"
)

// What deletes the values of an attempt must meet nothing else.
func TestValuesShareNoPlace(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "all")
	inBucket := func(section, path string) []string {
		return []string{section + ".type", "s3", section + ".s3.bucket", "b", section + ".s3.path", path}
	}
	for name, c := range map[string]struct {
		settings []string
		want     string
	}{
		"one bucket for all": {append(append(inBucket("values", ""), inBucket("archive", "")...), inBucket("log-server", "")...), ""},
		"logs among values":  {append(inBucket("values", "/x"), inBucket("log-server", "x/values")...), "logs would be kept among the values, in s3://b/x/values/"},
		"archives below":     {append(inBucket("values", ""), inBucket("archive", "values/a/")...), "archives would be kept among the values, in s3://b/values/"},
		"another bucket":     {append(inBucket("values", ""), "archive.type", "s3", "archive.s3.bucket", "c", "archive.s3.path", "values"), ""},
		"one folder": {
			[]string{"values.file.path", folder, "log-server.type", "local", "log-server.local.path", folder + "/"}, "logs would be kept among the values, in " + folder,
		},
		"folders": {[]string{"values.file.path", folder, "archive.type", "file", "archive.file.path", folder + "s"}, ""},
	} {
		err := serve.Check(settings(t, c.settings...))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: error %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), c.want) > 1):
			t.Errorf("%s: error %v, not %s", name, err, c.want)
		}
	}
}
