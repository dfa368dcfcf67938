package script

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

// language is what sets py and rb apart.
type language struct {
	operator string // its operator, which also ends the runner's name
	name     string
	runner   string // the runner's text
	because  string // stands between a failure and its reason
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

// failure tells of a program that failed, with the error that it has written.
func (l language) failure(status process.Status, written params.Map) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s command failed with code %d", l.name, status.Code)
	v, _ := written.Get("error")
	reason, _ := v.(params.Map)
	if message := textAt(reason, "message"); message != "" {
		text.WriteString(l.because + message)
	}
	if class := textAt(reason, "class"); class != "" {
		text.WriteString(" (" + class + ")")
	}
	v, _ = reason.Get("backtrace")
	lines, _ := v.([]params.Value)
	for _, line := range lines {
		if line, ok := params.ToString(line); ok {
			text.WriteString("\n\tfrom " + line)
		}
	}
	return &operator.Error{Message: text.String(), Kind: "runtime"}
}

func textAt(m params.Map, key string) string {
	v, _ := m.Get(key)
	text, _ := params.ToString(v)
	return text
}
