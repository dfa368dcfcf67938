package cli

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// configOptions choose the configuration of a command.
type configOptions struct {
	file      string
	overrides []string
}

func (o *configOptions) flags(f *pflag.FlagSet) { o.flagsWith(f, "set") }

// flagsWith are the same where -X has another long name.
func (o *configOptions) flagsWith(f *pflag.FlagSet, set string) {
	f.StringVarP(&o.file, "config", "c", "", "configuration `file` to read instead of the default ones")
	f.VarP((*repeated)(&o.overrides), set, "X", "set a configuration `KEY=VALUE`; repeatable")
}

// repeated is a flag that may be given several times. One of pflag's own costs
// the start of each command, also those that have no such flag, a buffer.
type repeated []string

// String implements pflag.Value.
func (r *repeated) String() string { return strings.Join(*r, ",") }

// Set implements pflag.Value.
func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// Type implements pflag.Value. Shells offer flags of arrays again.
func (r *repeated) Type() string { return "stringArray" }

// Append implements pflag.SliceValue.
func (r *repeated) Append(value string) error { return r.Set(value) }

// Replace implements pflag.SliceValue.
func (r *repeated) Replace(values []string) error {
	*r = values
	return nil
}

// GetSlice implements pflag.SliceValue.
func (r *repeated) GetSlice() []string { return *r }

var _ pflag.SliceValue = (*repeated)(nil)

func sources(world IO) config.Sources { return config.Sources{Env: world.env} }

func (o *configOptions) config(world IO) (*config.Config, error) {
	s := sources(world)
	s.File, s.Overrides = o.file, o.overrides
	if s.File != "" && !filepath.IsAbs(s.File) {
		s.File = filepath.Join(world.Dir, s.File)
	}
	c, err := config.Load(s)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, model.Errorf(model.NotFound, "there is no file %s", o.file)
	case errors.Is(err, fs.ErrPermission):
		return nil, model.Errorf(model.Forbidden, "configuration: %w", err)
	case err != nil:
		return nil, model.Errorf(model.Invalid, "configuration: %w", err)
	}
	return c, nil
}

// localSecrets is the folder of the secrets of local runs.
func localSecrets(world IO) string {
	home := sources(world).Home()
	if home == "" {
		return ""
	}
	return filepath.Join(home, "secrets")
}

func printJSON(w io.Writer, m params.Map) error {
	_, err := w.Write(append(params.AppendJSON(nil, m), '\n'))
	return err
}
