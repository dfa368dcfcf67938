// Package config reads settings from files in the format of Java properties,
// as Digdag's configuration is written, and keeps where each came from.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Setting is one value and where it came from.
type Setting struct {
	Value string
	// Origin is a file with its line, an environment variable or a flag.
	Origin string
}

// Config holds settings by key. Later ones replace earlier ones.
type Config struct {
	keys     []string
	settings map[string]Setting
}

// Get returns the value of a key.
func (c *Config) Get(key string) (string, bool) {
	s, ok := c.settings[key]
	return s.Value, ok
}

// Setting returns a key's value with its origin.
func (c *Config) Setting(key string) (Setting, bool) {
	s, ok := c.settings[key]
	return s, ok
}

// Keys returns all keys, in the order in which they first came.
func (c *Config) Keys() []string { return c.keys }

// Set sets one key.
func (c *Config) Set(key, value, origin string) {
	if c.settings == nil {
		c.settings = make(map[string]Setting)
	}
	if _, ok := c.settings[key]; !ok {
		c.keys = append(c.keys, key)
	}
	c.settings[key] = Setting{Value: value, Origin: origin}
}

// Under returns the settings below a prefix such as "params", as nested maps
// of text.
func (c *Config) Under(prefix string) params.Map {
	var m params.Map
	for _, key := range c.keys {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok && rest != "" {
			m = m.SetAt(c.settings[key].Value, params.SplitPath(rest)...)
		}
	}
	return m
}

// Flat returns the settings below a prefix by the rest of their keys.
func (c *Config) Flat(prefix string) map[string]string {
	m := make(map[string]string)
	for _, key := range c.keys {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok && rest != "" {
			m[rest] = c.settings[key].Value
		}
	}
	return m
}

// Sources say where a command's configuration comes from.
type Sources struct {
	// Env looks up an environment variable; "" means that it is not set.
	Env func(string) string
	// File replaces the default files.
	File string
	// Overrides are "KEY=VALUE", from flags.
	Overrides []string
}

// Home returns the folder of configuration files that Digdag uses too, or ""
// when there is no home directory.
func (s Sources) Home() string {
	if dir := s.Env("DIGDAG_CONFIG_HOME"); dir != "" {
		return dir
	}
	return s.below("digdag")
}

// below returns a program's folder in the user's folder of configurations.
func (s Sources) below(program string) string {
	if dir := s.Env("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, program)
	}
	if home := s.Env("HOME"); home != "" {
		return filepath.Join(home, ".config", program)
	}
	return ""
}

// Load reads, later ones winning: Digdag's default file and pawl's (or
// instead of both the chosen file, after the next two), the text in
// DIGDAG_CONFIG, and the overrides.
func Load(s Sources) (*Config, error) {
	c := &Config{}
	if s.File == "" {
		for _, dir := range []string{s.Home(), s.below("pawl")} {
			if dir == "" {
				continue
			}
			if err := c.readFile(filepath.Join(dir, "config"), true); err != nil {
				return nil, err
			}
		}
	}
	if text := s.Env("DIGDAG_CONFIG"); text != "" {
		if err := c.read("DIGDAG_CONFIG", text); err != nil {
			return nil, err
		}
	}
	for _, o := range s.Overrides {
		key, value, ok := strings.Cut(o, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("-X needs KEY=VALUE, not %q", o)
		}
		c.Set(key, value, "-X")
	}
	if s.File != "" {
		if err := c.readFile(s.File, false); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Config) readFile(path string, optional bool) error {
	text, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.read(path, string(text))
}

// read takes over the settings of one text.
func (c *Config) read(origin, text string) error {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		first := i
		line := strings.TrimLeft(lines[i], " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		var whole strings.Builder
		for continued(line) && i+1 < len(lines) {
			i++
			whole.WriteString(line[:len(line)-1])
			line = strings.TrimLeft(lines[i], " \t\f")
		}
		whole.WriteString(line)
		key, value, err := split(whole.String())
		if err != nil {
			return fmt.Errorf("%s:%d: %w", origin, first+1, err)
		}
		c.Set(key, value, fmt.Sprintf("%s:%d", origin, first+1))
	}
	return nil
}

// continued reports whether a line ends in an odd number of backslashes.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// split takes a line apart at the first separator that is not escaped.
func split(line string) (key, value string, err error) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	if key, err = unescape(line[:end]); err != nil {
		return "", "", err
	}
	value, err = unescape(rest)
	return key, value, err
}

func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, size, err := codePoint(s[i-1:])
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			i += size - 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// codePoint reads the \uXXXX that s begins with, or two of them that are the
// halves of one character, and returns how long that is.
func codePoint(s string) (r rune, size int, err error) {
	const one = len(`\u0000`)
	first, ok := codeUnit(s)
	if !ok {
		return 0, 0, errors.New(`\u needs four hexadecimal digits`)
	}
	if second, ok := codeUnit(s[one:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 2 * one, nil
		}
	}
	return first, one, nil
}

func codeUnit(s string) (rune, bool) {
	digits, ok := strings.CutPrefix(s, `\u`)
	if !ok || len(digits) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits[:4], 16, 16)
	return rune(n), err == nil
}
