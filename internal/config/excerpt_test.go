package config_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
)

// A line may have secrets, under names that nobody knows, too.
func TestExcerptsShowNoOtherValues(t *testing.T) {
	t.Parallel()
	misnamed := func(key string, section bool) func(*config.Config) *document.Error {
		return func(c *config.Config) *document.Error { return c.Misnamed(key, section, "no") }
	}
	wrong := func(key string) func(*config.Config) *document.Error {
		return func(c *config.Config) *document.Error { return c.Errorf(key, "no") }
	}
	first := func(c *config.Config) *document.Error { return c.Faults()[0] }
	for name, tt := range map[string]struct {
		text string
		of   func(*config.Config) *document.Error
		want string
	}{
		"unknown":        {"database: {pasword: hunter3}\n", misnamed("database.pasword", false), "database: {pasword"},
		"quoted":         {"database: {\"pas word\": hunter3}\n", misnamed("database.pas word", false), "database: {\"pas word\""},
		"block":          {"database:\n  pasword: hunter3\n", misnamed("database.pasword", false), "  pasword"},
		"section":        {"databse: {password: hunter3}\n", misnamed("databse.password", true), "databse"},
		"behind another": {"database: {password: hunter3, pot: 1}\n", misnamed("database.pot", false), ""},
		"value":          {"database:\n  port: abc # why\n", wrong("database.port"), "  port: abc # why"},
		"value before":   {"database: {port: abc, password: hunter3}\n", wrong("database.port"), "database: {port: abc"},
		"quoted value":   {"database: {port: 'abc', password: hunter3}\n", wrong("database.port"), "database: {port: "},
		"value behind":   {"database: {password: hunter3, port: abc}\n", wrong("database.port"), ""},
		"twice":          {"database.password: hunter2\ndatabase:\n  password: hunter3\n", first, "  password: "},
		"no value":       {"database: {host: ~, password: hunter3}\n", first, "database: {host: "},
	} {
		c, err := structured(t, tt.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.of(c).Source; got != tt.want {
			t.Errorf("%s: the excerpt is %q, not %q", name, got, tt.want)
		}
	}
	c := &config.Config{}
	c.Set("a.b", "hunter3", "flag")
	if e := c.Misnamed("a.b", false, "no"); e.Source != "" || e.Line != 0 {
		t.Errorf("a flag is shown as %+v", e)
	}
}

func TestAnExcerptOfPropertiesEndsWithTheKey(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"database.pasword=hunter3", "database.pasword = hunter3", "database.pasword hunter3"} {
		c, err := config.Load(config.Sources{Env: env(map[string]string{"DIGDAG_CONFIG": line})})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Misnamed("database.pasword", false, "no").Source; got != "database.pasword" {
			t.Errorf("%s: the excerpt is %q", line, got)
		}
	}
}
