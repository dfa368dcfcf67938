package boundary_test

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/boundary"
)

// broken is an error whose methods panic.
type broken struct{ text *string }

func (b broken) Error() string { return *b.text }

var errWhy = errors.New("why")

func panics(v any) (int, error) { panic(v) }

func TestWhateverCodeDoesIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call func() (int, error)
		text string
		is   error
	}{
		"an error":                  {func() (int, error) { return 0, errWhy }, "why", errWhy},
		"a panic":                   {func() (int, error) { return panics("oh") }, "panic: oh", nil},
		"a panic with an error":     {func() (int, error) { return panics(fmt.Errorf("x: %w", errWhy)) }, "panic: x: why", errWhy},
		"a panic with nothing":      {func() (int, error) { return panics(nil) }, "panic: panic called with nil argument", nil},
		"a panic with a broken one": {func() (int, error) { return panics(broken{}) }, "panic: %!v(PANIC=Error method: runtime error", nil},
		"a panic of the system": {func() (int, error) {
			var list []int
			return list[len(list)], nil
		}, "panic: runtime error: index out of range", nil},
		"a panic while it unwinds": {func() (int, error) {
			defer func() { panic("second") }()
			return panics("first")
		}, "panic: second", nil},
		"the end of its goroutine": {func() (int, error) {
			runtime.Goexit()
			return 0, nil
		}, "the function has ended its goroutine", boundary.ErrGoexit},
		"a panic with much": {func() (int, error) { return panics(strings.Repeat("x\xff", 1<<20)) }, "panic: x\xffx", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boundary.Call(c.call)
			if err == nil || !strings.HasPrefix(boundary.Text(err), c.text) || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("got %.200v, want %s", err, c.text)
			}
			var p *boundary.Panic
			if errors.As(err, &p) != strings.HasPrefix(c.text, "panic: ") {
				t.Errorf("it is a panic: %v", p)
			}
			if p == nil {
				return
			}
			told := p.Traceback()
			if !strings.Contains(told, "boundary_test.go:") || strings.Contains(told, "boundary.Call") || strings.Contains(told, "runtime.") {
				t.Errorf("the calls are\n%s", told)
			}
		})
	}
}

func TestWhatReturnsIsReturned(t *testing.T) {
	t.Parallel()
	if n, err := boundary.Call(func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestDescriptionsSayTheClassAndTheCause(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		`{"class":"error"}`: errWhy,
		`{"class":"*fs.PathError","cause":{"class":"error","message":"why"}}`: fmt.Errorf("read it: %w", &fs.PathError{Op: "open", Path: "x", Err: errWhy}),
		`{"class":"boundary_test.broken"}`:                                    broken{},
		`{"class":"error","cause":{"class":"error","message":"why"}}`:         fmt.Errorf("it: %w", errWhy),
	} {
		if got := fmt.Sprint(boundary.Describe(err)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, err := boundary.Call(func() (int, error) { return panics(errWhy) })
	m := boundary.Describe(err)
	cause, _ := m.MapAt("cause")
	file, _ := m.String("file")
	if text, _ := cause.String("message"); text != "why" || !strings.HasSuffix(file, "boundary_test.go") {
		t.Errorf("got %v", m)
	}
}

func FuzzCall(f *testing.F) {
	f.Add("text", 0)
	f.Add("\xff\x00", 1)
	f.Add("", 2)
	f.Fuzz(func(t *testing.T, text string, how int) {
		_, err := boundary.Call(func() (int, error) {
			switch how % 4 {
			case 0:
				panic(text)
			case 1:
				return 0, errors.New(text)
			case 2:
				panic(errors.New(text))
			}
			runtime.Goexit()
			return 0, nil
		})
		if err == nil {
			t.Error("there is no error")
		}
		boundary.Describe(err)
	})
}
