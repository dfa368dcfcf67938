package serve

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/kind"
)

func configured(pairs ...string) *config.Config {
	c := &config.Config{}
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1], "here")
	}
	return c
}

// What a server reads is described.
func TestEverySettingThatIsReadIsDescribed(t *testing.T) {
	t.Parallel()
	set := newSettings(&config.Config{})
	set.readAll()
	if set.err != nil {
		t.Fatal(set.err)
	}
	if n := len(set.table.Options()); n < 150 {
		t.Fatalf("only %d settings are described", n)
	}
	literal := regexp.MustCompile(`"((?:server|database|archive|log-server|agent|executor|api|retention|config|notification|client|log)\.[a-z0-9_.-]+[a-z0-9])"`)
	for _, dir := range []string{".", "../auth", "../operators/notify", "../operators/httpop", "../operators/flow", "../cli"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				above := slices.ContainsFunc(set.table.Options(), func(k *kind.Known) bool { return strings.HasPrefix(k.Key, m[1]+".") })
				if !strings.HasSuffix(file, "_test.go") && set.table.Find(m[1]) == nil && !above && !slices.Contains(notSettings, m[1]) {
					t.Errorf("%s reads %s, which is not described", file, m[1])
				}
			}
		}
	}
}

// notSettings look like settings and are none.
var notSettings = []string{"executor.enabled", "schedule.enabled", "log.list", "log.get", "archive.get"}

func TestSettingsThatNobodyReadsAreDoubtedOrRefused(t *testing.T) {
	t.Parallel()
	cfg := configured(
		"server.prt", "1", "server.port", "2", "params.a.b", "3", "queue.db.max_concurrency", "4", "what.is.this.thing", "5", "secrets.a", "6",
		"sever.port", "7", "archive.file.pth", "8",
	)
	want := []Doubt{
		{Key: "queue.db.max_concurrency", Origin: "here", Reason: "is a setting of Digdag that has no effect here"},
		{Key: "what.is.this.thing", Origin: "here", Reason: "is not known"},
	}
	if diff := cmp.Diff(want, Doubts(cfg)); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, fault := range Faults(cfg) {
		got = append(got, fault.Error()+" | "+strings.Join(fault.Hints, " "))
	}
	if diff := cmp.Diff([]string{
		`here: server.prt is no setting | did you mean "server.port"?`,
		`here: there is no section sever | did you mean "server"?`,
		`here: archive.file.pth is no setting | did you mean "archive.file.path"?`,
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"database.password", "marker", Hidden},
		{"digdag.secret-encryption-key", "marker", Hidden},
		{"server.authenticator.basic.password", "marker", Hidden},
		{"server.authenticator.jwt.secret", "marker", Hidden},
		{"server.http.headers.X", "marker", Hidden},
		{"archive.s3.credentials.secret-access-key", "marker", Hidden},
		{"client.http.headers.Authorization", "marker", Hidden},
		{"secrets.a.b", "marker", Hidden},
		{"params.db.password", "marker", Hidden},
		{"param_server.database.password", "marker", Hidden},
		{"database.url", "postgres://u:marker@h/d?sslmode=require", "postgres://u:hidden@h/d?sslmode=require"},
		{"database.url", "postgres://h/d?password=marker", "postgres://h/d?password=hidden"},
		{"database.url", "host=h password=marker", Hidden},
		{"database.password", "", ""},
		{"params.day", "monday", "monday"},
		{"server.tls.key", "/etc/key.pem", "/etc/key.pem"},
	} {
		if got := Shown(c[0], c[1]); got != c[2] {
			t.Errorf("%s = %s is shown as %s", c[0], c[1], got)
		}
	}
}

func TestSettingsInForceHaveTheirOrigin(t *testing.T) {
	t.Parallel()
	got := make(map[string]Effective)
	for _, e := range Settings(configured("server.port", "7000", "database.password", "marker")) {
		got[e.Key] = e
	}
	for _, want := range []Effective{
		{"server.port", "7000", "here"}, {"server.bind", "127.0.0.1", "default"},
		{"database.password", Hidden, "here"}, {"executor.attempt_ttl", "7d", "default"},
	} {
		if got[want.Key] != want {
			t.Errorf("%+v, want %+v", got[want.Key], want)
		}
	}
}

func TestAllFaultsOfSettingsAreFound(t *testing.T) {
	t.Parallel()
	got := Faults(configured("server.port", "x", "retention.attempts", "soon", "digdag.secret-encryption-key", "short"))
	if len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

// Operators see their settings, and nothing of the server's.
func TestOperatorsGetTheirSettings(t *testing.T) {
	t.Parallel()
	s := newSettings(configured("notification.type", "log", "database.password", "x", "config.http.max_redirects", "3"))
	want := map[string]string{"notification.type": "log", "config.http.max_redirects": "3"}
	if diff := cmp.Diff(want, s.operators()); diff != "" {
		t.Error(diff)
	}
}

func TestTasksDoNotSeeTheConfiguration(t *testing.T) {
	t.Parallel()
	got := ofTasks([]string{"A=1", "DIGDAG_CONFIG=database.password = marker", "DIGDAG_CONFIG_HOME=/x"})
	if diff := cmp.Diff([]string{"A=1", "DIGDAG_CONFIG_HOME=/x"}, got); diff != "" {
		t.Error(diff)
	}
}
