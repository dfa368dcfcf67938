package remote

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

// Whoever follows a part of a log that is cut meanwhile sees each line once.
func TestAPartOfALogIsGoneOnWithWhereSomethingIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part  client.Part
		looks []string
		want  string
	}{
		"a stream": {client.Part{Stream: "stdout"}, []string{
			"a\nb\nc\nd\n", "a\npawl: 5000 bytes are left out here\nc\nd\ne\nf", "a\npawl: 9000 bytes are left out here\ne\nfg\nh\n",
		}, "a b c d e fg h"},
		"what was lost unseen is told": {client.Part{Stream: "stderr"}, []string{
			"a\nb\n", "a\npawl: 5000 bytes are left out here\ny\nz\n", "a\npawl: 5000 bytes are left out here\ny\nz\n",
		}, "a b pawl:_5000_bytes_are_left_out_here y z"},
		"objects": {client.Part{JSON: true}, []string{
			`{"message":"a"}` + "\n" + `{"message":"b"}` + "\n",
			`{"message":"a"}` + "\n" + `{"message":"pawl: 70 bytes are left out here","stream":"stdout"}` + "\n" + `{"message":"b"}` + "\n" + `{"message":"c"}` + "\n",
		}, `{"message":"a"} {"message":"b"} {"message":"c"}`},
		"with times": {client.Part{Timestamps: true}, []string{
			"1 x\n2 x\n3 x\n", "1 x\npawl: 9 bytes are left out here\n3 x\n4 x\n",
		}, "1_x 2_x 3_x 4_x"},
		"all by positions": {client.Part{}, []string{
			"a\nb\nc\n", "a\npawl: 2 bytes are left out here\nc\nc\n",
		}, "a b c c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := logWatcher{world: console.IO{Stdout: &out, Stderr: &bytes.Buffer{}}, part: c.part, all: true}
			known := &shownLog{size: -1}
			for i, text := range c.looks {
				var file bytes.Buffer
				z := gzip.NewWriter(&file)
				if _, err := z.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				if err := w.copy(&out, &file, "+w+a", known, i == len(c.looks)-1); err != nil {
					t.Fatal(err)
				}
			}
			got := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), " ", "_"), "\n", " ")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
