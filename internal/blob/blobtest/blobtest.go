// Package blobtest is the contract of package blob as tests. Every store passes
// all of them.
package blobtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// Run tests a kind of store. For each test, open returns an empty one, which the
// test does not close.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, group := range [][]test{contentTests, keyTests, listTests, faultTests, togetherTests} {
		for _, tt := range group {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				tt.run(&fixture{T: t, ctx: t.Context(), store: open(t)})
			})
		}
	}
}

type test struct {
	name string
	run  func(f *fixture)
}

// fixture is a store with shorthands that end the test when they fail.
type fixture struct {
	*testing.T
	ctx   context.Context
	store blob.Store
}

func (f *fixture) put(key, content string) {
	f.Helper()
	if err := f.try(key, content, blob.PutOptions{}); err != nil {
		f.Fatalf("put %q: %v", key, err)
	}
}

// try stores content with its size.
func (f *fixture) try(key, content string, options blob.PutOptions) error {
	options.Size = int64(len(content))
	return f.store.Put(f.ctx, key, strings.NewReader(content), options)
}

func (f *fixture) read(key string) (string, error) {
	body, _, err := f.store.Get(f.ctx, key)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(body)
	return string(content), errors.Join(err, body.Close())
}

func (f *fixture) want(key, content string) {
	f.Helper()
	switch got, err := f.read(key); {
	case err != nil:
		f.Fatalf("get %q: %v", key, err)
	case got != content && len(got)+len(content) > 200:
		f.Fatalf("get %q: other content of %d bytes, want %d", key, len(got), len(content))
	case got != content:
		f.Fatalf("get %q: %q, want %q", key, got, content)
	}
}

func (f *fixture) wantNone(key string) {
	f.Helper()
	_, err := f.read(key)
	f.wantCode("get "+key, err, model.NotFound)
	_, err = f.store.Stat(f.ctx, key)
	f.wantCode("stat "+key, err, model.NotFound)
}

func (f *fixture) wantCode(what string, err error, want model.Code) {
	f.Helper()
	if err == nil || model.CodeOf(err) != want {
		f.Fatalf("%s: error %v, want one with the code %v", what, err, want)
	}
}

// list returns the keys of a list, page by page.
func (f *fixture) list(prefix string, limit int) []string {
	f.Helper()
	keys := []string{}
	for after := ""; ; {
		page, err := f.store.List(f.ctx, prefix, after, limit)
		if err != nil {
			f.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		if len(page) > limit {
			f.Fatalf("list %q: %d objects, the limit is %d", prefix, len(page), limit)
		}
		for _, o := range page {
			keys = append(keys, o.Key)
		}
		if len(page) < limit {
			return keys
		}
		after = page[len(page)-1].Key
	}
}

func (f *fixture) wantList(prefix string, want ...string) {
	f.Helper()
	for _, limit := range []int{1, 2, 3, blob.MaxLimit} {
		if diff := cmp.Diff(append([]string{}, want...), f.list(prefix, limit)); diff != "" {
			f.Errorf("list %q by %d (-want +got):\n%s", prefix, limit, diff)
		}
	}
}

// together runs a function so many times at the same time.
func together(times int, run func(i int) error) []error {
	errs := make([]error, times)
	done := make(chan struct{})
	for i := range times {
		go func() {
			errs[i] = run(i)
			done <- struct{}{}
		}()
	}
	for range times {
		<-done
	}
	return errs
}

const large = 12 << 20

// pattern returns content of which no two stretches are the same, of at most
// large bytes.
func pattern(size int) string { return digits()[:size] }

var digits = sync.OnceValue(func() string {
	var b strings.Builder
	for i := 0; b.Len() < large; i++ {
		fmt.Fprintf(&b, "%d\n", i)
	}
	return b.String()
})
