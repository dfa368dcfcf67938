package pawlfile

import (
	"maps"
	"slices"
)

// operators are those that a key of a task may name, each with the options that it
// reads: nil is any, because they are arguments or variables of user code. Others are
// named as in .dig files, with a '>' after them, and their options are not looked at.
var operators = map[string][]string{
	"sh": nil, "py": nil, "rb": nil,
	"echo": {}, "fail": {}, "nop": {}, "call": {callParams}, "store": {"reset"},
	"http":        httpOptions("store_content"),
	"http_call":   httpOptions("content_type_override"),
	"if":          {"_do", "_else_do"},
	"loop":        {"_do", "_parallel", "count"},
	"for_each":    {"_do", "_parallel"},
	"for_range":   {"_do", "_parallel"},
	"wait":        {"blocking", "poll_interval"},
	"wait_signal": {"early", "json_key", "key", "on_timeout", "one", "store", "timeout"},
	"send":        {"headers", "key", "value"},
	"kafka":       {"headers", "key", "value"},
	"notify":      {"attempt_id", "project_id", "session_id", "session_time", "session_uuid", "task_name", "timezone"},
	"param_get":   nil, "param_set": nil,
	"require": {"ignore_failure", "params", "project_id", "project_name", "rerun_on", "retry_attempt_name", "session_time"},
	"start":   {"ignore_failure", "key", "on_kill", "params", "project_id", "project_name", "session_time", "store", "wait"},
}

// callParams is the option of a call, here, that gives parameters to what is called: it
// exports them.
const callParams = "params"

func httpOptions(more string) []string {
	return append([]string{
		"content", "content_format", "content_type", "follow_redirects", "headers", "insecure", "method", "proxy", "query", "retry", "timeout",
	}, more)
}

// Operators returns the operators that tasks name without a '>', with the options
// that each reads; nil options are any.
func Operators() map[string][]string { return maps.Clone(operators) }

func operatorNames() []string { return slices.Sorted(maps.Keys(operators)) }
