package plugin_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/blobplugin"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/plugin"
)

// behave names the variable that makes the test binary a plug-in.
const behave = "PAWL_TEST_PLUGIN"

func TestMain(m *testing.M) {
	switch as := os.Getenv(behave); as {
	case "":
		goleak.VerifyTestMain(m)
	case "file":
		os.Exit(blobplugin.Main("test 1.0", openFolder))
	default:
		misbehave(as)
	}
}

// misbehave is what plug-ins do that are none.
func misbehave(as string) {
	switch as {
	case "talkative":
		fmt.Println("Welcome!")
	case "old":
		fmt.Println(`{"type":"done","id":1,"protocol":7,"program":"test"}`)
	case "unasked":
		fmt.Println(`{"type":"done","id":1,"protocol":1,"program":"test"}`)
		fmt.Println(`{"type":"done","id":99}`)
	case "broken":
		fmt.Fprintln(os.Stderr, "no memory left")
		os.Exit(4)
	case "silent":
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// folder is a store in a folder with objects that go wrong.
type folder struct{ *file.Store }

func openFolder(_ context.Context, settings blobplugin.Settings) (blobplugin.Store, error) {
	if err := settings.Check("path"); err != nil {
		return nil, err
	}
	fmt.Println("printed by a library")
	fmt.Fprintln(os.Stderr, "opened")
	s, err := file.Open(settings["path"])
	return folder{s}, err
}

func (f folder) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	if key == "die" {
		body = io.MultiReader(io.LimitReader(body, options.Size-1), dying{})
	}
	return f.Store.Put(ctx, key, body, options)
}

func (f folder) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	body, o, err := f.Store.Get(ctx, key)
	switch key {
	case "die later":
		body = io.NopCloser(io.MultiReader(io.LimitReader(body, 600<<10), dying{}))
	case "short":
		body = io.NopCloser(io.LimitReader(body, o.Size-1))
	case "cut":
		body = io.NopCloser(io.MultiReader(io.LimitReader(body, o.Size-1), cut{}))
	}
	return body, o, err
}

func (f folder) Stat(ctx context.Context, key string) (blob.Object, error) {
	if key == "deaf" {
		select {}
	}
	return f.Store.Stat(ctx, key)
}

// dying is where the plug-in dies.
type dying struct{}

func (dying) Read([]byte) (int, error) {
	fmt.Fprintln(os.Stderr, "struck by lightning")
	os.Exit(3)
	return 0, nil
}

// cut is the end of a connection that was cut.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// log is a log that can be read.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// start opens the store of a plug-in of this binary.
func start(t *testing.T, as, dir string, change ...func(*plugin.Options)) (*plugin.Store, *log) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := &log{}
	o := plugin.Options{
		Type: "test", Settings: map[string]string{"path": dir}, Log: slog.New(slog.NewTextHandler(said, nil)),
		Path: self, Env: append(os.Environ(), behave+"="+as), Patience: time.Minute,
	}
	for _, f := range change {
		f(&o)
	}
	s := plugin.Open(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, said
}
