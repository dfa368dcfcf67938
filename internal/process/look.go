package process

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Variable returns the value of a variable in an environment; the last one
// counts where it is there twice.
func Variable(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name); ok && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
	}
	return "", false
}

// Look returns the absolute path of the program that name stands for in an
// environment and a working directory: name itself if it holds a slash, else
// the first executable file of that name in the folders of PATH.
//
// Nothing is cached: to see a program that has come to stand earlier on PATH,
// a cache would have to look at the same folders again.
func Look(name, dir string, env []string) (string, error) {
	if filepath.Base(name) != name {
		return under(dir, name), nil
	}
	path, _ := Variable(env, "PATH")
	for _, folder := range filepath.SplitList(path) {
		file := filepath.Join(under(dir, folder), name)
		for _, ending := range programEndings {
			if executable(file + ending) {
				return file + ending, nil
			}
		}
	}
	return "", fmt.Errorf("program %q is not on PATH (%s)", name, path)
}

func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
