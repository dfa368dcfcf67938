package plugin

import (
	"errors"
	"os/exec"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Program returns the name of the program that is the plug-in for a type of
// object storage.
func Program(kind string) string { return "pawl-blob-" + kind }

// IsType reports whether a type of object storage can have a plug-in: its name
// is of lower-case letters, digits and dashes between them.
func IsType(kind string) bool {
	return kind != "" && !strings.HasPrefix(kind, "-") && !strings.HasSuffix(kind, "-") &&
		strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Find returns where the plug-in for a type of object storage is. The code is
// Invalid if there is none on PATH.
func Find(kind string) (string, error) {
	if !IsType(kind) {
		return "", model.Errorf(model.Invalid, "%q is no type of object storage", kind)
	}
	path, err := exec.LookPath(Program(kind))
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", model.Errorf(model.Invalid, "there is no program %s on PATH", Program(kind)).
			WithHint("install the plug-in %s beside pawl, or name its folder in PATH", Program(kind))
	}
	return "", model.Errorf(model.Invalid, "the plug-in %s can't be used: %w", Program(kind), err)
}
