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
		return o.address(settings)
	}
	const config = "client.http.endpoint = http://c\n"
	got := []string{where("", ""), where(config, ""), where(config, "", "PAWL_ENDPOINT=e"), where(config, "f", "PAWL_ENDPOINT=e")}
	if diff := cmp.Diff([]string{client.DefaultEndpoint, "http://c", "e", "f"}, got); diff != "" {
		t.Error(diff)
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
