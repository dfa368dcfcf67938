package cli

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"

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
	f.StringArrayVarP(&o.overrides, set, "X", nil, "set a configuration `KEY=VALUE`; repeatable")
}

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
