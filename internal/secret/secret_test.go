package secret_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

func TestCheckKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "Z", "a.b", "aws.s3.access_key_id", "x-y", "a1", "pg.password", "a" + strings.Repeat("b", 254)} {
		if err := secret.CheckKey(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, key := range []string{
		"", ".", "..", "../a", "a/b", "/etc/passwd", "a..b", ".a", "a.", "1a", "a.1", "a_", "a-.b", "a b", "é", "a\x00", "a\\b",
		"a" + strings.Repeat("b", 255),
	} {
		if err := secret.CheckKey(key); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func get(t *testing.T, s operator.Secrets, key string) string {
	t.Helper()
	v, err := s.Secret(t.Context(), key)
	if err != nil {
		t.Errorf("secret %s: %v", key, err)
	}
	return v
}

func TestFilesKeepSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "home", "secrets")
	files := secret.In(dir)
	if keys, err := files.List(); len(keys) != 0 || err != nil {
		t.Errorf("without a folder: %v, %v", keys, err)
	}
	for key, value := range map[string]string{"b.c": "two\n", "a": "", "d": "é"} {
		if err := files.Set(key, "old"); err != nil {
			t.Fatal(err)
		}
		if err := files.Set(key, value); err != nil {
			t.Fatal(err)
		}
		if got := get(t, files, key); got != value {
			t.Errorf("%s: got %q, want %q", key, got, value)
		}
	}
	if err := files.Delete("d"); err != nil {
		t.Fatal(err)
	}
	keys, err := files.List()
	if diff := cmp.Diff([]string{"a", "b.c"}, keys); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, tt := range []struct {
		path string
		want os.FileMode
	}{{dir, 0o700}, {filepath.Join(dir, "a"), 0o600}} {
		if info, err := os.Stat(tt.path); err != nil || info.Mode().Perm() != tt.want {
			t.Errorf("%s: %v, %v, want mode %o", tt.path, info.Mode(), err, tt.want)
		}
	}
}

func TestFilesRefuse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "secrets")
	files := secret.In(dir)
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "outside"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../outside", "missing", ""} {
		if _, err := files.Secret(t.Context(), key); !errors.Is(err, operator.ErrNoSecret) {
			t.Errorf("get %q: %v", key, err)
		}
	}
	for what, err := range map[string]error{
		"bad key":         files.Set("../outside", "x"),
		"long value":      files.Set("a", strings.Repeat("x", 16<<10+1)),
		"value not UTF-8": files.Set("a", "\xff"),
		"delete bad key":  files.Delete("../outside"),
	} {
		if model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := files.Delete("missing"); model.CodeOf(err) != model.NotFound {
		t.Errorf("delete what is missing: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// broken is secrets that cannot be asked.
type broken struct{}

var errBroken = errors.New("cannot be reached")

func (broken) Secret(context.Context, string) (string, error) { return "", errBroken }

func TestChainTakesTheFirst(t *testing.T) {
	t.Parallel()
	chain := secret.Chain{secret.Map{"a": "1"}, secret.Map{"a": "2", "b": "3"}}
	if a, b := get(t, chain, "a"), get(t, chain, "b"); a != "1" || b != "3" {
		t.Errorf("got %s and %s", a, b)
	}
	if _, err := chain.Secret(t.Context(), "c"); !errors.Is(err, operator.ErrNoSecret) {
		t.Errorf("missing: %v", err)
	}
	failing := secret.Chain{secret.Map{}, broken{}, secret.Map{"a": "1"}}
	if _, err := failing.Secret(t.Context(), "a"); !errors.Is(err, errBroken) {
		t.Errorf("a source that cannot be asked was passed over: %v", err)
	}
}

func TestMounted(t *testing.T) {
	t.Parallel()
	base := secret.Map{"pg.password": "default", "prod.db.password": "prod", "other": "o", "a.b.c": "deep", "x": "root"}
	m := secret.Mounted{Secrets: base, Mounts: params.Of(
		"pg", "prod.db", "other", true, "mail", params.Of("user", "other", "x", params.Of()),
		"a", params.Of("b", "a.b"), "bad", 1, "no", false, "deep", params.Of("er", []any{}),
	)}
	for key, want := range map[string]string{
		"pg.password": "prod", "other": "o", "mail.user": "o", "a.b.c": "deep", "x": "root",
	} {
		if got := get(t, m, key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	for _, key := range []string{"mail", "mail.x", "mail.x.y", "mail.password", "a", "pg"} {
		if _, err := m.Secret(t.Context(), key); !errors.Is(err, operator.ErrNoSecret) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for key, want := range map[string]string{
		"bad":       `_secrets: "bad" must be a text, true or a map, not 1`,
		"no.x":      `_secrets: "no" must be a text, true or a map, not false`,
		"deep.er.x": `_secrets: "deep.er" must be a text, true or a map, not []`,
	} {
		if _, err := m.Secret(t.Context(), key); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", key, err, want)
		}
	}
	if got := get(t, secret.Unmounted(m), "pg.password"); got != "default" {
		t.Errorf("unmounted: got %s", got)
	}
	if got := get(t, secret.Unmounted(base), "x"); got != "root" {
		t.Errorf("never mounted: got %s", got)
	}
}
