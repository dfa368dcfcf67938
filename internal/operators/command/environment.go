// Package command is what the operators that start programs have in common:
// the environment that a task's program gets, and a scratch folder for what is
// handed to it.
//
// It starts nothing itself and knows no operator.
package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

// Environment returns the environment of a task's program: what the task
// inherits, then those parameters whose names are fit for it, then what the
// task's own `_env` says, with secrets filled in; the later replaces the
// earlier. PWD is the working directory unless one of the latter two sets it.
// The last variable is the mark of the try.
func Environment(ctx context.Context, t *operator.Task, parameters operator.Map) ([]string, error) {
	if err := refuseContainer(t); err != nil {
		return nil, err
	}
	own, err := ownVariables(ctx, t)
	if err != nil {
		return nil, err
	}
	replaced := func(name string) bool {
		return name == process.MarkVariable || name == operator.FactsVariable && t.Facts != nil || name == operator.LogVariable && t.LogLevel != "" || own.Has(name) || ValidName(name) && parameters.Has(name)
	}
	env := make([]string, 0, 2+len(t.Env)+parameters.Len()+own.Len())
	if !replaced("PWD") {
		env = append(env, "PWD="+t.Workdir)
	}
	for _, v := range t.Env {
		if name, _, _ := strings.Cut(v, "="); name != "PWD" && !replaced(name) {
			env = append(env, v)
		}
	}
	var text []byte
	for name, v := range parameters.All() {
		if ValidName(name) && !own.Has(name) {
			text = appendVariable(text[:0], name, v)
			env = append(env, string(text))
		}
	}
	for name, v := range own.All() {
		text = appendVariable(text[:0], name, v)
		env = append(env, string(text))
	}
	if t.LogLevel != "" && !own.Has(operator.LogVariable) {
		env = append(env, operator.LogVariable+"="+t.LogLevel)
	}
	if t.Facts != nil && !own.Has(operator.FactsVariable) {
		env = append(env, operator.FactsVariable+"="+t.Facts.File())
	}
	return append(env, process.Mark(TryName(t.Session, t.ID))), nil
}

// TryName names a try of a session as nothing else in the world is named.
func TryName(session string, id model.TryID) string { return session + "/" + id.String() }

// ownVariables returns the task's `_env` as texts. Secrets in it go by their
// own names, whatever the task calls them.
func ownVariables(ctx context.Context, t *operator.Task) (operator.Map, error) {
	raw, err := t.Local.MapOr("_env", operator.Map{})
	if err != nil {
		return operator.Map{}, err
	}
	var own operator.Map
	for name := range raw.All() {
		if err := checkName(name); err != nil {
			return operator.Map{}, err
		}
		text, err := raw.String(name)
		if err != nil {
			return operator.Map{}, err
		}
		if text, err = secretref.Expand(ctx, text, secret.Unmounted(t.Secrets)); err != nil {
			return operator.Map{}, err
		}
		own = own.Set(name, text)
	}
	return own, nil
}

// CheckEnvironment sees what is wrong with the `_env` of a task.
func CheckEnvironment(d *operator.Draft) {
	raw, err := d.Local.MapOr("_env", operator.Map{})
	if err != nil {
		d.Read(func(operator.Map) error { return err }, "_env")
	}
	for name, v := range raw.All() {
		if err := checkName(name); err != nil {
			d.Fail("_env", err)
		}
		if _, err := raw.String(name); err != nil && !params.TemplatedValue(v) {
			d.Fail("_env", err)
		}
	}
}

func checkName(name string) error {
	if ValidName(name) {
		return nil
	}
	return &operator.Error{Message: fmt.Sprintf("Invalid _env key name: %s", name), Kind: "config"}
}

// appendVariable appends NAME=VALUE: a string as it is, all else as JSON.
func appendVariable(dst []byte, name string, v operator.Value) []byte {
	dst = append(append(dst, name...), '=')
	if s, ok := v.(string); ok {
		return append(dst, s...)
	}
	return params.AppendJSON(dst, v)
}

// ValidName tells whether a shell takes name as that of a variable.
func ValidName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// refuseContainer fails a task that asks for a container and does not run in one: to
// start its program on this machine instead would be a surprise.
func refuseContainer(t *operator.Task) error {
	if t.Image != "" {
		return nil
	}
	v, _ := t.Params.Get("docker")
	if m, ok := v.(operator.Map); !ok || !m.Has("image") {
		return nil
	}
	return &operator.Error{
		Message: "the task asks for a container (docker: image), but programs are started on this machine only; take docker out to allow that",
		Kind:    "config", Final: true,
	}
}
