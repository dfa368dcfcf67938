package remote

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

func TestTheEndpointIsTheFirstThatIsSaid(t *testing.T) {
	t.Parallel()
	where := func(config, flag string, env ...string) string {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{World: console.IO{Env: env}, endpoint: flag, ConfigOptions: console.ConfigOptions{File: path}}
		settings, err := o.Config(o.World)
		if err != nil {
			t.Fatal(err)
		}
		at, err := o.chosen(settings)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const config = "client.http.endpoint = http://c\n"
	got := []string{where("", ""), where(config, ""), where(config, "", "PAWL_ENDPOINT=e"), where(config, "f", "PAWL_ENDPOINT=e")}
	if diff := cmp.Diff([]string{"", "http://c", "e", "f"}, got); diff != "" {
		t.Error(diff)
	}
}

// A server of the folder is found, on this machine alone: who wrote the files of a
// project can't choose another one.
func TestTheServerOfTheFolderIsFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ own, here, want string }{
		{"", "server: {port: 7000}", "http://127.0.0.1:7000"},
		{"", "server: {bind: 0.0.0.0, port: 7000}", "http://127.0.0.1:7000"},
		{"", "server: {bind: '::', port: 7000}", "http://[::1]:7000"},
		{"", "server: {bind: localhost}", "http://localhost:65432"},
		{"", "server: {port: 7000, tls: {certificate: c.pem}}", "https://127.0.0.1:7000"},
		{"", "server: {port: 0}", ""},
		{"", "database: {type: memory}", ""},
		{"", "client: {http: {endpoint: 'http://192.0.2.1'}}", ""},
		{"server: {port: 8000}", "server: {port: 7000}", "http://127.0.0.1:8000"},
		{"client: {http: {endpoint: 'http://c'}}", "server: {port: 7000}", "http://c"},
		{"", "server: {bind: 192.0.2.1}", "pawl.yaml:1:16: server.bind is 192.0.2.1, which is no address of this machine"},
		{"", "server: {bind: pawl.example.com}", "pawl.yaml:1:16: server.bind is pawl.example.com, which is no address of this machine"},
		{"", "server: {port: many}", "pawl.yaml:1:16: server.port must be a port, from 0 to 65535"},
	} {
		home, here := t.TempDir(), t.TempDir()
		for path, text := range map[string]string{filepath.Join(home, "pawl.yaml"): tt.own, filepath.Join(here, "pawl.yaml"): tt.here} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := Options{World: console.IO{Dir: here, Env: []string{"PAWL_HOME=" + home}}}
		settings, err := o.Config(o.World)
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.chosen(settings)
		if err != nil {
			got = strings.TrimPrefix(err.Error(), here+string(filepath.Separator))
		}
		if got != tt.want {
			t.Errorf("%s: the server is %s, want %s", tt.here, got, tt.want)
		}
	}
}

// The program's version is that of the whole process, so this is no test of
// the command line.
func TestAServerMayWantAnotherVersion(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]model.Code{
		`{"serverVersion":"2","upgradeRecommended":false,"apiCompatible":true}`:  0,
		`{"serverVersion":"2","upgradeRecommended":true,"apiCompatible":true}`:   0,
		`{"serverVersion":"2","upgradeRecommended":false,"apiCompatible":false}`: model.Conflict,
	} {
		var stderr bytes.Buffer
		o := Options{World: console.IO{Stderr: &stderr}}
		fit := fitOf(t, answer)
		if err := o.judge(fit); model.CodeOf(err) != want && err != nil || (err == nil) != (want == 0) {
			t.Errorf("%s: %v", answer, err)
		}
		if warned := strings.Contains(stderr.String(), "pawl: warning: "); warned != fit.UpgradeRecommended {
			t.Errorf("%s: %s", answer, &stderr)
		}
	}
}

func fitOf(t *testing.T, answer string) client.Fit {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	defer s.Close()
	at, err := client.ParseEndpoint(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.Config{Endpoint: at})
	defer c.Close()
	fit, err := c.CheckVersion(context.Background(), "1.0")
	if err != nil {
		t.Fatal(err)
	}
	return fit
}
