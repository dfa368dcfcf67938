package script

import (
	"path/filepath"
	"slices"
	"strings"
)

// startsAlike tells whether nothing in a call could have made its interpreter
// start in another way than a template did that has the environment which the
// task inherits: no arguments, and no variable that is read at the start.
func startsAlike(c *call, words []string) bool {
	return len(words) == 1 &&
		strings.HasPrefix(filepath.Base(words[0]), "python") &&
		!slices.ContainsFunc(c.Env, dependsOnFolder) &&
		!slices.ContainsFunc(c.ownVariables(), readAtStart)
}

// ownVariables returns the variables that the call adds to those it inherits.
func (c *call) ownVariables() []string {
	var own []string
	for _, v := range c.env {
		if !slices.Contains(c.Env, v) {
			own = append(own, v)
		}
	}
	return own
}

// dependsOnFolder tells whether a variable means something else to an
// interpreter in another folder, or is none that is known to mean the same.
func dependsOnFolder(variable string) bool {
	name, value, _ := strings.Cut(variable, "=")
	switch name {
	case "PYTHONPATH":
		return slices.ContainsFunc(filepath.SplitList(value), func(folder string) bool { return !filepath.IsAbs(folder) })
	case "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONIOENCODING", "PYTHONNOUSERSITE", "PYTHONUNBUFFERED",
		"PYTHONUTF8", "PYTHONWARNINGS":
		return false
	}
	return strings.HasPrefix(name, "PYTHON")
}

// readAtStart tells whether an interpreter, or what it is made of, reads a
// variable only when it starts.
func readAtStart(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "HOME", "LANG", "LANGUAGE", "PATH", "TZ", "VIRTUAL_ENV":
		return true
	}
	return slices.ContainsFunc([]string{"PYTHON", "LD_", "LC_", "GLIBC_", "MALLOC_", "OPENSSL_"}, func(family string) bool {
		return strings.HasPrefix(name, family)
	})
}
