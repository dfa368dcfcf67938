package project

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
)

// maxName is how many characters a name has at most.
const maxName = 255

// reserved are the characters that the name of a project or workflow does not
// start with.
const reserved = `+^@/\:*?"<>|`

var secretKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)(?:\.[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)
})

// CheckProjectName refuses what is no name of a project: 1 to 255 characters,
// of which the first is no digit and none of + ^ @ / \ : * ? " < > |, and which
// do not end in ".dig". The error lists all that is wrong and has the code
// Invalid, as those of the other checks.
func CheckProjectName(name string) error { return titled("project", name) }

// CheckWorkflowName refuses what is no name of a workflow. They are like those
// of projects.
func CheckWorkflowName(name string) error { return titled("workflow", name) }

// CheckRevisionName refuses what is no name of a revision: 1 to 255 characters.
func CheckRevisionName(name string) error {
	return validate("revision", "name", name)
}

// CheckRetryAttemptName refuses what is no name of an attempt that is a retry:
// 1 to 255 characters, of which the first is no ^, as it is in the names of those
// that tasks have called.
func CheckRetryAttemptName(name string) error {
	var faults []string
	if strings.HasPrefix(name, "^") {
		faults = append(faults, "can't start with ^")
	}
	return validate("session attempt", "retryAttemptName", name, faults...)
}

// CheckSessionKey refuses what is no key that is given to a session: 1 to 255
// characters.
func CheckSessionKey(key string) error { return validate("session", "key", key) }

// CheckSecretKey refuses what is no key of a secret: 1 to 255 characters, words
// with dots between them. A word starts with a letter, ends in a letter or digit
// and may have '_' and '-' inside. All letters are English ones.
func CheckSecretKey(key string) error {
	var faults []string
	if key != "" && !secretKey().MatchString(key) {
		faults = append(faults, "must be words of letters, digits, '_' and '-' with dots between them")
	}
	return validate("secret", "key", key, faults...)
}

func titled(kind, name string) error {
	var faults []string
	if name != "" && '0' <= name[0] && name[0] <= '9' {
		faults = append(faults, "can't start with a digit")
	}
	if name != "" && strings.IndexByte(reserved, name[0]) >= 0 {
		faults = append(faults, "can't start with any of "+strings.Join(strings.Split(reserved, ""), " "))
	}
	if strings.HasSuffix(name, dig.Extension) {
		faults = append(faults, "can't end in "+dig.Extension)
	}
	return validate(kind, "name", name, faults...)
}

// validate adds what holds for all names to the faults of one and returns them
// in the form of Digdag: a line that says what is wrong, and one for each fault.
func validate(kind, field, value string, faults ...string) error {
	if value == "" {
		faults = append(faults, "can't be empty")
	}
	if utf8.RuneCountInString(value) > maxName {
		faults = append(faults, fmt.Sprintf("can't be longer than %d characters", maxName))
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		faults = append(faults, "must be text")
	}
	if len(faults) == 0 {
		return nil
	}
	text := "Validating " + kind + " failed"
	for _, fault := range faults {
		text += fmt.Sprintf("\n%s %s: %q", field, fault, value)
	}
	return model.Errorf(model.Invalid, "%s", text)
}
