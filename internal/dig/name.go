package dig

import (
	"fmt"
	"path"
	"strings"
)

// maxName is how long the name of a workflow or task may be.
const maxName = 255

// Extension ends the names of workflow files.
const Extension = ".dig"

// workflowName returns the name of the workflow in a file, and what is wrong
// with it.
func workflowName(file string) (string, error) {
	name := strings.TrimSuffix(file, Extension)
	if path.Ext(file) != Extension {
		return name, fmt.Errorf("the name of a workflow file must end in %s", Extension)
	}
	return name, CheckName(name)
}

// CheckName returns what is wrong with the name of a workflow, in the language of
// any file.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a workflow needs a name")
	case strings.HasSuffix(name, Extension):
		return fmt.Errorf("the name of a workflow can't end in %s", Extension)
	case len(name) > maxName:
		return fmt.Errorf("the name of a workflow can't be longer than %d bytes", maxName)
	case '0' <= name[0] && name[0] <= '9':
		return fmt.Errorf("the name of a workflow can't start with a digit: %q", name)
	case strings.IndexByte(`+^@/\:*?"<>|`, name[0]) >= 0:
		return fmt.Errorf("the name of a workflow can't start with %q: %q", name[0], name)
	}
	return nil
}

// CheckTaskName returns what is wrong with the name of a task, '+' included, which
// people wrote in a file, and what such names may have.
func CheckTaskName(name string) (hint string, err error) {
	if err = checkTaskName(name); err == nil && strings.Contains(name, "^") {
		err = fmt.Errorf("the name of a task in a file can't contain '^': %q", name)
	}
	return nameHint, err
}

// checkTaskName returns what is wrong with a name that starts with '+'.
func checkTaskName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("the name of a task can't be longer than %d bytes", maxName)
	}
	for _, r := range name[1:] {
		if !taskNameRune(r) {
			return fmt.Errorf("the name of a task can't contain %q: %q", r, name)
		}
	}
	return nil
}

func taskNameRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune(nameMarks, r)
}

// nameMarks may be in the name of a task beside letters and digits; the last one
// only where the task was generated.
const nameMarks = "_-=[]{}%&@`,.^"

// nameHint says what the name of a task may have.
const nameHint = "a name has letters from a to z and A to Z, digits and _-=[]{}%&@`,."
