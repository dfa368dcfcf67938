package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// FileName is the name of the YAML file of an installation.
const FileName = "pawl.yaml"

// Variables that say where a configuration is.
const (
	// HomeVariable names the folder of an installation.
	HomeVariable   = "PAWL_HOME"
	digdagVariable = "DIGDAG_CONFIG"
)

// Sources say where a command's configuration comes from.
type Sources struct {
	// Env looks up an environment variable; "" means that it is not set.
	Env func(string) string
	// File replaces the default files. One that ends in .yaml or .yml is YAML, and
	// others are properties.
	File string
	// Project is a folder whose FileName counts, or empty where none does.
	Project string
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

// Installation returns the folder that HomeVariable names, or "" if it is not set.
// A path that is relative, leads nowhere or to no folder is an Invalid error.
func (s Sources) Installation() (string, error) {
	dir := s.Env(HomeVariable)
	if dir == "" {
		return "", nil
	}
	if rest, ok := strings.CutPrefix(dir, "~/"); ok && s.Env("HOME") != "" {
		dir = filepath.Join(s.Env("HOME"), rest)
	}
	if !filepath.IsAbs(dir) {
		return "", model.Errorf(model.Invalid, "%s must be an absolute path, not %s", HomeVariable, dir)
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return "", model.Errorf(model.Invalid, "%s names %s, which does not exist", HomeVariable, dir).WithHint("make the folder, or unset the variable")
	case err != nil:
		return "", fmt.Errorf("%s: %w", HomeVariable, err)
	case !info.IsDir():
		return "", model.Errorf(model.Invalid, "%s names %s, which is no folder", HomeVariable, dir)
	}
	return dir, nil
}

// Load reads, later ones winning: the default files, the text in DIGDAG_CONFIG, and
// the overrides. The default files are Digdag's and pawl's in the user's folder, or in
// place of these the FileName of the Installation, and then that of the project. The
// chosen file replaces all of them; if it is one of properties, it wins over the
// overrides, too, as in Digdag.
//
// What is wrong with single values of a YAML file is not an error but in Faults.
func Load(s Sources) (*Config, error) {
	c := &Config{}
	if err := c.readFiles(s); err != nil {
		return nil, err
	}
	if text := s.Env(digdagVariable); text != "" {
		if err := c.readProperties(digdagVariable, text); err != nil {
			return nil, err
		}
	}
	if s.File != "" && isYAML(s.File) {
		if err := c.readFile(s.File, s, false); err != nil {
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
	if s.File != "" && !isYAML(s.File) {
		if err := c.readFile(s.File, s, false); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readFiles reads the default files.
func (c *Config) readFiles(s Sources) error {
	if s.File != "" {
		return nil
	}
	home, err := s.Installation()
	if err != nil {
		return err
	}
	var files []string
	if home != "" {
		files = append(files, filepath.Join(home, FileName))
	} else {
		files = append(files, in(s.Home(), "config"), in(s.below("pawl"), "config"), in(s.below("pawl"), FileName))
	}
	files = append(files, in(s.Project, FileName))
	for i, path := range files {
		if path == "" || i > 0 && path == files[i-1] {
			continue // there is no such folder, or the project is the installation
		}
		if err := c.readFile(path, s, true); err != nil {
			return err
		}
	}
	return nil
}

// in returns the path of a file in a folder, if there is one.
func in(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// isYAML reports whether a file is written in YAML.
func isYAML(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".yaml" || ending == ".yml"
}

func (c *Config) readFile(path string, s Sources, optional bool) error {
	text, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if isYAML(path) {
		return c.readYAML(path, string(text), s.Env)
	}
	return c.readProperties(path, string(text))
}
