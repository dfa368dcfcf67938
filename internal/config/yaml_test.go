package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// structured reads a YAML file with that text.
func structured(t *testing.T, text string, vars map[string]string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), config.FileName)
	write(t, path, text)
	return config.Load(config.Sources{Env: env(vars), File: path})
}

func TestSectionsAreKeysWithDots(t *testing.T) {
	t.Parallel()
	c, err := structured(t, `
database: {type: postgresql, port: 0644, ssl: yes}
kafka:
  brokers: [k1:9092, k2:9092]
  topics:
    orders.v1: {codec: json, keys: {order: body.id}}
  tls: true
  tls.ca: "/ca"
retention:
tmpdir: /tmp
`, nil)
	if err != nil || len(c.Faults()) > 0 {
		t.Fatal(err, c.Faults())
	}
	want := map[string]string{
		"database.type": "postgresql", "database.port": "0644", "database.ssl": "yes", "kafka.brokers": "k1:9092,k2:9092",
		"kafka.topics.orders.v1.codec": "json", "kafka.topics.orders.v1.keys.order": "body.id", "kafka.tls": "true", "kafka.tls.ca": "/ca", "tmpdir": "/tmp",
	}
	if diff := cmp.Diff(want, settings(c)); diff != "" {
		t.Error(diff)
	}
	if at, _ := c.Setting("kafka.tls"); !strings.HasSuffix(at.Origin, "pawl.yaml:7:8") || !at.Structured() {
		t.Errorf("kafka.tls is from %s", at.Origin)
	}
}

func TestValuesCanBeElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "password"), "marker\n")
	path := filepath.Join(dir, config.FileName)
	write(t, path, "database:\n  user: {env: WHO}\n  password: {file: password}\n  hosts: [{env: WHO}, b]\n")
	c, err := config.Load(config.Sources{Env: env(map[string]string{"WHO": "ann"}), File: path})
	if err != nil || len(c.Faults()) > 0 {
		t.Fatal(err, c.Faults())
	}
	if diff := cmp.Diff(map[string]string{"database.user": "ann", "database.password": "marker", "database.hosts": "ann,b"}, settings(c)); diff != "" {
		t.Error(diff)
	}
	user, _ := c.Setting("database.user")
	password, _ := c.Setting("database.password")
	if !strings.HasSuffix(user.Origin, "pawl.yaml:2:9, from $WHO") || user.Concealed || !password.Concealed {
		t.Errorf("user is from %s, %v; the password is concealed: %v", user.Origin, user.Concealed, password.Concealed)
	}
}

// All of them are told, each with its place.
func TestValuesThatCannotBeHadAreFaults(t *testing.T) {
	t.Parallel()
	c, err := structured(t, `
database:
  user: {env: WHO}
  password: {file: nowhere}
  host:
kafka: {brokers: ["a,b", [c]], tls.ca: x, tls: {ca: y}}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range c.Faults() {
		got = append(got, fault.Error()[strings.Index(fault.Error(), "pawl.yaml"):])
	}
	want := []string{
		"pawl.yaml:3:15: database.user: the environment variable WHO is not set",
		"pawl.yaml:4:20: database.password: open ",
		"pawl.yaml:5:8: database.host has no value",
		"pawl.yaml:6:19: an item of kafka.brokers can't have a comma, which stands between items",
		"pawl.yaml:6:26: an item of kafka.brokers must be a text, not a list",
		"pawl.yaml:6:53: kafka.tls.ca is there already, in line 6",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
	if e := c.Faults()[0]; e.Source != "  user: {env: WHO}" {
		t.Errorf("the line is %q", e.Source)
	}
}

func TestParametersAreWhatTheyAreInYAML(t *testing.T) {
	t.Parallel()
	c, err := structured(t, "params:\n  n: 5\n  list: [a, 1]\n  deploy: {env: prod, retries: 3}\n  only: {env: prod}\n  empty: {}\n  text: '7'\n", nil)
	if err != nil || len(c.Faults()) > 0 {
		t.Fatal(err, c.Faults())
	}
	got := string(params.AppendJSON(nil, c.Under("params")))
	if want := `{"n":5,"list":["a",1],"deploy":{"env":"prod","retries":3},"only":{"env":"prod"},"empty":{},"text":"7"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAFileThatIsNoMappingIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"- a\n", "a: [\n", "just text\n"} {
		if _, err := structured(t, text, nil); err == nil || !strings.Contains(err.Error(), "pawl.yaml:") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if c, err := structured(t, "# nothing\n", nil); err != nil || len(c.Keys()) > 0 {
		t.Errorf("an empty file: %v", err)
	}
}

func TestTheNearestFileWins(t *testing.T) {
	t.Parallel()
	home, project, inst := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(home, "pawl", "config"), "a.a = user\na.b = user\na.c = user\na.d = user\n")
	write(t, filepath.Join(home, "pawl", config.FileName), "a: {b: user.yaml, c: user.yaml, d: user.yaml}\n")
	write(t, filepath.Join(project, config.FileName), "a: {c: project, d: project}\n")
	write(t, filepath.Join(inst, config.FileName), "a: {a: installation, c: installation}\n")
	chosen := filepath.Join(t.TempDir(), "chosen.yml")
	write(t, chosen, "a: {a: chosen, d: chosen}\n")
	user := map[string]string{"XDG_CONFIG_HOME": home}
	installed := map[string]string{"XDG_CONFIG_HOME": home, config.HomeVariable: inst}
	for name, c := range map[string]struct {
		from config.Sources
		want string
	}{
		"all":                  {config.Sources{Env: env(user), Project: project, Overrides: []string{"a.d=flag"}}, "user user.yaml project flag"},
		"no project":           {config.Sources{Env: env(user)}, "user user.yaml user.yaml user.yaml"},
		"an installation":      {config.Sources{Env: env(installed), Project: project}, "installation  project project"},
		"a chosen file":        {config.Sources{Env: env(installed), Project: project, File: chosen}, "chosen   chosen"},
		"flags over that":      {config.Sources{Env: env(user), File: chosen, Overrides: []string{"a.d=flag"}}, "chosen   flag"},
		"both the same folder": {config.Sources{Env: env(installed), Project: inst}, "installation  installation "},
	} {
		got, err := config.Load(c.from)
		if err != nil {
			t.Fatal(name, err)
		}
		var values []string
		for _, key := range []string{"a.a", "a.b", "a.c", "a.d"} {
			value, _ := got.Get(key)
			values = append(values, value)
		}
		if have := strings.Join(values, " "); have != c.want {
			t.Errorf("%s: %q, want %q", name, have, c.want)
		}
	}
}

func TestTheFolderOfAnInstallationMustBeOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for value, want := range map[string]string{
		"relative":                    "PAWL_HOME must be an absolute path",
		filepath.Join(dir, "missing"): "which does not exist",
		filepath.Join(dir, "file"):    "which is no folder",
	} {
		_, err := config.Load(config.Sources{Env: env(map[string]string{config.HomeVariable: value})})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
	of := config.Sources{Env: env(map[string]string{config.HomeVariable: "~/" + filepath.Base(dir), "HOME": filepath.Dir(dir)})}
	if got, err := of.Installation(); err != nil || got != dir {
		t.Errorf("~ leads to %s, %v", got, err)
	}
}

func TestAReferenceIsTheConfigurationElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p"), "marker")
	path := filepath.Join(dir, config.FileName)
	write(t, path, "database: {type: sqlite, password: {file: p}}\nparams: {n: [1, 2]}\n")
	c, err := config.Load(config.Sources{Env: env(nil), File: path, Overrides: []string{"x.y=z"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.FromReference(c.Reference())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(settings(c), settings(got)); diff != "" {
		t.Error(diff)
	}
	for _, key := range c.Keys() {
		had, _ := c.Setting(key)
		has, _ := got.Setting(key)
		if had.Origin != has.Origin || had.Concealed != has.Concealed {
			t.Errorf("%s: %+v has become %+v", key, had, has)
		}
	}
	if was, is := params.AppendJSON(nil, c.Under("params")), params.AppendJSON(nil, got.Under("params")); string(was) != string(is) {
		t.Errorf("parameters %s have become %s", was, is)
	}
	for _, bad := range []string{"", "{", `{"pawl_instance":2}`, `{"settings":[]}`, `{"pawl_instance":1,"settings":[{"key":"a","typed":1e}]}`} {
		if _, err := config.FromReference(bad); model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), "no reference of an instance") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAnErrorAboutASettingPointsToItsValue(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, "\n  a.b   =  x\nlong \\\n  = y\n")
	c, err := config.Load(config.Sources{Env: env(nil), File: path, Overrides: []string{"c=d"}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a.b": path + ":2:12: wrong", "long": path + ":3:6: wrong", "c": "-X: wrong"} {
		if got := c.Errorf(key, "wrong").Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := c.Errorf("a.b", "wrong").Excerpt(); !strings.Contains(got, "  a.b   =  x\n") {
		t.Errorf("the line is not shown: %s", got)
	}
}

func TestWhatIsNoYAMLIsNotShown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"database:\n  password: \"geheim: x\n", "database:\n  password: geheim: x\n", "secrets:\n  api: @geheim\n",
		"database:\n  password: geheim\n  - x\n", "database: {password: geheim\n", "database:\n  password: |\n    geheim\n  geheim\n",
	} {
		_, err := structured(t, text, nil)
		var list document.Errors
		if !errors.As(err, &list) || strings.Contains(list.Excerpt(), "geheim") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
