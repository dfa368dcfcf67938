package export

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// Input is a parameter that each run of a workflow is given by the scheduler.
type Input struct {
	// Name is what the workflow calls it.
	Name string
	// Description is for people.
	Description string
	// Default is the value where a run is given none; nil where it has none.
	Default *string
	// Required tells that a run can't do without. Else, without a default, an empty
	// text is none.
	Required bool
	// id is its name as schedulers have it.
	id string
}

// variable is that of the environment, or of a shell, that has the value.
func (in *Input) variable() string { return "INPUT_" + in.id }

// fallback is the value of what may be left out.
func (in *Input) fallback() string {
	if in.Default != nil {
		return *in.Default
	}
	return ""
}

// fixed reports whether each run has to give a value.
func (in *Input) fixed() bool { return in.Required && in.Default == nil }

// about is the description and what has to be given besides, as fields.
func (in *Input) about(m params.Map) params.Map {
	if in.Description != "" {
		m = m.Set("description", in.Description)
	}
	return m
}

// words are names that programs in Python can't have.
const words = " false none true and as assert async await break class continue def del elif else except finally for from " +
	"global if import in is lambda nonlocal not or pass raise return try while with yield "

// identified gives inputs names of letters, digits and underscores, which begin with a
// letter and are no words of languages.
func identified(inputs []Input) []Input {
	list, taken := make([]Input, len(inputs)), make(map[string]bool)
	for i, in := range inputs {
		id := strings.ReplaceAll(label(in.Name, "_"), "-", "_")
		if c := id[0]; '0' <= c && c <= '9' {
			id = "n" + id
		}
		for taken[id] || strings.Contains(words, " "+strings.ToLower(id)+" ") {
			id += "_"
		}
		taken[id], in.id = true, id
		list[i] = in
	}
	return list
}

// line is the command of a node as a shell reads it, with the values of inputs from
// variables.
func (j *Job) line(n Node) string {
	text := quoted(n.Command)
	for _, in := range j.Inputs {
		pair := `"` + inDoubleQuotes(in.Name) + "=$" + in.variable() + `"`
		if in.Required || in.Default != nil {
			text += " --input " + pair
		} else {
			text += " ${" + in.variable() + ":+--input " + pair + "}"
		}
	}
	return text
}

// inDoubleQuotes writes a text as it stands between double quotes of a shell.
func inDoubleQuotes(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
}

// withArguments is line with the values as arguments of the shell, the first after its name.
func (j *Job) withArguments(n Node) string {
	var b strings.Builder
	for i, in := range j.Inputs {
		fmt.Fprintf(&b, "%s=${%d}; ", in.variable(), i+1)
	}
	return b.String() + j.line(n)
}

// settings sets the variables of inputs where the environment does not, for a shell
// that ends without one that has to be given.
func (j *Job) settings() string {
	var b strings.Builder
	for _, in := range j.Inputs {
		if in.fixed() {
			fmt.Fprintf(&b, ": \"${%s?has to be given}\"\n", in.variable())
		} else {
			fmt.Fprintf(&b, "[ \"${%[1]s+set}\" ] || %[1]s=%[2]s\n", in.variable(), process.Quote(in.fallback()))
		}
		fmt.Fprintf(&b, "export %s\n", in.variable())
	}
	return b.String()
}
