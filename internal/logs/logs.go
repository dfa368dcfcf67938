// Package logs keeps what tries print: one file for each try, in one folder
// for each attempt.
//
// A file is made when its try prints for the first time, so a try that prints
// nothing costs nothing. The package knows neither secrets nor who looks at
// the output; it does not watch files: who follows one asks again.
package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Dir is a folder of logs. It is safe for concurrent use, also by several
// processes.
type Dir struct{ path string }

// At returns the logs in the folder at path, which need not exist.
func At(path string) *Dir { return &Dir{path: path} }

// Path returns the file of a try of the task with that full name. It need not
// exist.
func (d *Dir) Path(id model.TryID, task string) string {
	name := strconv.Itoa(int(id.Task)) + fileName(task) + "." + strconv.Itoa(int(id.Try)) + ".log"
	return filepath.Join(d.Attempt(id.Attempt), name)
}

// Attempt returns the folder with the logs of an attempt. It need not exist.
func (d *Dir) Attempt(id model.AttemptID) string {
	return filepath.Join(d.path, strconv.FormatInt(int64(id), 10))
}

// Remove deletes all logs of an attempt.
func (d *Dir) Remove(id model.AttemptID) error {
	if err := os.RemoveAll(d.Attempt(id)); err != nil {
		return fmt.Errorf("remove logs of attempt %d: %w", id, err)
	}
	return nil
}

// maxName bounds the part of a file name that is there for people.
const maxName = 100

// fileName returns what a file name shows of a task's name: its end, with '_'
// for what does not belong into file names everywhere.
func fileName(task string) string {
	if len(task) > maxName {
		task = task[len(task)-maxName:]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("+-=^@,", r):
			return r
		}
		return '_'
	}, task)
}
