package local

import (
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/serve"
)

// settings reads the configuration for the project in a folder. What is wrong with
// files of other programs, such as Digdag, does not matter here.
func settings(o *console.ConfigOptions, world console.IO, project string) (*config.Config, error) {
	o.Project = project
	cfg, err := o.Config(world)
	if err == nil {
		if faults := serve.LocalFaults(cfg); len(faults) > 0 {
			err = &console.FileError{File: "the settings", Err: faults}
		}
	}
	return cfg, err
}
