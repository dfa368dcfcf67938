package operators_test

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/python/pool"
)

// ofPipelines are operators of the tasks of pipeline.yaml, and of collections, which
// nobody names.
var ofPipelines = []string{
	"download", "function", "notebook", "pipeline_hook", "postgres_copy", "script", "shell", "sql_dump", "sql_script",
	"sql_transfer", "sql_upload", "upload_s3", "items",
}

// The language of .pawl.yaml files knows all operators by their names, and what each
// reads.
func TestOperatorsHaveNamesInPawlFiles(t *testing.T) {
	t.Parallel()
	all, end := operators.All(new(pool.Pool))
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	known := pawlfile.Operators()
	for _, name := range all.Names() {
		spec, _ := all.Lookup(name)
		options, ok := known[name]
		if !ok {
			if !slices.Contains(ofPipelines, name) {
				t.Errorf(".pawl.yaml files can't name %s without a '>'", name)
			}
			continue
		}
		if name == "call" { // whose params are all that it exports
			delete(known, name)
			continue
		}
		got, want := slices.Sorted(slices.Values(options)), slices.Sorted(slices.Values(spec.Keys))
		if !slices.Equal(got, want) || (options == nil) != (spec.Keys == nil) {
			t.Errorf("%s reads %v, not %v", name, want, got)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("there is no operator %s", name)
	}
}
