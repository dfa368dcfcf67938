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
	switch {
	case path.Ext(file) != Extension:
		return name, fmt.Errorf("the name of a workflow file must end in %s", Extension)
	case name == "":
		return name, fmt.Errorf("a workflow needs a name")
	case strings.HasSuffix(name, Extension):
		return name, fmt.Errorf("the name of a workflow can't end in %s", Extension)
	case len(name) > maxName:
		return name, fmt.Errorf("the name of a workflow can't be longer than %d bytes", maxName)
	case '0' <= name[0] && name[0] <= '9':
		return name, fmt.Errorf("the name of a workflow can't start with a digit: %q", name)
	case strings.IndexByte(`+^@/\:*?"<>|`, name[0]) >= 0:
		return name, fmt.Errorf("the name of a workflow can't start with %q: %q", name[0], name)
	}
	return name, nil
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
