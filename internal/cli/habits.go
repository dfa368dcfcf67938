package cli

import "strings"

// habits are short options of two letters that Ploomber has, by command.
var habits = map[string]map[string]string{
	"build": {"-su": "--skip-upstream"},
	"task":  {"-st": "--status", "-of": "--on-finish"},
}

// habitual returns a command line as it is parsed, with what people are used to
// write otherwise.
func habitual(args []string) []string {
	if len(args) < 2 {
		return args
	}
	if args[0] == "task" && isNumber(args[1]) { // an attempt, with Digdag
		return append([]string{"tasks"}, args[1:]...)
	}
	longer := habits[args[0]]
	shared := args[0] == "run" || args[0] == "plan"
	if longer == nil && !shared {
		return args
	}
	list := make([]string, len(args))
	copy(list, args)
	for i, arg := range list {
		if arg == "--" {
			break
		}
		if long, ok := longer[arg]; ok {
			list[i] = long
		}
		if shared && arg == "-e" && i+1 < len(list) && isEntryPoint(list[i+1]) {
			list[i] = "--entry-point"
		}
	}
	return list
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isEntryPoint reports whether the value of -e is the entry point of a pipeline.
// Else it is the name of a task.
func isEntryPoint(value string) bool {
	return !strings.HasPrefix(value, "+") && strings.ContainsAny(value, "./*:")
}
