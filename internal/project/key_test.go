package project_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/project"
)

var id = uuid.MustParse("00000000-0000-4000-8000-000000000001")

func TestArchiveKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ prefix, project, revision, want string }{
		{"", "proj", "r1", "0/cHJvag/r1." + id.String() + ".tar.gz"},
		{"a/b-", "ü", "2016-01-01T00:00:00+09:00", "a/b-0/w7w/2016-01-01T00_00_00+09_00." + id.String() + ".tar.gz"},
		{"", "p", "../../etc/passwd", "0/cA/.._.._etc_passwd." + id.String() + ".tar.gz"},
		{"", "?>~", "a b\n%", "0/Pz5-/a_b__." + id.String() + ".tar.gz"},
	} {
		if got := project.ArchiveKey(tt.prefix, 0, tt.project, tt.revision, id); got != tt.want {
			t.Errorf("%q %q: %q, want %q", tt.project, tt.revision, got, tt.want)
		}
	}
}

func TestArchiveKeyOfAnyNamesIsAKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("日", 255)
	for _, name := range []string{"..", ".", "/", "a//b", "\x00", "\xff", long, "\u0085", " "} {
		key := project.ArchiveKey("prefix/", 0, name, name, id)
		if err := blob.CheckKey(key); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		other := project.ArchiveKey("prefix/", 0, name, name, uuid.MustParse("00000000-0000-4000-8000-000000000002"))
		if key == other {
			t.Errorf("%q: two archives have the key %q", name, key)
		}
	}
}

func TestMD5(t *testing.T) {
	t.Parallel()
	sum, err := project.SumMD5(strings.NewReader("abc"))
	if err != nil || sum.String() != "kAFQmDzST7DWlj99KOF/cg==" {
		t.Errorf("%s, error %v", sum, err)
	}
}
