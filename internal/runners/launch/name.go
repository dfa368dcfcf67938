package launch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// NameOf returns the name of the program of a job.
func NameOf(instance string, id runner.ID) string {
	return fmt.Sprintf("%s%d-%d-%d", prefixOf(instance), id.Attempt, id.Task, id.Try)
}

func prefixOf(instance string) string { return "pawl-" + instance + "-" }

// idOf returns the job of a program of that name.
func idOf(instance, name string) (id runner.ID, ok bool) {
	rest, ok := strings.CutPrefix(name, prefixOf(instance))
	parts := strings.Split(rest, "-")
	if !ok || len(parts) != 3 {
		return id, false
	}
	attempt, first := strconv.ParseInt(parts[0], 10, 64)
	task, second := strconv.ParseInt(parts[1], 10, 32)
	try, third := strconv.ParseInt(parts[2], 10, 32)
	id = runner.ID{Attempt: model.AttemptID(attempt), Task: model.TaskID(task), Try: int32(try)}
	return id, first == nil && second == nil && third == nil && NameOf(instance, id) == name
}

// CheckInstance returns an Invalid error unless that can be Config.Instance.
func CheckInstance(name string) error {
	if name == "" || len(name) > 10 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return model.Errorf(model.Invalid, "%q does not tell an installation from others", name).
			WithHint("write up to 10 lower case letters and digits")
	}
	return nil
}
