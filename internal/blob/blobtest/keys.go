package blobtest

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// oddKeys are keys that a file system or a URL may take for something else.
var oddKeys = []string{
	"a", "a/b", "a/b/c", "a-b", "a.b", "a%", "a%/b", "a%25", "a%2Fb", "a%25/b",
	"~", "-", "...", ".hidden", "a./b", "a b", " a ", "a+b", "a&b=c?d#e", "a:b", `a\b`, `..\a`, "C:/a",
	`"'<>|*`, "(a)[b]{c}", "$HOME", "a;b,c@d!", "COM1", "ü/日本語/🦫", "e\u0301", "é",
	strings.Repeat("x", 250), strings.Repeat(strings.Repeat("y", 249)+"/", 4) + "0123456789abcdef01234567",
}

var badKeys = []string{
	"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "./a", "a/..//b",
	"a\x00", "a\nb", "\x7f", "\xff", "a/\xc3(", strings.Repeat("x", 251), strings.Repeat("y/", 512) + "z",
}

var keyTests = []test{
	{"odd keys are keys", func(f *fixture) {
		for _, key := range oddKeys {
			f.put(key, "content of "+key)
		}
		for _, key := range oddKeys {
			f.want(key, "content of "+key)
		}
		want := slices.Sorted(slices.Values(oddKeys))
		f.wantList("", want...)
		for _, key := range oddKeys[:len(oddKeys)/2] {
			if err := f.store.Delete(f.ctx, key); err != nil {
				f.Fatalf("delete %q: %v", key, err)
			}
			f.wantNone(key)
		}
		f.wantList("", slices.Sorted(slices.Values(oddKeys[len(oddKeys)/2:]))...)
	}},
	{"what is no key is refused", func(f *fixture) {
		for _, key := range badKeys {
			f.wantCode("put", f.try(key, "content", blob.PutOptions{}), model.Invalid)
			_, _, err := f.store.Get(f.ctx, key)
			f.wantCode("get", err, model.Invalid)
			_, err = f.store.Stat(f.ctx, key)
			f.wantCode("stat", err, model.Invalid)
			f.wantCode("delete", f.store.Delete(f.ctx, key), model.Invalid)
			_, err = f.store.SignGet(f.ctx, key, 1e9)
			f.wantCode("sign", err, model.Invalid)
		}
		f.wantList("")
	}},
}

var listTests = []test{
	{"a list is in the order of keys", func(f *fixture) {
		keys := []string{"b", "a", "a/b", "a-b", "a0", "a/b/c", "a/b-c", "B", "a/a"}
		for _, key := range keys {
			f.put(key, key)
		}
		f.wantList("", "B", "a", "a-b", "a/a", "a/b", "a/b-c", "a/b/c", "a0", "b")
		f.wantList("a", "a", "a-b", "a/a", "a/b", "a/b-c", "a/b/c", "a0")
		f.wantList("a/", "a/a", "a/b", "a/b-c", "a/b/c")
		f.wantList("a/b", "a/b", "a/b-c", "a/b/c")
		f.wantList("a/b/", "a/b/c")
		f.wantList("a/b/c/")
		f.wantList("c")
		f.wantList("../")
	}},
	{"a list starts after any text", func(f *fixture) {
		for _, key := range []string{"a", "b/c", "d"} {
			f.put(key, key)
		}
		for after, want := range map[string]string{
			"": "a b/c d", "A": "a b/c d", "a": "b/c d", "b": "b/c d", "b/": "b/c d", "b/c": "d", "b/d": "d", "b0": "d", "d": "", "z": "",
		} {
			var got []string
			list, err := f.store.List(f.ctx, "", after, 10)
			if err != nil {
				f.Fatal(err)
			}
			for _, o := range list {
				got = append(got, o.Key)
			}
			if strings.Join(got, " ") != want {
				f.Errorf("after %q: %q, want %q", after, got, want)
			}
		}
	}},
	{"a list tells the sizes", func(f *fixture) {
		f.put("k", "12345")
		list, err := f.store.List(f.ctx, "", "", 1)
		if err != nil || len(list) != 1 {
			f.Fatalf("list %v, error %v", list, err)
		}
		f.wantObject(list[0], "k", 5)
	}},
	{"a list has a limit", func(f *fixture) {
		for _, limit := range []int{-1, 0, blob.MaxLimit + 1} {
			_, err := f.store.List(f.ctx, "", "", limit)
			f.wantCode("list", err, model.Invalid)
		}
	}},
}
