package command

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/operator"
)

// Scratch names the files that one try hands to its program, or gets from it.
// They are in a folder that tasks share: to make and remove one for each try
// would take longer than most programs.
type Scratch struct {
	prefix string
	arg    string // the same for a program in the working directory
	files  []string
	err    error // why there is no folder
}

// NewScratch returns the files of a try; kind is its operator's name. It makes
// none yet.
func NewScratch(t *operator.Task, kind string) *Scratch {
	folder, err := ScratchFolder(t.Project), error(nil)
	if t.Scratch != nil {
		folder, err = t.Scratch()
	}
	prefix := filepath.Join(folder, fmt.Sprintf("digdag-%s-%d.%d-%d-", kind, t.ID.Attempt, t.ID.Task, rand.Uint64()))
	s := &Scratch{prefix: prefix, arg: prefix, err: err}
	if t.Workdir == t.Project {
		s.arg = strings.TrimPrefix(prefix, t.Project+string(filepath.Separator))
	}
	return s
}

// ScratchFolder is where the scratch files of a project are, as with Digdag.
func ScratchFolder(project string) string { return filepath.Join(project, ".digdag", "tmp") }

// Path returns the absolute path of a file, which is removed with the others
// if it exists by then.
func (s *Scratch) Path(name string) string {
	path := s.prefix + name
	s.files = append(s.files, path)
	return path
}

// Arg returns what to call a file in the arguments of a program in the task's
// working directory: a short path where that is the project.
func (s *Scratch) Arg(name string) string { return s.arg + name }

// Write writes a new file, which only its owner can read.
func (s *Scratch) Write(name string, content []byte) error {
	if s.err != nil {
		return fmt.Errorf("make folder for scratch files: %w", s.err)
	}
	path := s.Path(name)
	err := writeNew(path, content)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = writeNew(path, content)
		}
	}
	if err != nil {
		return fmt.Errorf("write scratch file: %w", err)
	}
	return nil
}

func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// Remove removes the files. It does what it can: what stays is only litter.
func (s *Scratch) Remove() {
	for _, path := range s.files {
		_ = os.Remove(path)
	}
}
