package blobtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing/iotest"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

var errBody, errCause = errors.New("the body failed"), errors.New("the cause")

var faultTests = []test{
	{"a body of another size is refused", func(f *fixture) {
		for _, size := range []int64{-1, 0, 1, 6, 8, 1000, large} {
			for _, absent := range []bool{false, true} {
				err := f.store.Put(f.ctx, "k", strings.NewReader("content"), blob.PutOptions{Size: size, IfAbsent: absent})
				f.wantCode(fmt.Sprint("put with size ", size), err, model.Invalid)
			}
		}
		err := f.store.Put(f.ctx, "k", strings.NewReader(pattern(large)), blob.PutOptions{Size: large - 1})
		f.wantCode("put of more", err, model.Invalid)
		f.wantList("")
	}},
	{"a body that fails stores nothing", func(f *fixture) {
		f.put("old", "old")
		for _, size := range []int{0, 10, large - 1} {
			for _, key := range []string{"old", "new"} {
				body := io.MultiReader(strings.NewReader(pattern(size)), iotest.ErrReader(errBody))
				err := f.store.Put(f.ctx, key, body, blob.PutOptions{Size: large, IfAbsent: key == "new"})
				if !errors.Is(err, errBody) {
					f.Errorf("put with a body that fails after %d bytes: error %v", size, err)
				}
			}
		}
		f.want("old", "old")
		f.wantList("", "old")
	}},
	{"nothing is done once the context has ended", func(f *fixture) {
		f.put("k", "content")
		ctx, cancel := context.WithCancelCause(f.ctx)
		cancel(errCause)
		_, _, getErr := f.store.Get(ctx, "k")
		_, statErr := f.store.Stat(ctx, "k")
		_, listErr := f.store.List(ctx, "", "", 1)
		for what, err := range map[string]error{
			"put":    f.store.Put(ctx, "new", strings.NewReader("content"), blob.PutOptions{Size: 7}),
			"get":    getErr,
			"stat":   statErr,
			"list":   listErr,
			"delete": f.store.Delete(ctx, "k"),
		} {
			if !errors.Is(err, errCause) {
				f.Errorf("%s: error %v", what, err)
			}
		}
		f.wantList("", "k")
	}},
	{"a put that is cancelled stores nothing", func(f *fixture) {
		for _, at := range []int{5, large - 5} {
			for _, absent := range []bool{false, true} {
				ctx, cancel := context.WithCancelCause(f.ctx)
				content := pattern(large)
				body := io.MultiReader(
					strings.NewReader(content[:at]),
					hook(func() { cancel(errCause) }),
					strings.NewReader(content[at:]),
				)
				err := f.store.Put(ctx, "k", body, blob.PutOptions{Size: large, IfAbsent: absent})
				if !errors.Is(err, errCause) {
					f.Errorf("cancelled after %d bytes: error %v", at, err)
				}
			}
		}
		f.wantList("")
	}},
	{"reading ends when it is cancelled", func(f *fixture) {
		f.put("k", pattern(large))
		ctx, cancel := context.WithCancelCause(f.ctx)
		body, _, err := f.store.Get(ctx, "k")
		if err != nil {
			f.Fatal(err)
		}
		cancel(errCause)
		if n, err := io.Copy(io.Discard, body); !errors.Is(err, errCause) {
			f.Errorf("error %v after %d bytes", err, n)
		}
		if err := body.Close(); err != nil {
			f.Error(err)
		}
	}},
}

// hook is an empty reader that does something when it is its turn.
type hook func()

func (h hook) Read([]byte) (int, error) {
	h()
	return 0, io.EOF
}

var togetherTests = []test{
	{"one of many puts that need a new key succeeds", func(f *fixture) {
		errs := together(8, func(i int) error {
			return f.try("a/b", fmt.Sprint("content ", i), blob.PutOptions{IfAbsent: true})
		})
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				f.Errorf("puts %d and %d both succeeded", winner, i)
			case model.CodeOf(err) != model.Conflict:
				f.Errorf("put %d: %v", i, err)
			}
		}
		f.want("a/b", fmt.Sprint("content ", winner))
	}},
	{"readers see whole objects while it is replaced", func(f *fixture) {
		whole := map[string]bool{}
		for i := range 4 {
			whole[strings.Repeat(fmt.Sprint(i), 100_000+i)] = true
		}
		f.put("k", strings.Repeat("0", 100_000))
		for i, err := range together(8, func(i int) error {
			if i < 4 {
				return f.try("k", strings.Repeat(fmt.Sprint(i), 100_000+i), blob.PutOptions{})
			}
			for range 10 {
				got, err := f.read("k")
				if err != nil {
					return err
				}
				if !whole[got] {
					return fmt.Errorf("%d bytes that nobody put", len(got))
				}
			}
			return nil
		}) {
			if err != nil {
				f.Errorf("%d: %v", i, err)
			}
		}
	}},
	{"puts and deletes in one folder do not disturb each other", func(f *fixture) {
		for i, err := range together(8, func(i int) error {
			for n := range 10 {
				key := fmt.Sprintf("a/%d/%d", n, i)
				if err := f.try(key, key, blob.PutOptions{}); err != nil {
					return err
				}
				if n < 9 {
					if err := f.store.Delete(f.ctx, key); err != nil {
						return err
					}
				}
			}
			return nil
		}) {
			if err != nil {
				f.Errorf("%d: %v", i, err)
			}
		}
		f.wantList("", "a/9/0", "a/9/1", "a/9/2", "a/9/3", "a/9/4", "a/9/5", "a/9/6", "a/9/7")
	}},
}
