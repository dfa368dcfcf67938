package s3_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/s3"
)

func TestCompareTellsByTheTagOfWhatWasPut(t *testing.T) {
	t.Parallel()
	s := open(t, s3.Options{Endpoint: service(t), PathStyle: true})
	large := strings.Repeat("0123456789abcdef", 17<<16) // in three parts
	for key, content := range map[string]string{"empty": "", "small": "some text", "large": large} {
		if err := s.Put(t.Context(), key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		o, err := s.Stat(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			body string
			tag  string
			want s3.Content
		}{
			{content, o.Tag, s3.Same},
			{content + "x", o.Tag, s3.Different},
			{strings.Replace(content, "t", "T", 1), strings.Replace(o.Tag, o.Tag[:1], "-", 1), s3.Unknown},
			{content, "", s3.Unknown},
			{content, strings.Split(o.Tag, "-")[0] + "-9", s3.Unknown},
			{content, "0cc175b9c0f1b6a831c399e269772661" + o.Tag[32:], s3.Different},
		} {
			o := o
			o.Tag = tt.tag
			if got, err := s3.Compare(o, strings.NewReader(tt.body), int64(len(tt.body))); got != tt.want || err != nil {
				t.Errorf("%s, tag %q: got %v, %v, want %v", key, tt.tag, got, err, tt.want)
			}
		}
	}
	if _, err := s3.Compare(blob.Object{Size: 4, Tag: "0cc175b9c0f1b6a831c399e269772661"}, strings.NewReader("ab"), 4); err == nil {
		t.Error("a body that ends too early is no error")
	}
}
