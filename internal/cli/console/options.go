package console

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// ConfigOptions choose the configuration of a command.
type ConfigOptions struct {
	File      string
	overrides []string
	// Project is the folder whose pawl.yaml counts; empty is none.
	Project string
}

// Flags gives a command the options.
func (o *ConfigOptions) Flags(f *pflag.FlagSet) { o.FlagsWith(f, "set") }

// FlagsWith are the same where -X has another long name.
func (o *ConfigOptions) FlagsWith(f *pflag.FlagSet, set string) {
	f.StringVarP(&o.File, "config", "c", "", "configuration `file` to read instead of the default ones; YAML if it ends in .yaml")
	f.VarP((*Repeated)(&o.overrides), set, "X", "set a configuration `KEY=VALUE`; repeatable")
}

// Repeated is a flag that may be given several times. One of pflag's own costs
// the start of each command, also those that have no such flag, a buffer.
type Repeated []string

// String implements pflag.Value.
func (r *Repeated) String() string { return strings.Join(*r, ",") }

// Set implements pflag.Value.
func (r *Repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// Type implements pflag.Value. Shells offer flags of arrays again.
func (r *Repeated) Type() string { return "stringArray" }

// Append implements pflag.SliceValue.
func (r *Repeated) Append(value string) error { return r.Set(value) }

// Replace implements pflag.SliceValue.
func (r *Repeated) Replace(values []string) error {
	*r = values
	return nil
}

// GetSlice implements pflag.SliceValue.
func (r *Repeated) GetSlice() []string { return *r }

var _ pflag.SliceValue = (*Repeated)(nil)

func sources(world IO) config.Sources { return config.Sources{Env: world.Getenv} }

// Config reads the configuration that is chosen.
func (o *ConfigOptions) Config(world IO) (*config.Config, error) {
	s := sources(world)
	s.File, s.Overrides, s.Project = o.File, o.overrides, o.Project
	if s.File != "" && !filepath.IsAbs(s.File) {
		s.File = filepath.Join(world.Dir, s.File)
	}
	c, err := config.Load(s)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.File != "":
		return nil, model.Errorf(model.NotFound, "there is no file %s", o.File)
	case errors.Is(err, fs.ErrPermission):
		return nil, model.Errorf(model.Forbidden, "configuration: %w", err)
	case errors.As(err, new(document.Errors)):
		return nil, &FileError{File: "the settings", Err: err}
	case err != nil:
		return nil, model.Errorf(model.Invalid, "configuration: %w", err)
	}
	return c, nil
}

// LocalSecrets is the folder of the secrets of local runs.
func LocalSecrets(world IO) string {
	home := sources(world).Home()
	if home == "" {
		return ""
	}
	return filepath.Join(home, "secrets")
}

// PrintJSON prints an object on a line.
func PrintJSON(w io.Writer, m params.Map) error {
	_, err := w.Write(append(params.AppendJSON(nil, m), '\n'))
	return err
}
