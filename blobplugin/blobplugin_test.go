package blobplugin_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/blobplugin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// only is a store of one object.
type only struct {
	blobplugin.Store
	key, content string
	closed       bool
}

func (o *only) Put(ctx context.Context, key string, body io.Reader, options blobplugin.PutOptions) error {
	content, err := io.ReadAll(blobplugin.Until(ctx, blobplugin.Exactly(body, options.Size)))
	if err == nil {
		o.key, o.content = key, string(content)
	}
	return err
}

func (o *only) Stat(_ context.Context, key string) (blobplugin.Object, error) {
	if key != o.key {
		return blobplugin.Object{}, blobplugin.Errorf(blobplugin.NotFound, "there is no object %q", key)
	}
	return blobplugin.Object{Key: key, Size: int64(len(o.content)), Modified: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, nil
}

func (o *only) Get(ctx context.Context, key string) (io.ReadCloser, blobplugin.Object, error) {
	found, err := o.Stat(ctx, key)
	return io.NopCloser(strings.NewReader(o.content)), found, err
}

func (o *only) Close() error {
	o.closed = true
	return nil
}

// talk is a plug-in that is spoken to.
type talk struct {
	*testing.T
	store *only
	to    *io.PipeWriter
	from  *bufio.Reader
	ended chan error
}

func begin(t *testing.T) *talk {
	in, to := io.Pipe()
	from, out := io.Pipe()
	c := &talk{T: t, store: &only{}, to: to, from: bufio.NewReader(from), ended: make(chan error, 1)}
	go func() {
		err := blobplugin.Serve(in, out, "pawl-blob-test 1.0", func(context.Context, blobplugin.Settings) (blobplugin.Store, error) {
			return c.store, nil
		})
		out.Close()
		c.ended <- err
	}()
	return c
}

func (c *talk) say(text string) {
	c.Helper()
	if _, err := io.WriteString(c.to, text); err != nil {
		c.Fatal(err)
	}
}

func (c *talk) hear(want string) {
	c.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c.from, got); err != nil || string(got) != want {
		c.Fatalf("it says %q, want %q, error %v", got, want, err)
	}
}

// close ends the input of the plug-in, and returns how that ended.
func (c *talk) close() error {
	c.to.Close()
	return <-c.ended
}

// The example of the reference is a conversation that takes place.
func TestExampleOfTheReference(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/blob-plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "## Example")
	_, example, _ = strings.Cut(example, "```\n")
	example, _, _ = strings.Cut(example, "```")
	c := begin(t)
	lines := 0
	for line := range strings.Lines(example) {
		text := line[2:]
		if !strings.HasPrefix(text, "{") {
			text = strings.TrimSuffix(text, "\n")
		}
		if line[0] == '>' {
			c.say(text)
		} else {
			c.hear(text)
		}
		lines++
	}
	if err := c.close(); err != nil || lines < 10 || !c.store.closed {
		t.Errorf("%d lines, error %v, closed %v", lines, err, c.store.closed)
	}
}

const hello = `{"type":"hello","id":1,"protocol":1}` + "\n"

// greeted begins a conversation.
func greeted(t *testing.T) *talk {
	c := begin(t)
	c.say(hello)
	c.hear(`{"type":"done","id":1,"protocol":1,"program":"pawl-blob-test 1.0"}` + "\n")
	return c
}

func TestPutThatIsCutOffStoresNothing(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]string{
		"input ends": "",
		"cancelled":  `{"type":"cancel","id":2}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := greeted(t)
			c.say(`{"type":"put","id":2,"key":"k","size":3}` + "\n")
			c.hear(`{"type":"want","id":2,"limit":4}` + "\n")
			c.say(`{"type":"piece","id":2,"length":3}` + "\nabc")
			c.hear(`{"type":"want","id":2,"limit":4}` + "\n")
			c.say(rest)
			if rest != "" {
				c.hear(`{"type":"error","id":2,"error":{"code":"internal","message":"context canceled"}}` + "\n")
				c.say(`{"type":"piece","id":2,"length":3,"last":true}` + "\nabc")  // crossed the error
				c.say(strings.Repeat(`{"type":"want","id":2,"limit":1}`+"\n", 10)) // of a call that is forgotten
				c.say(`{"type":"stat","id":3,"key":"k"}` + "\n")
				c.hear(`{"type":"error","id":3,"error":{"code":"not_found","message":"there is no object \"k\""}}` + "\n")
			}
			if err := c.close(); err != nil || c.store.key != "" {
				t.Errorf("stored %q, error %v", c.store.content, err)
			}
		})
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := begin(t)
	c.say(`{"type":"stat","id":1,"key":"k"}` + "\n")
	c.hear(`{"type":"error","id":1,"error":{"code":"internal","message":"the first call is hello"}}` + "\n")
	c.say(`{"type":"hello","id":2,"protocol":2}` + "\n")
	c.hear(`{"type":"error","id":2,"error":{"code":"invalid","message":"pawl-blob-test 1.0 speaks version 1 of the protocol, and pawl version 2","hint":"install the plug-in of the same release as pawl"}}` + "\n")
	if err := c.close(); err != nil {
		t.Error(err)
	}
}

func TestNonsenseEndsAPlugIn(t *testing.T) {
	t.Parallel()
	c := greeted(t)
	c.say("no JSON\n")
	if err := c.close(); err == nil || !strings.Contains(err.Error(), `"no JSON`) || !c.store.closed {
		t.Errorf("error %v, closed %v", err, c.store.closed)
	}
}
