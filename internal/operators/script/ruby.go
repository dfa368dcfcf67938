package script

import (
	"context"
	_ "embed"

	"github.com/pawlhq/pawl/operator"
)

//go:embed runner.rb
var rubyRunner string

var ruby = language{operator: "rb", name: "Ruby", runner: rubyRunner}

// Ruby returns the operator rb.
//
// Its command names a method, which is called with the parameters that it
// names; the file given by `require` is loaded before. The program is `ruby`
// or what the parameter of that name says.
func Ruby() operator.Spec {
	return operator.Spec{Name: "rb", Defaults: "rb", Operator: operator.Func(runRuby), Check: checkRuby, Needs: needsRuby}
}

func runRuby(ctx context.Context, t *operator.Task) (operator.Result, error) {
	c, err := newCall(ctx, t)
	if err != nil {
		return operator.Result{}, err
	}
	words, err := interpreter(t.Params, "ruby")
	if err != nil {
		return operator.Result{}, err
	}
	if words == nil {
		words = []string{"ruby"}
	}
	words = append(words, "-I", t.Workdir)
	feature, err := t.Params.StringOr("require", "")
	if err != nil {
		return operator.Result{}, err
	}
	if feature != "" {
		words = append(words, "-r", feature)
	}
	output, status, err := c.runFiles(ctx, ruby, append(words, "--"))
	if err != nil {
		return operator.Result{}, err
	}
	return ruby.result(output, status)
}
