package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Configured returns what the section [ploomber] of the nearest setup.cfg says
// of a key, looking in a folder and those above it as for entry points. It is ""
// where nothing is said.
func Configured(dir, key string) (string, error) {
	for range levels {
		content, err := os.ReadFile(filepath.Join(dir, "setup.cfg"))
		switch {
		case err == nil:
			return setting(string(content), "ploomber", key), nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
		dir = filepath.Dir(dir)
	}
	return "", nil
}
