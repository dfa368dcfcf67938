package plugin

import (
	"errors"
	"os/exec"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Kind says what plug-ins are for.
type Kind struct {
	// Prefix begins the names of their programs, before the type.
	Prefix string
	// What they give, for people.
	What string
}

// Program returns the name of the program that is the plug-in for a type.
func (k Kind) Program(name string) string { return k.Prefix + name }

// IsType reports whether a type can have a plug-in: its name is of lower-case letters,
// digits and dashes between them.
func IsType(name string) bool {
	return name != "" && !strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-") &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Find returns where the plug-in for a type is. The code is Invalid if there is none on
// PATH.
func (k Kind) Find(name string) (string, error) {
	if !IsType(name) {
		return "", model.Errorf(model.Invalid, "%q is no type of %s", name, k.What)
	}
	path, err := exec.LookPath(k.Program(name))
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", model.Errorf(model.Invalid, "there is no program %s on PATH", k.Program(name)).
			WithHint("install the plug-in %s beside pawl, or name its folder in PATH", k.Program(name))
	}
	return "", model.Errorf(model.Invalid, "the plug-in %s can't be used: %w", k.Program(name), err)
}
