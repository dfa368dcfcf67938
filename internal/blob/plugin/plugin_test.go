package plugin_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/blobtest"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/plugin"
	"github.com/pawlhq/pawl/internal/model"
)

func TestContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		s, _ := start(t, "file", t.TempDir())
		return s
	})
}

func put(t *testing.T, s blob.Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s blob.Store, key string) (string, error) {
	t.Helper()
	body, _, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(body)
	return string(content), errors.Join(err, body.Close())
}

// wantFailure checks the code of an error, and what it says.
func wantFailure(t *testing.T, err error, code model.Code, says ...string) {
	t.Helper()
	if err == nil || model.CodeOf(err) != code {
		t.Fatalf("error %v, want one with the code %v", err, code)
	}
	for _, part := range says {
		if text := err.Error() + "\n" + model.HintsOf(err); !strings.Contains(text, part) {
			t.Errorf("error %q, want %q in it", text, part)
		}
	}
}

// content is what takes several messages.
var content = strings.Repeat("0123456789abcdef", 1<<16)

func TestPlugInThatDiesInAPutStoresNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, said := start(t, "file", dir)
	err := s.Put(t.Context(), "die", strings.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	wantFailure(t, err, model.Unavailable, "the plug-in pawl-blob-test has ended: exit status 3: struck by lightning")
	for _, text := range []string{`text=opened`, `text="printed by a library"`, `text="struck by lightning"`, `how="exit status 3: struck by lightning"`} {
		if !said.has(text) {
			t.Errorf("the log lacks %s", text)
		}
	}
	list, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(list) != 0 {
		t.Errorf("list %v, error %v: the plug-in was to be started again and to have nothing", list, err)
	}
}

func TestPlugInThatDiesInAGetFailsAllThatWait(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", t.TempDir())
	put(t, s, "die later", content)
	put(t, s, "other", content)
	body, _, err := s.Get(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(t, s, "die later")
	wantFailure(t, err, model.Unavailable, "has ended")
	_, err = io.ReadAll(body)
	wantFailure(t, errors.Join(err, body.Close()), model.Unavailable, "has ended")
	if got, err := read(t, s, "other"); err != nil || got != content {
		t.Errorf("%d bytes after it was started again, error %v", len(got), err)
	}
}

func TestContentThatIsCutOffIsAnError(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", t.TempDir())
	for key, code := range map[string]model.Code{"short": model.Unavailable, "cut": model.Internal} {
		put(t, s, key, content)
		_, err := read(t, s, key)
		wantFailure(t, err, code)
	}
	put(t, s, "k", "fine")
	if got, err := read(t, s, "k"); err != nil || got != "fine" {
		t.Errorf("then %q, error %v", got, err)
	}
}

func TestWhatIsNoPlugIn(t *testing.T) {
	t.Parallel()
	for as, says := range map[string]string{
		"talkative": `what it says is not in the protocol: "Welcome!`,
		"old":       "it speaks version 7 of the protocol instead of 1",
		"unasked":   "", // its first answer is right
		"broken":    "exit status 4: no memory left",
		"silent":    "it did not answer within",
	} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, as, "", func(o *plugin.Options) { o.Patience = 500 * time.Millisecond })
			_, err := s.Stat(t.Context(), "k")
			wantFailure(t, err, model.Unavailable, says)
		})
	}
}

func TestSettingsThatThePlugInRefuses(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", "", func(o *plugin.Options) { o.Settings = map[string]string{"paht": "x"} })
	for range 2 {
		_, err := s.Stat(t.Context(), "k")
		wantFailure(t, err, model.Invalid, `the setting "paht" is not known`, `did you mean "path"?`)
	}
}

func TestPlugInThatIsDeafIsKilled(t *testing.T) {
	t.Parallel()
	s, said := start(t, "file", t.TempDir(), func(o *plugin.Options) { o.Patience = 500 * time.Millisecond })
	put(t, s, "k", "fine")
	cause := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, cause)
	defer cancel()
	if _, err := s.Stat(ctx, "deaf"); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	if got, err := read(t, s, "k"); err != nil || got != "fine" {
		t.Errorf("then %q, error %v", got, err)
	}
	if !said.has("it did not give up a call") {
		t.Error("the log does not say why it was killed")
	}
}

func TestErrorsKeepTheirCodesAndHints(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", t.TempDir())
	_, err := s.Stat(t.Context(), "none")
	wantFailure(t, err, model.NotFound, `there is no object "none"`)
	put(t, s, "k", "")
	err = s.Put(t.Context(), "k", strings.NewReader("x"), blob.PutOptions{Size: 1, IfAbsent: true})
	wantFailure(t, err, model.Conflict, `there is an object "k" already`)
}

// Bodies that are read in turns don't wait for each other.
func TestManyBodiesAreReadAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", t.TempDir())
	put(t, s, "k", content)
	bodies := make([]io.ReadCloser, 20)
	for i := range bodies {
		var err error
		if bodies[i], _, err = s.Get(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, bodies[i], 300<<10); err != nil {
			t.Fatal(err)
		}
	}
	copied, o, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "copy", copied, blob.PutOptions{Size: o.Size}); err != nil {
		t.Error(err)
	}
	for _, body := range append(bodies, copied) {
		if err := body.Close(); err != nil {
			t.Error(err)
		}
		if _, err := body.Read(make([]byte, 1)); err == nil {
			t.Error("read of a body that is closed")
		}
	}
	if got, err := read(t, s, "copy"); err != nil || got != content {
		t.Errorf("copied %d bytes, error %v", len(got), err)
	}
}

func TestPlugInIsLookedForOnPath(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, objects := t.TempDir(), t.TempDir()
	t.Setenv("PATH", dir)
	s, _ := start(t, "file", objects, func(o *plugin.Options) { o.Path = "" })
	_, err = s.Stat(t.Context(), "k")
	wantFailure(t, err, model.Invalid, "there is no program pawl-blob-test on PATH", "install the plug-in pawl-blob-test")
	if err := os.Symlink(self, filepath.Join(dir, "pawl-blob-test")); err != nil {
		t.Skip(err)
	}
	put(t, s, "k", "content")
	if _, err := plugin.Kind.Find("../test"); model.CodeOf(err) != model.Invalid {
		t.Errorf("error %v", err)
	}
}

func TestClosedStoreStartsNothing(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "file", t.TempDir())
	put(t, s, "k", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Stat(t.Context(), "k")
	wantFailure(t, err, model.Unavailable, "closed")
}

// The plug-in ends with its input, so that none outlives a server that was killed.
func TestWhatIsStoredOutlivesThePlugIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, said := start(t, "file", dir)
	put(t, s, "k", content)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if said.has("has ended") {
		t.Error("the log has a warning of an end that was asked for")
	}
	in, err := file.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if got, err := read(t, in, "k"); err != nil || got != content {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}
