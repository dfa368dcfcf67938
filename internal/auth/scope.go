package auth

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Verb is what a scope allows.
type Verb string

// Verbs of scopes. Each of Run, Push and Secrets also allows to look up what
// it needs: projects, workflows, schedules, sessions and attempts.
const (
	// Read allows to see everything but the values of secrets.
	Read Verb = "read"
	// Run allows to start, retry and kill, and to change when schedules run.
	Run Verb = "run"
	// Push allows to make, change and delete projects.
	Push Verb = "push"
	// Secrets allows to list, set and delete secrets. None can be read.
	Secrets Verb = "secrets"
	// Admin allows everything, in all projects.
	Admin Verb = "admin"
)

var verbs = []Verb{Read, Run, Push, Secrets, Admin}

// Scope is a verb for one project, or for all. Its text is "run:name" or
// "run".
type Scope struct {
	Verb Verb
	// Project is the name of the only project it is for. Empty means all.
	Project string
}

// Everything returns the scopes of someone who may do all that needs no
// administrator.
func Everything() []Scope {
	return []Scope{{Verb: Read}, {Verb: Run}, {Verb: Push}, {Verb: Secrets}}
}

// ParseScope reads a scope. One that does not exist is an Invalid error.
func ParseScope(text string) (Scope, error) {
	verb, project, restricted := strings.Cut(text, ":")
	switch {
	case !slices.Contains(verbs, Verb(verb)):
		return Scope{}, model.Errorf(model.Invalid, "there is no scope %q", text).
			WithHint("scopes are read, run, push and secrets, also for one project as in run:name, and admin")
	case restricted && project == "":
		return Scope{}, model.Errorf(model.Invalid, "scope %q names no project", text).
			WithHint("write %q for all projects", verb)
	case restricted && Verb(verb) == Admin:
		return Scope{}, model.Errorf(model.Invalid, "scope %q: admin is for all projects", text)
	}
	return Scope{Verb: Verb(verb), Project: project}, nil
}

// String returns the text of s.
func (s Scope) String() string {
	if s.Project == "" {
		return string(s.Verb)
	}
	return string(s.Verb) + ":" + s.Project
}

// MarshalText returns the text of s.
func (s Scope) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the text of a scope.
func (s *Scope) UnmarshalText(text []byte) error {
	parsed, err := ParseScope(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
