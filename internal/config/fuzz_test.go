package config_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/config"
)

// settings returns what a configuration has.
func settings(c *config.Config) map[string]string {
	all := make(map[string]string)
	for _, key := range c.Keys() {
		all[key], _ = c.Get(key)
	}
	return all
}

// written writes settings as java.util.Properties does, by code units.
func written(all map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(escaped(key) + "=" + escaped(all[key]) + "\n")
	}
	return b.String()
}

func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\t':
			b.WriteString(`\t`)
		case strings.ContainsRune(` \=:#!`, r):
			b.WriteString(`\` + string(r))
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String()
}

func read(text string) (*config.Config, error) {
	return config.Load(config.Sources{Env: env(map[string]string{"DIGDAG_CONFIG": text})})
}

// FuzzProperties reads any text, and again what was read of it.
func FuzzProperties(f *testing.F) {
	for _, text := range []string{
		"server.port = 65432\nparams.a.b : x\r\n# no\n  ! no\nempty\n",
		"long = a,\\\n   b\\\\\r\\\n\nk\\=ey\\ x\\:=v\\u00e9\\t\\q", "smile=\\ud83d\\ude00 \\ud83d \\ude00", "smile=😀",
		"a=\\u12", "a=\\", "\\", "=", ":", "\\\n\\\n\\\n", "params..=x\nparams.=y\nparams=z\nparams.a=1\nparams.a.b=2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := read(text)
		if err != nil {
			line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "DIGDAG_CONFIG:"), ":")
			if n, bad := strconv.Atoi(line); bad != nil || n < 1 || n > strings.Count(text, "\n")+strings.Count(text, "\r")+1 {
				t.Errorf("the error names no line: %v", err)
			}
			return
		}
		all := settings(c)
		if len(all) != len(c.Keys()) {
			t.Errorf("keys come twice: %q", c.Keys())
		}
		for key := range all {
			if s, ok := c.Setting(key); !ok || !strings.HasPrefix(s.Origin, "DIGDAG_CONFIG:") {
				t.Errorf("%q is from %q", key, s.Origin)
			}
		}
		if _, err := c.Under("params").MarshalJSON(); err != nil {
			t.Errorf("the parameters are no JSON: %v", err)
		}
		if !utf8.ValidString(text) {
			return // it can't be written as text
		}
		again, err := read(written(all))
		if err != nil {
			t.Fatalf("what was read can't be read again: %v\n%s", err, written(all))
		}
		for key, value := range all {
			if got, ok := again.Get(key); !ok || got != value {
				t.Errorf("%q was %q and is %q, %v", key, value, got, ok)
			}
		}
	})
}
