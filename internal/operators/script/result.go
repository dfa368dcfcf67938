package script

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	library "github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// language is what sets py and rb apart.
type language struct {
	operator string // its operator, which also ends the runner's name
	name     string
	runner   string // the runner's text
}

// result returns what a call that has ended gives.
func (l language) result(output []byte, status process.Status) (operator.Result, error) {
	written, err := parseMap(output)
	if status.Code != 0 { // the program may not have come as far as to say why
		return operator.Result{}, l.failure(status, written)
	}
	if err != nil {
		return operator.Result{}, &operator.Error{
			Message: fmt.Sprintf("%s command has left no result (%v)", l.name, err), Kind: "runtime",
		}
	}
	var r operator.Result
	for key, m := range map[string]*operator.Map{
		"subtask_config": &r.Subtasks, "export_params": &r.Export, "store_params": &r.Store,
	} {
		if *m, err = written.MapOr(key, operator.Map{}); err != nil {
			return operator.Result{}, err
		}
	}
	return r, nil
}

func parseMap(text []byte) (params.Map, error) {
	v, err := params.ParseJSON(text)
	if err != nil {
		return params.Map{}, err
	}
	m, ok := v.(params.Map)
	if !ok {
		return params.Map{}, fmt.Errorf("expected a JSON object but got %.100s", text)
	}
	return m, nil
}

// failure tells of a program that failed: what was raised, as far as the
// program has written that. Where it happened stands in the output.
func (l language) failure(status process.Status, written params.Map) error {
	v, _ := written.Get("error")
	reason, _ := v.(params.Map)
	class, message := textAt(reason, "class"), textAt(reason, "message")
	switch {
	case class == "":
		return &operator.Error{Message: fmt.Sprintf("%s command failed with %s", l.name, status), Kind: "runtime"}
	case message == "":
		message = class
	default:
		message = class + ": " + message
	}
	e := &operator.Error{Message: message, Props: params.Of("class", class)}
	for _, key := range []string{"traceback", "file", "line", "cause", "label", "description", "metadata"} {
		if v, ok := reason.Get(key); ok {
			e.Props = e.Props.Set(key, v)
		}
	}
	if again := library.AgainOf(reason); again != nil {
		e.Again, e.Final = &operator.Again{After: again.After, Most: again.Most}, again.Most == 0
	}
	return e
}

func textAt(m params.Map, key string) string {
	v, _ := m.Get(key)
	text, _ := params.ToString(v)
	return text
}
