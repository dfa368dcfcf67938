package project_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// Whatever is in a folder comes out of its archive, and its archive is again the
// same.
func TestWhatIsPackedUnpacks(t *testing.T) {
	t.Parallel()
	part := rapid.StringMatching(`[a-cäß_ %-][a-c.~]{0,3}|x{120}`)
	prop.Check(t, func(rt *rapid.T) {
		files := tree{}
		for range rapid.IntRange(0, 8).Draw(rt, "files") {
			name := strings.Join(rapid.SliceOfN(part, 1, 4).Draw(rt, "name"), "/")
			if files.taken(name) {
				continue
			}
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				up := strings.Repeat("../", strings.Count(name, "/"))
				files[name] = "->" + path.Clean(up+"target "+part.Draw(rt, "target"))
			case 1:
				files[name] = fmt.Sprintf("%o:", rapid.SampledFrom([]int{0o400, 0o600, 0o755, 0o777}).Draw(rt, "mode"))
			default:
				files[name] = rapid.StringMatching(`[xyz]{0,20}`).Draw(rt, "content")
			}
		}
		dir := files.write(t)
		defer os.RemoveAll(dir)
		first := pack(t, dir, project.PackOptions{})
		out, err := os.MkdirTemp(t.TempDir(), "")
		must(t, err)
		must(t, project.Unpack(bytes.NewReader(first), out, project.DefaultLimits))
		if diff := cmp.Diff(files, readTree(t, out)); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		if !bytes.Equal(first, pack(t, out, project.PackOptions{})) {
			rt.Fatalf("the archive of %s is another one", filepath.Base(out))
		}
	})
}

// taken tells whether a name, or a folder it is in, is that of another file.
func (files tree) taken(name string) bool {
	for other := range files {
		if other == name || strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}
