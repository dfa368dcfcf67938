package instance

import (
	"path/filepath"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/values"
)

// outputs returns what keeps the outputs of tasks: beside the database, or as long
// as the run lasts where there is none. Nothing is made before there are any.
func (in *Instance) outputs() *values.Outputs {
	if in.cfg.Shared != nil {
		return in.cfg.Shared.Outputs
	}
	return values.NewOutputs(func() (*values.Manager, error) {
		folder := filepath.Join(filepath.Dir(in.cfg.Database), "values")
		if in.cfg.Database == "" {
			scratch, err := in.scratch.path()
			if err != nil {
				return nil, err
			}
			folder = filepath.Join(scratch, "values")
		}
		of, err := file.Open(folder)
		if err != nil {
			return nil, err
		}
		return &values.Manager{Blobs: of}, nil
	})
}
