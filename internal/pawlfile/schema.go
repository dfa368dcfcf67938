package pawlfile

import (
	"slices"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
)

// Schema returns the JSON Schema of the language, for editors. What Load refuses
// besides, such as circles, no schema can say.
func Schema() params.Map {
	task := closed("a task: an operator with its options, and keys of tasks", taskKeys())
	action := closed("a task without a name", actionKeys())
	for _, name := range operatorNames() {
		task = withProperty(task, name, params.Of("description", "the operator "+name))
		action = withProperty(action, name, params.Of("description", "the operator "+name))
	}
	// Options are the operator's to know: which they are depends on its name.
	task, action = task.Set("additionalProperties", true), action.Set("additionalProperties", true)
	defs := params.Of(
		"task", task, "action", action,
		"iterate", params.Of("anyOf", []params.Map{
			params.Of("type", []any{"array", "string"}), closed("where the items of a collection come from", iterateKeys()),
		}),
		"resources", closed("what a task takes where it runs", resourceKeys()),
		"retry", closed("how a task is tried again", retryKeys()).Set("required", []any{"limit"}),
		"memo", closed("what a result follows from", memoKeys()),
		"timeout", closed("how long a task may take", timeoutKeys()).Set("required", []any{"after"}),
		"run_queue", closed("how runs stand in the run queue", queueKeys()),
		"input", params.Of("anyOf", []params.Map{
			params.Of("type", []any{"string", "array"}), closed("a parameter that a start gives", inputKeys()),
		}),
	)
	head := params.Of("$schema", shape.Draft, "title", "a pipeline of pawl")
	return head.Merge(closed("a pipeline in a file NAME"+Extension, pipelineKeys())).
		Set("required", []any{"tasks"}).Set("$defs", defs)
}

// closed is the schema of a mapping with these keys.
func closed(about string, keys []key) params.Map {
	var properties params.Map
	for _, k := range keys {
		properties = properties.Set(k.name, params.Of("description", k.about).Merge(k.schema))
	}
	return params.Of("description", about, "type", "object", "properties", properties, "additionalProperties", false)
}

func withProperty(schema params.Map, name string, of params.Map) params.Map {
	return schema.SetAt(of, "properties", name)
}

// Keys returns the keys that a part of the language has, in their order: one of
// "pipeline", "task", "iterate", "resources", "retry", "timeout", "run_queue" and
// "input".
func Keys(part string) []string {
	parts := map[string]func() []key{
		"pipeline": pipelineKeys, "task": taskKeys, "iterate": iterateKeys, "resources": resourceKeys,
		"retry": retryKeys, "timeout": timeoutKeys, "run_queue": queueKeys, "input": inputKeys,
	}
	keys, ok := parts[part]
	if !ok {
		return nil
	}
	return slices.Clone(namesOf(keys()))
}
