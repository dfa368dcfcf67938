package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/config"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLaterSourcesWinAndAreNamed(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, filepath.Join(home, "digdag", "config"), "a = digdag\nb = digdag\nc = digdag\nd = digdag\n")
	write(t, filepath.Join(home, "pawl", "config"), "# ours\n\nb: pawl\nc pawl\nd=pawl\n")
	c, err := config.Load(config.Sources{
		Env:       env(map[string]string{"XDG_CONFIG_HOME": home, "DIGDAG_CONFIG": "c = env\nd = env"}),
		Overrides: []string{"d=flag"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ key, value, origin string }{
		{"a", "digdag", "digdag/config:1"}, {"b", "pawl", "pawl/config:3"},
		{"c", "env", "DIGDAG_CONFIG:1"}, {"d", "flag", "-X"},
	} {
		s, ok := c.Setting(want.key)
		if !ok || s.Value != want.value || !strings.HasSuffix(s.Origin, want.origin) {
			t.Errorf("%s: got %+v, want %s from %s", want.key, s, want.value, want.origin)
		}
	}
}

func TestAChosenFileReplacesTheDefaultsAndWins(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, filepath.Join(home, "digdag", "config"), "a = default\n")
	chosen := filepath.Join(home, "chosen")
	write(t, chosen, "b = file\n")
	c, err := config.Load(config.Sources{
		Env: env(map[string]string{"XDG_CONFIG_HOME": home}), File: chosen, Overrides: []string{"b=flag"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Get("a"); ok {
		t.Error("the default file was read")
	}
	if b, _ := c.Get("b"); b != "file" {
		t.Errorf("b = %q, want file", b)
	}
	if _, err := config.Load(config.Sources{Env: env(nil), File: filepath.Join(home, "missing")}); err == nil {
		t.Error("a chosen file that does not exist is no error")
	}
}

func TestPropertiesAreReadAsJavaReadsThem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, strings.Join([]string{
		`  ! comment`, `one=1`, `two : 2 `, `three   3`, `four`, `k\=ey\ x = v`,
		`long = a, \`, `    b\\`, `esc=\t\u00e9\q`, `smile=\ud83d\ude00\ud83d`, `params.a.b = x`, `params.a.c = y`,
	}, "\r\n"))
	c, err := config.Load(config.Sources{Env: env(nil), File: path})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"one": "1", "two": "2 ", "three": "3", "four": "", "k=ey x": "v", "long": `a, b\`, "esc": "\téq", "smile": "😀\ufffd",
	} {
		if got, ok := c.Get(key); !ok || got != want {
			t.Errorf("%s = %q, %v; want %q", key, got, ok, want)
		}
	}
	if got, want := c.Under("params").Keys(), 1; got == nil || c.Under("params").Len() != want {
		t.Errorf("params = %v", c.Under("params"))
	}
	if v, ok := c.Under("params").At("a", "c"); !ok || v != "y" {
		t.Errorf("params.a.c = %v", v)
	}
	if got := c.Flat("params")["a.b"]; got != "x" {
		t.Errorf("flat a.b = %q", got)
	}
}

func TestMistakesNameTheirLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, "a=1\nb=\\u12\n")
	_, err := config.Load(config.Sources{Env: env(nil), File: path})
	if err == nil || !strings.Contains(err.Error(), path+":2:") {
		t.Errorf("error %v does not name line 2", err)
	}
	if _, err := config.Load(config.Sources{Env: env(nil), Overrides: []string{"x"}}); err == nil {
		t.Error("-X without a value is no error")
	}
}
