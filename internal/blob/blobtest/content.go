package blobtest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

var contentTests = []test{
	{"what is put can be got", func(f *fixture) {
		f.put("a/b", "content")
		f.want("a/b", "content")
		body, o, err := f.store.Get(f.ctx, "a/b")
		if err != nil {
			f.Fatal(err)
		}
		if err := body.Close(); err != nil {
			f.Fatal(err)
		}
		f.wantObject(o, "a/b", 7)
		if o, err = f.store.Stat(f.ctx, "a/b"); err != nil {
			f.Fatal(err)
		}
		f.wantObject(o, "a/b", 7)
	}},
	{"an object may be empty", func(f *fixture) {
		f.put("k", "")
		f.want("k", "")
		o, err := f.store.Stat(f.ctx, "k")
		if err != nil {
			f.Fatal(err)
		}
		f.wantObject(o, "k", 0)
		if err := f.try("new", "", blob.PutOptions{IfAbsent: true}); err != nil {
			f.Fatal(err)
		}
		f.wantList("", "k", "new")
	}},
	{"an object may be large", func(f *fixture) {
		content := pattern(large)
		f.put("k", content)
		f.want("k", content)
	}},
	{"any bytes are content", func(f *fixture) {
		f.put("k", "\x00\xff\r\n\x1f\x8b")
		f.want("k", "\x00\xff\r\n\x1f\x8b")
	}},
	{"a put replaces", func(f *fixture) {
		f.put("k", "a longer text")
		f.put("k", "new")
		f.want("k", "new")
		f.wantList("", "k")
	}},
	{"a put that needs a new key refuses another", func(f *fixture) {
		for _, content := range []string{"first", pattern(large)} {
			if err := f.try("k", "first", blob.PutOptions{}); err != nil {
				f.Fatal(err)
			}
			f.wantCode("second put", f.try("k", content, blob.PutOptions{IfAbsent: true}), model.Conflict)
			f.want("k", "first")
		}
	}},
	{"a put that needs a new key stores under one", func(f *fixture) {
		content := pattern(large)
		if err := f.try("k", content, blob.PutOptions{IfAbsent: true}); err != nil {
			f.Fatal(err)
		}
		f.want("k", content)
	}},
	{"what is deleted is gone", func(f *fixture) {
		f.put("a/b", "content")
		f.put("a/c", "content")
		if err := f.store.Delete(f.ctx, "a/b"); err != nil {
			f.Fatal(err)
		}
		f.wantNone("a/b")
		f.wantList("", "a/c")
		f.put("a/b", "again")
		f.want("a/b", "again")
	}},
	{"to delete nothing is no error", func(f *fixture) {
		for _, key := range []string{"k", "a/b/c"} {
			if err := f.store.Delete(f.ctx, key); err != nil {
				f.Errorf("delete %q: %v", key, err)
			}
		}
	}},
	{"there is nothing under other keys", func(f *fixture) {
		f.put("a/b/c", "content")
		for _, key := range []string{"b", "a", "a/b", "a/b/c/d", "A/b/c"} {
			f.wantNone(key)
		}
	}},
	{"a body need not be read to its end", func(f *fixture) {
		f.put("k", pattern(1<<20))
		body, _, err := f.store.Get(f.ctx, "k")
		if err != nil {
			f.Fatal(err)
		}
		start := make([]byte, 4)
		if _, err := io.ReadFull(body, start); err != nil || string(start) != "0\n1\n" {
			f.Errorf("start %q, error %v", start, err)
		}
		if err := body.Close(); err != nil {
			f.Error(err)
		}
	}},
	{"a signed URL gives the object", func(f *fixture) {
		f.put("a b/ü+%", "content")
		url, err := f.store.SignGet(f.ctx, "a b/ü+%", time.Minute)
		if err != nil {
			f.Fatal(err)
		}
		if url == "" {
			f.Skip("the store has no URLs")
		}
		f.wantURL(url, "content")
	}},
}

func (f *fixture) wantObject(o blob.Object, key string, size int64) {
	f.Helper()
	age := time.Since(o.Modified)
	if o.Key != key || o.Size != size || age < -time.Minute || age > time.Hour {
		f.Errorf("object %+v, want key %q, size %d and a fresh time", o, key, size)
	}
}

func (f *fixture) wantURL(url, content string) {
	f.Helper()
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		f.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		f.Fatal(err)
	}
	var got strings.Builder
	_, err = io.Copy(&got, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || got.String() != content {
		f.Errorf("GET %s: status %d, content %q, error %v; want %q", url, answer.StatusCode, &got, err, content)
	}
}
