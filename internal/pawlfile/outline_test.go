package pawlfile_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
)

func TestFilesAreShownInTheFormOfDigFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"timezone: UTC\nparams: {x: 1}\ninputs: {n: date}\ntasks: {a: {with: {y: 2}, sh: cmd, queue: q, z: 3}, b: {mine>: x}}\nordering: {b: [a]}\non_failure: {echo: x}": `{"timezone":"UTC","_export":{"x":1},"_inputs":{"n":"date"},"_error":{"echo>":"x"},` +
			`"+a":{"sh>":"cmd","z":3,"y":2,"_queue":"q"},"+b":{"mine>":"x","_after":["a"]}}`,
		"tasks: {a: {start: b, wait: true, on_success: [{echo: 1}, {echo: 2}], check: {sh: c}, iterate: [1], retry: 2}}": `{"+a":{"^on_success":{"+1":{"echo>":1},"+2":{"echo>":2}},"iterate":[1],` +
			`"+item":{"start>":"b","wait":true,"_check":{"sh>":"c"},"_retry":2}},"+a^on_success":{"+1":{"echo>":1},"+2":{"echo>":2}}}`,
		"iterate: [1]\ntasks: {a: {sh: x}}\non_success: {echo: y}": `{"^on_success":{"echo>":"y"},"+items":{"iterate":[1],"+item":{"+a":{"sh>":"x"}}}}`,
	} {
		d, err := pawlfile.Load(folder("p.pawl.yaml", text), "p.pawl.yaml")
		if err != nil {
			t.Error(err)
			continue
		}
		if got := string(params.AppendJSON(nil, d.Document.Map())); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// What a task calls has its own parameters, as they are to be.
func TestCalledFilesAreFitted(t *testing.T) {
	t.Parallel()
	project := folder("sub/p.pawl.yaml", "params: {x: 1}\ninputs: {n: integer, m: {default: 2}}\ntasks: {a: {sh: x}, b: {sh: y}}\non_failure: {echo: z}", "d.dig", "+a: {echo>: x}")
	config, err := pawlfile.ReadConfig(project, "sub/p.pawl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pawlfile.Fit(config, params.Of("n", "x")); err == nil {
		t.Error("what does not fit is taken")
	}
	if config, err = pawlfile.Fit(config, params.Of("n", "7", "other", 1)); err != nil {
		t.Fatal(err)
	}
	n, err := pawlfile.CompileSubtasks("^sub", config)
	if err != nil {
		t.Fatal(err)
	}
	if want := params.Of("x", 1, "_workdir", "sub", "n", 7, "m", 2); n.Name != "^sub" || !n.Export.Equal(want) || shown(n) != "a b<a" || len(n.OnFailure) != 1 {
		t.Errorf("%s: %v, %s, %v", n.Name, n.Export, shown(n), n.OnFailure)
	}
	plain, err := pawlfile.ReadConfig(project, "d.dig")
	if err != nil {
		t.Fatal(err)
	}
	if fit, err := pawlfile.Fit(plain, params.Of("n", "x")); err != nil || !fit.Equal(plain) {
		t.Errorf("a .dig file becomes %v, %v", fit, err)
	}
	if n, err := pawlfile.CompileSubtasks("^sub", plain); err != nil || shown(n) != "a" {
		t.Errorf("a .dig file has the tasks %v, %v", n, err)
	}
}
