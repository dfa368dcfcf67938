// Package process launches programs that outlive whoever launched them: not on
// Windows, which lacks what they are told by.
package process

import (
	"log/slog"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// Config says where programs run.
type Config struct {
	Dir, Cgroup string
	Env         []string
	Processes   int
	Best        bool
	Log         *slog.Logger
}

// Open returns an error.
func Open(Config) (runner.Launcher, error) {
	return nil, model.Errorf(model.Invalid, "programs of their own for tasks need Unix").
		WithHint("leave runner.type out, so that the server runs tasks itself")
}
