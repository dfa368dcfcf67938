package pawlfile

import (
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape/declare"
	"github.com/pawlhq/pawl/internal/workflow"
)

// key is a key of the language: what it is for, and the JSON Schema of its value.
type key struct {
	name, about string
	schema      params.Map
}

func has(keys []key, name string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return k.name == name })
}

func namesOf(keys []key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

// Parts of the schemas of keys.
var (
	anyValue  = params.Map{}
	text      = params.Of("type", "string")
	truth     = params.Of("type", "boolean")
	object    = params.Of("type", "object")
	texts     = params.Of("type", []any{"string", "array"}, "items", text)
	positive  = params.Of("type", "integer", "minimum", 1)
	span      = params.Of("type", []any{"number", "string"})
	amount    = params.Of("type", []any{"number", "string"})
	taskNames = params.Of("type", "object", "additionalProperties", texts)
)

func ref(name string) params.Map { return params.Of("$ref", "#/$defs/"+name) }

func oneOf(words ...string) params.Map { return params.Of("enum", words) }

// orList is what may be written once or as a list.
func orList(of params.Map) params.Map {
	return params.Of("anyOf", []params.Map{of, params.Of("type", "array", "items", of)})
}

// policies are what the failure of a task may mean for others.
var policies = []string{"cancel_children", "cancel_pipeline", "isolate"}

var pipelineKeys = sync.OnceValue(func() []key {
	return []key{
		{"name", "the name of the pipeline, which is that of its file", text},
		{"title", "what people are shown", text},
		{"description", "what the pipeline is for", text},
		{"timezone", "the time zone of its times, such as Europe/Berlin; UTC by default", text},
		{"schedule", "when it is started by itself, as in .dig files", object},
		{"sensor", "what looks now and then, and asks for runs, as in .dig files", object},
		{"sla", "when it is late, and what happens then, as in .dig files", object},
		{"inputs", "the parameters that a start gives, by name", params.Of("type", "object", "additionalProperties", ref("input"))},
		{"strict_input", "true refuses parameters that are no inputs", truth},
		{"params", "parameters for all tasks", object},
		{"tasks", "the tasks by name, in the order in which they run unless parents or ordering say otherwise",
			params.Of("type", "object", "minProperties", 1, "additionalProperties", ref("task"))},
		{"ordering", "for tasks, the tasks that they come after; all others come after none", taskNames},
		{"iterate", "runs all of the pipeline for each item of a collection", ref("iterate")},
		{"tags", "tags of its runs", object},
		{"run_queue", "how its runs stand in the run queue", ref("run_queue")},
		{"failure_policy", "what the failure of a task means for the others, unless the task says it", oneOf(policies...)},
		{"on_success", "tasks to run when all have succeeded", orList(ref("action"))},
		{"on_failure", "tasks to run when the pipeline has failed", orList(ref("action"))},
	}
})

// actionKeys are those of whatever has an operator.
var actionKeys = sync.OnceValue(func() []key {
	return []key{
		{"with", "more options of the operator, for those whose names are keys of tasks", object},
		{"env", "variables for the environment of programs", params.Of("type", "object", "additionalProperties", params.Of("type", []any{"string", "number", "boolean"}))},
		{"workdir", "the folder to work in, below that of the project", text},
		{"secrets", "for names of secrets that it uses, those of others that are meant", object},
		{"queue", "the queue of workers that it is for", text},
		{"priority", "how soon it runs where many wait: higher ones first", params.Of("type", "integer")},
		{"resources", "what it takes where it runs", ref("resources")},
		{"pool", "the pool of which it takes a slot while it runs, or numbers of slots by pool", params.Of("type", []any{"string", "object"})},
		{"image", "the image of the container that it runs in", text},
		{"runner", "options for a runner by its name, such as an account of SLURM", params.Of("type", "object", "additionalProperties", object)},
		{"log_level", "the least level of its messages that are kept", oneOf(levels...)},
		{"timeout", "how long it may take", params.Of("anyOf", []params.Map{span, ref("timeout")})},
		{"retry", "how often it is tried again", params.Of("anyOf", []params.Map{params.Of("type", []any{"integer", "string"}), ref("retry")})},
	}
})

var taskKeys = sync.OnceValue(func() []key {
	return append([]key{
		{"title", "what people are shown", text},
		{"description", "what the task is for", text},
		{"parents", "the tasks that it comes after", texts},
		{"iterate", "runs it for each item of a collection", ref("iterate")},
		{"products", "the files that it makes: it runs when they are outdated", params.Of("type", []any{"string", "array", "object"})},
		{"outdated_by", "files whose content decides, too, whether its products are outdated", texts},
		{"memo", "takes over what it gave when it was given the same: see [memoised tasks](memo.md)", params.Of("anyOf", []params.Map{params.Of("type", "boolean"), ref("memo")})},
		{"check", "a task that runs after it and fails it by failing", ref("action")},
		{"failure_policy", "what its failure means for others", oneOf(policies...)},
		{"on_success", "tasks to run when it has succeeded", orList(ref("action"))},
		{"on_failure", "tasks to run when it has failed", orList(ref("action"))},
	}, actionKeys()...)
})

// levels are those of messages.
var levels = []string{"debug", "info", "warn", "error"}

var memoKeys = sync.OnceValue(func() []key {
	return []key{
		{"version", "stands for the code: change it to have the task run again", params.Of("type", []any{"string", "integer"})},
		{"inputs", "the parameters that count, besides the configuration", texts},
		{"files", "files and folders whose content counts", texts},
		{"if_missing", "whether any result counts, whatever has changed", params.Of("type", "boolean")},
	}
})

var retryKeys = sync.OnceValue(func() []key {
	return []key{
		{"limit", "the number of further tries", params.Of("type", "integer", "minimum", 0)},
		{"interval", "the wait before the first of them", span},
		{"max_interval", "the longest wait, where they double", span},
		{"interval_type", "whether waits double", oneOf("constant", "exponential")},
	}
})

var timeoutKeys = sync.OnceValue(func() []key {
	return []key{
		{"after", "how long it may take", span},
		{"then", "how it ends when that is over", oneOf("fail", "skip")},
	}
})

var resourceKeys = sync.OnceValue(func() []key {
	return []key{
		{"cpu", "processors: 2, 0.5 or 500m", amount},
		{"memory", "bytes, with a unit such as 512Mi or 2G", amount},
		{"gpu", "devices", params.Of("type", "integer", "minimum", 0)},
		{"time", "how long each try may run, from when it begins", span},
	}
})

var iterateKeys = sync.OnceValue(func() []key {
	return []key{
		{"list", "the items themselves, or an expression that gives a list", params.Of("type", []any{"array", "string"})},
		{"file", "a file with the items: JSON lines, or CSV with a line of names", text},
		{"format", "how the file is written, where its name does not say", oneOf("jsonl", "csv")},
		{"query", "a query, each row of which is an item", text},
		{"database", "the database of the query", anyValue},
		{"id", "the path, in each item, of what tells items apart for people", text},
		{"as", "the parameter that is the item; item by default", text},
		{"window", "how many items are in work at a time", positive},
		{"on_failure", "what the failure of an item means for others", oneOf(itemPolicies()...)},
	}
})

// cancelPipeline is another name of what cancels everything else.
const cancelPipeline = "cancel_pipeline"

func itemPolicies() []string {
	return append(slices.Clone(workflow.ItemFailureNames()), cancelPipeline)
}

// inputKeys are those of a declaration of an input, in the order of declare.Keys.
var inputKeys = sync.OnceValue(func() []key {
	return []key{
		{"type", "what the value is", oneOf(declare.Types()...)},
		{"title", "what people are shown", text},
		{"description", "what it is for", text},
		{"required", "whether a start must give it; true unless there is a default", truth},
		{"default", "the value where none is given", anyValue},
		{"enum", "the only values", params.Of("type", "array", "minItems", 1)},
		{"minimum", "the least number, date or time", anyValue},
		{"maximum", "the greatest number, date or time", anyValue},
		{"pattern", "a regular expression that is found in the text", text},
		{"format", "date or date-time, of a text", oneOf("date", "date-time")},
		{"items", "what the items of a list are", ref("input")},
		{"properties", "what a map has, by name", params.Of("type", "object", "additionalProperties", ref("input"))},
	}
})

var queueKeys = sync.OnceValue(func() []key {
	return []key{
		{"priority", "which runs are admitted first: those of higher ones", params.Of("type", "integer")},
		{"weight", "how much of the queue a run takes", positive},
	}
})
