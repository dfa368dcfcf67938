package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// needs returns the shell that a task names, and the programs that its script is sure
// to call.
func needs(d *operator.Draft) []operator.Need {
	var names []string
	list, _ := d.Given("shell").([]params.Value)
	if len(list) > 0 {
		if name, ok := params.ToString(list[0]); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 || slices.Contains(shells, path.Base(names[0])) {
		v, _ := d.Local.Get("_command")
		text, _ := v.(string)
		names = append(names, programsOf(text)...)
	}
	var found []operator.Need
	for _, name := range names {
		found = append(found, operator.Need{Kind: operator.NeedProgram, Name: name})
	}
	return command.Needs(d, found...)
}

// shells are those whose scripts are read here.
var shells = []string{"sh", "bash", "dash", "zsh", "ksh"}

// programsOf returns the programs that a script calls, as far as that is certain: of
// one with any syntax but lists and pipes of plain commands, the first.
func programsOf(text string) []string {
	simple := !strings.ContainsAny(text, "'\"\\`(){}<>#!*[]$")
	commands := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return strings.ContainsRune("\n;|&", r) })
	if !simple && len(commands) > 1 {
		commands = commands[:1]
	}
	var names []string
	for _, c := range commands {
		if name := programOf(c); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// programOf returns the program that a command begins with, if that is one without a
// folder, or of a folder of the machine.
func programOf(text string) string {
	for word := range strings.FieldsSeq(text) {
		name, _, assigns := strings.Cut(word, "=")
		switch {
		case assigns && command.ValidName(name) && !strings.ContainsAny(word, "'\"\\`$("):
			continue // a variable of the command
		case !namesProgram(word), strings.ContainsFunc(word, func(r rune) bool { return r > 0x7f || !isPlain(byte(r)) }):
			return ""
		case strings.Contains(word, "/") && !path.IsAbs(word):
			return ""
		}
		return word
	}
	return ""
}
