// Package config reads settings from files, as YAML or as Java properties, in
// which Digdag's configuration is written, and keeps where each came from.
//
// It knows how settings are written and nothing of what they mean: package kind
// describes which there are.
package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// Setting is one value and where it came from.
type Setting struct {
	Value string
	// Origin is a file with its line, an environment variable or a flag.
	Origin string
	// Concealed says that the value was kept out of the configuration, in a file
	// of its own, and is not to be shown.
	Concealed bool

	structured           bool
	listed               bool
	value, name, section place        // zero unless it is in a file
	typed                params.Value // of a parameter in YAML, unless it is a text
}

// place is where a part of a setting is in a file.
type place struct {
	document.Pos
	source string // the line
}

// Structured reports whether the setting is from a YAML file.
func (s Setting) Structured() bool { return s.structured }

// Listed reports whether the setting is a list in a YAML file, whose items the value has
// with commas between them.
func (s Setting) Listed() bool { return s.listed }

// Config holds settings by key. Later ones replace earlier ones.
type Config struct {
	keys     []string
	settings map[string]Setting
	faults   []fault
}

// fault is what is wrong with the value of a key.
type fault struct {
	key string
	err *document.Error
}

// Faults returns what is wrong with the files themselves: values that can't be had.
// Settings that would have them are missing. With names of sections, it returns those
// of these sections alone.
func (c *Config) Faults(sections ...string) (list document.Errors) {
	for _, f := range c.faults {
		section, _, _ := strings.Cut(f.key, ".")
		if len(sections) == 0 || slices.Contains(sections, section) {
			list.Add(f.err)
		}
	}
	return list
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

// Errorf returns an error about a setting, which points to its value and shows it:
// Misnamed is for those that are secret.
func (c *Config) Errorf(key, format string, args ...any) *document.Error {
	s := c.settings[key]
	if !s.structured {
		return s.errorf(s.value, format, args)
	}
	return s.errorf(s.value.alone(s.Value), format, args)
}

// Misnamed returns an error about the key of a setting, which points to it or, with
// section, to the first part of it. The value is not shown: nobody knows whether it
// is a secret.
func (c *Config) Misnamed(key string, section bool, format string, args ...any) *document.Error {
	s := c.settings[key]
	if section {
		return s.errorf(s.section.key(), format, args)
	}
	return s.errorf(s.name.key(), format, args)
}

func (s Setting) errorf(at place, format string, args []any) *document.Error {
	e := &document.Error{Pos: at.Pos, Message: fmt.Sprintf(format, args...), Source: at.source}
	if e.File == "" {
		e.File = s.Origin
	}
	return e
}

// Keys returns all keys, in the order in which they first came.
func (c *Config) Keys() []string { return c.keys }

// Set sets one key.
func (c *Config) Set(key, value, origin string) { c.put(key, Setting{Value: value, Origin: origin}) }

func (c *Config) put(key string, s Setting) {
	if c.settings == nil {
		c.settings = make(map[string]Setting)
	}
	if _, ok := c.settings[key]; !ok {
		c.keys = append(c.keys, key)
	}
	c.settings[key] = s
}

// Replace gives a setting another value from the same place.
func (c *Config) Replace(key, value string) {
	s := c.settings[key]
	s.Value = value
	c.settings[key] = s
}

// Only returns the settings whose keys are kept, as a configuration of its own.
func (c *Config) Only(keep func(key string) bool) *Config {
	of := &Config{}
	for _, key := range c.keys {
		if keep(key) {
			of.put(key, c.settings[key])
		}
	}
	return of
}

// File returns the file that a setting is in, or "" if it is in none.
func (s Setting) File() string { return s.value.File }

// Folder returns the folder of the file that a setting is in, or "" if it is in none.
func (s Setting) Folder() string {
	if s.value.Line == 0 {
		return ""
	}
	return filepath.Dir(s.value.File)
}

// Rename gives a setting another key, unless there is one with that already, and
// reports whether it did.
func (c *Config) Rename(key, to string) bool {
	if _, taken := c.settings[to]; taken {
		return false
	}
	c.keys[slices.Index(c.keys, key)] = to
	c.settings[to] = c.settings[key]
	delete(c.settings, key)
	return true
}

// Under returns the settings below a prefix such as "params", as nested maps.
// Values are text, but for those that a YAML file has as something else.
func (c *Config) Under(prefix string) params.Map {
	var m params.Map
	for _, key := range c.keys {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok && rest != "" {
			s := c.settings[key]
			var value params.Value = s.Value
			if s.typed != nil {
				value = s.typed
			}
			m = m.SetAt(value, params.SplitPath(rest)...)
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
