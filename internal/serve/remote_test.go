package serve_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/blobplugin"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

// folderPlugin is the plug-in that the tests find on PATH: this binary.
const folderPlugin = "pawl-blob-folder"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == folderPlugin {
		os.Exit(blobplugin.Main(folderPlugin+" 1.0", openFolder))
	}
	os.Exit(withPlugin(m.Run))
}

func openFolder(_ context.Context, settings blobplugin.Settings) (blobplugin.Store, error) {
	if err := settings.Check("bucket"); err != nil {
		return nil, err
	}
	return file.Open(settings["bucket"])
}

// withPlugin runs tests with the plug-in on PATH.
func withPlugin(run func() int) int {
	dir, err := os.MkdirTemp("", "plugins-")
	if err == nil {
		defer os.RemoveAll(dir)
		var self string
		if self, err = os.Executable(); err == nil {
			err = os.Symlink(self, filepath.Join(dir, folderPlugin))
		}
	}
	if err == nil {
		err = os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

// What tasks print and the archives of projects go where a plug-in takes them.
func TestLogsAndArchivesInAPlugIn(t *testing.T) {
	t.Parallel()
	folder, objects := t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "w.dig"), "+a:\n  echo>: hello from the plug-in\n")
	cfg := settings(t, "log-server.type", "folder", "log-server.folder.bucket", objects, "log-server.folder.path", "logs",
		"archive.type", "Folder", "archive.folder.bucket", objects, "archive.folder.path", "archives/")
	var log paper
	s, err := serve.Open(t.Context(), serve.Config{
		Settings: cfg, Env: os.Environ(), Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	push(t, s, folder)
	attempt := start(t, s)
	if said := get(t, s, "/api/pawl/v1/attempts/"+attempt+"/logs/+w+a/follow"); !strings.Contains(said, "hello from the plug-in") {
		t.Errorf("the stream has %q", said)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	in, err := file.Open(objects)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for prefix, suffix := range map[string]string{"logs/db-": ".log.gz", "archives/": ".tar.gz"} {
		list, err := in.List(t.Context(), prefix, "", 10)
		if err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Key, suffix) || prefix == "logs/db-" && !strings.Contains(list[0].Key, "/"+attempt+"/") {
			t.Errorf("there are %v below %s, %v", list, prefix, err)
		}
	}
	messages, all := log.lines(t)
	if !slices.Contains(messages, "plug-in starts") || strings.Contains(all, `"level":"WARN"`) {
		t.Errorf("the log is\n%s", all)
	}
}

func TestTypeWithoutAPlugIn(t *testing.T) {
	t.Parallel()
	const others = " must be db, file, s3, or a type that has a plug-in on PATH, such as gcs"
	for kind, hint := range map[string]string{
		"gcs":    "install the plug-in pawl-blob-gcs beside pawl, or name its folder in PATH",
		"s4":     `did you mean "s3"?`,
		"gfs":    `did you mean "gcs"?`,
		"azure":  "there is no program pawl-blob-azure on PATH",
		"../bad": "",
	} {
		faults := serve.Faults(settings(t, "archive.type", kind))
		if len(faults) != 1 || faults[0].Error() != "test: archive.type"+others || model.HintsOf(faults[0]) != hint {
			t.Errorf("%s: %q, hint %q, want %q", kind, faults, model.HintsOf(faults[0]), hint)
		}
	}
}

func TestSettingsOfPlugIns(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "archive.folder.anything", "x", "archive.gcs.bucket", "b", "archive.s4.bucket", "b", "log-server.gcs.credentials.json.content", "marker")
	var got []string
	for _, d := range serve.Doubts(cfg) {
		got = append(got, d.Key+" "+d.Reason)
	}
	const absent = " is for the plug-in pawl-blob-gcs, which is not on PATH"
	want := []string{"archive.gcs.bucket" + absent, "log-server.gcs.credentials.json.content" + absent}
	if !slices.Equal(got, want) {
		t.Errorf("doubts %q, want %q", got, want)
	}
	if faults := serve.Faults(cfg); len(faults) != 1 || faults[0].Error() != "test: archive.s4.bucket is no setting" {
		t.Errorf("faults %v", faults)
	}
	for _, e := range serve.Settings(cfg) {
		if strings.Contains(e.Value, "marker") {
			t.Errorf("%s is shown as %s", e.Key, e.Value)
		}
	}
}

func TestDoctorTriesPlugIns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for setting, want := range map[string]serve.Finding{
		"bucket": {Grade: serve.Fine, Message: "folder://" + dir + "/logs can be written"},
		"bukket": {Grade: serve.Problem, Message: `the setting "bukket" is not known`},
	} {
		cfg := settings(t, "log-server.type", "folder", "log-server.folder."+setting, dir, "log-server.folder.path", "/logs")
		for _, f := range serve.Examine(t.Context(), cfg, os.Environ()) {
			if f.Check == "task logs" && (f.Grade != want.Grade || f.Message != want.Message) {
				t.Errorf("found %+v, want %+v", f, want)
			}
		}
	}
}
