package logs

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// name is that of a file with output of a try:
//
//	<task's number><end of its name>.<try>[.<run>].log
//
// The runs of a try, where they have files of their own, sort by their names.
type name struct {
	try  model.TryID
	stem string // the number and the name of the task
	run  string
}

const ending = ".log"

func (n name) String() string {
	text := n.stem + "." + strconv.Itoa(int(n.try.Try))
	if n.run != "" {
		text += "." + n.run
	}
	return text + ending
}

// task is what is kept of the name of the task.
func (n name) task() string { return strings.TrimLeft(n.stem, "0123456789") }

// parseName is the reverse of String, for a file of an attempt.
func parseName(id model.AttemptID, text string) (n name, ok bool) {
	text, ok = strings.CutSuffix(text, ending)
	stem, text, dot := strings.Cut(text, ".")
	digits := len(stem) - len(strings.TrimLeft(stem, "0123456789"))
	count, run, _ := strings.Cut(text, ".")
	task, errTask := strconv.ParseInt(stem[:digits], 10, 32)
	try, errTry := strconv.ParseInt(count, 10, 32)
	if !ok || !dot || errTask != nil || errTry != nil || try < 0 {
		return name{}, false
	}
	return name{model.TryID{Attempt: id, Task: model.TaskID(task), Try: int32(try)}, stem, run}, true
}

func compareTries(a, b model.TryID) int {
	return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Try, b.Try))
}

func compareNames(a, b name) int {
	return cmp.Or(compareTries(a.try, b.try), strings.Compare(a.run, b.run))
}

// maxName bounds the part of a file name that is there for people.
const maxName = 100

// stemOf returns the number of a task and what is kept of its name.
func stemOf(id model.TryID, task string) string {
	return strconv.Itoa(int(id.Task)) + KeptName(task)
}

// KeptName returns what logs keep of the full name of a task: the end, with '_' for
// what does not belong into file names everywhere. It stands for the full name in all
// calls of a Store, and has itself as its kept name.
func KeptName(task string) string {
	if len(task) > maxName {
		task = task[len(task)-maxName:]
	}
	kept := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("+-=^@,", r):
			return r
		}
		return '_'
	}, task)
	if kept != "" && '0' <= kept[0] && kept[0] <= '9' {
		return "_" + kept[1:] // it stands behind the task's number
	}
	return kept
}
