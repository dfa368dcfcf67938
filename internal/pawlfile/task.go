package pawlfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// task compiles a task, and what runs when it has succeeded, which may be nil.
func (c *compiler) task(e document.Entry, policy workflow.Failure) (n, hook *workflow.Node) {
	name := "+" + e.Key
	if hint, err := dig.CheckTaskName(name); err != nil {
		c.Fail(e.Errorf("%v", err).Hint("%s", hint))
	}
	n, keys := c.action(name, e, taskKeys())
	for _, key := range []string{"title", "description"} {
		if at := keys[key]; at.IsSet() {
			c.Text(at)
		}
	}
	c.made(n, keys)
	c.memo(n, keys)
	if at := keys["check"]; at.IsSet() {
		n.Check, _ = c.action(checkHook, at, actionKeys())
	}
	if at := keys["iterate"]; at.IsSet() {
		n.Name = itemTask
		n = &workflow.Node{Name: name, Pos: n.Pos, Each: c.iterate(at), Children: []*workflow.Node{n}}
		c.generators = append(c.generators, n)
	}
	n.Failure = policy
	if at := keys["failure_policy"]; at.IsSet() {
		n.Failure = c.policy(at)
	}
	if at := keys["on_failure"]; at.IsSet() {
		n.OnFailure = []*workflow.Node{c.hook(failureHook, at)}
	}
	if at := keys["on_success"]; at.IsSet() {
		hook = c.hook(name+successHook, at)
	}
	return n, hook
}

// hook compiles a task that has no name, or a list of such, which run one after the
// other.
func (c *compiler) hook(name string, e document.Entry) *workflow.Node {
	if e.Value.Kind() != document.List {
		n, _ := c.action(name, e, actionKeys())
		return n
	}
	group := &workflow.Node{Name: name, Pos: workflow.Pos(e.Pos())}
	for i, item := range e.Value.Items() {
		n, _ := c.action("+"+strconv.Itoa(i+1), e.With(item), actionKeys())
		if i > 0 {
			n.After = []workflow.Edge{{From: i - 1}}
		}
		group.Children = append(group.Children, n)
	}
	return group
}

// action compiles what has an operator and keys of the language. It returns those.
func (c *compiler) action(name string, e document.Entry, language []key) (*workflow.Node, map[string]document.Entry) {
	n := &workflow.Node{Name: name, Pos: workflow.Pos(e.Pos())}
	if e.Value.Kind() != document.Mapping {
		c.Fail(e.Errorf("a task must be a mapping, not %s", e.Value.What()).Hint("such as %s: {sh: ./run.sh}", e.Key))
		return n, nil
	}
	keys := make(map[string]document.Entry)
	var rest []document.Entry
	for _, one := range e.Value.Entries() {
		if has(language, one.Key) {
			keys[one.Key] = one
		} else {
			rest = append(rest, one)
		}
	}
	operator, options := c.operator(e, rest, language)
	n.Operator = strings.TrimSuffix(operator.Key, ">")
	n.Config = c.config(n, operator, options, keys, language)
	if given, ok := n.Config.Get(callParams); ok && operator.Key == "call" {
		n.Config = n.Config.Delete(callParams)
		if n.Export, ok = given.(params.Map); !ok {
			c.Fail(operator.Errorf("the params of a call must be a mapping"))
		}
	}
	if at := keys["retry"]; at.IsSet() {
		c.retry(n, at)
	}
	if at := keys["timeout"]; at.IsSet() {
		n.Limit = c.timeout(at)
	}
	n.Resources = c.resources(keys)
	if at := keys["pool"]; at.IsSet() {
		var err error
		if n.Slots, err = workflow.ParseSlots(at.Value.Value()); err != nil {
			c.Wrong(at.Value, err)
		}
	}
	if makes(n, n.Config) {
		c.generators = append(c.generators, n)
	}
	return n, keys
}

// isOperator tells whether a key names an operator.
func isOperator(name string) bool {
	_, ok := operators[name]
	return ok || len(name) > 1 && strings.HasSuffix(name, ">")
}

// candidates are the entries that may name an operator.
func candidates(rest []document.Entry) (found []int) {
	for i, one := range rest {
		if isOperator(one.Key) {
			found = append(found, i)
		}
	}
	return found
}

// operatorOf returns which entry names the operator: the one that may have the others
// as options, where several could. It is -1 where none does.
func operatorOf(rest []document.Entry) int {
	all := candidates(rest)
	for _, i := range all {
		if !slices.ContainsFunc(all, func(k int) bool { return k != i && !slices.Contains(operators[rest[i].Key], rest[k].Key) }) {
			return i
		}
	}
	return -1
}

// operator returns what names the operator, and the rest.
func (c *compiler) operator(e document.Entry, rest []document.Entry, language []key) (operator document.Entry, options []document.Entry) {
	if i := operatorOf(rest); i >= 0 {
		return rest[i], slices.Delete(slices.Clone(rest), i, i+1)
	}
	candidates := candidates(rest)
	switch {
	case len(candidates) > 0:
		c.Fail(rest[candidates[1]].Errorf("a task can't have more than one operator: %q and %q", rest[candidates[0]].Key, rest[candidates[1]].Key).
			Hint("an option of an operator that has the name of another one goes into with"))
		return rest[candidates[0]], nil
	case len(rest) > 0:
		known := append(operatorNames(), namesOf(language)...)
		for _, one := range rest {
			c.Fail(one.Errorf("there is no operator, and no key of a task, %q", one.Key).Hint("%s", document.DidYouMean(one.Key, known)))
		}
	default:
		c.Fail(e.Errorf("%s needs an operator", e.Key).Hint("such as sh: ./run.sh; there are %s", strings.Join(operatorNames(), ", ")))
	}
	return document.Entry{Key: "nop", Value: document.Of(nil)}, nil
}

// config returns the configuration of an action.
func (c *compiler) config(n *workflow.Node, operator document.Entry, options []document.Entry, keys map[string]document.Entry, language []key) params.Map {
	kv := []any{"_type", n.Operator}
	if !operator.Value.IsNull() {
		kv = append(kv, "_command", operator.Value.Value())
	}
	if at := keys["with"]; at.IsSet() {
		for _, one := range c.Mapping(at.Value, at.Key) {
			if _, twice := find(options, one.Key); twice {
				c.Fail(one.Errorf("the option %q is there twice", one.Key))
				continue
			}
			c.option(operator, one, nil)
			kv = append(kv, one.Key, one.Value.Value())
		}
	}
	for _, one := range options {
		c.option(operator, one, language)
		kv = append(kv, one.Key, one.Value.Value())
	}
	for _, of := range []struct{ key, directive string }{{"env", "_env"}, {"secrets", "_secrets"}} {
		if at := keys[of.key]; at.IsSet() {
			c.Mapping(at.Value, at.Key)
			kv = append(kv, of.directive, at.Value.Value())
		}
	}
	if at := keys["workdir"]; at.IsSet() {
		kv = append(kv, "_workdir", c.Text(at))
	}
	if at := keys["log_level"]; at.IsSet() {
		kv = append(kv, "_log_level", c.Choice(at, levels))
	}
	if at := keys["runner"]; at.IsSet() {
		c.runners(at)
		kv = append(kv, workflow.RunnerKey, at.Value.Value())
	}
	return params.Of(kv...)
}

// option refuses an option that the operator does not read. One that stands beside
// keys of the language, and is arbitrary otherwise, must not look like them.
func (c *compiler) option(operator, e document.Entry, language []key) {
	reads, known := operators[operator.Key]
	switch {
	case known && slices.Contains(reads, e.Key) || strings.HasSuffix(operator.Key, ">"):
	case c.meansParents(e, language) || known && reads != nil && slices.Contains(alsoParents, e.Key):
		c.Fail(e.Errorf("a task does not have the key %q", e.Key).Hint("what it comes after is said by parents"))
	case strings.HasPrefix(e.Key, "_"):
		c.Fail(e.Errorf("%q is a directive of .dig files", e.Key).
			Hint("%s", document.DidYouMean(e.Key[1:], append(slices.Clone(reads), namesOf(language)...))))
	case known && reads != nil:
		c.Fail(e.Errorf("%s does not have the option %q", operator.Key, e.Key).
			Hint("%s", document.DidYouMean(e.Key, append(slices.Clone(reads), namesOf(language)...))))
	default:
		for _, k := range language {
			if oneEdit(e.Key, k.name) || alsoCalled[e.Key] == k.name {
				c.Fail(e.Errorf("a task does not have the key %q", e.Key).
					Hint("did you mean %q? What %s is to get under that name goes into with", k.name, operator.Key))
			}
		}
	}
}

// alsoParents are names that other systems have for parents.
var alsoParents = []string{"after", "depends_on", "dependencies", "dependsOn", "needs", "requires", "run_after", "upstream"}

// meansParents tells of an option of a task whether it stands for parents: user code may
// take one of that name, but hardly with names of tasks.
func (c *compiler) meansParents(e document.Entry, language []key) bool {
	if !slices.Contains(alsoParents, e.Key) || !has(language, "parents") {
		return false
	}
	of := []*document.Node{e.Value}
	if e.Value.Kind() == document.List {
		of = e.Value.Items()
	}
	return len(of) > 0 && !slices.ContainsFunc(of, func(n *document.Node) bool {
		name, _ := n.Text()
		return !slices.Contains(c.names, name)
	})
}

// alsoCalled are keys under names that other systems have for them.
var alsoCalled = map[string]string{"retries": "retry"}

// oneEdit tells whether two words differ by a letter that is missing, too many or
// another, or by two that have changed places.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 1:
		return a[i:] == b[i+1:]
	case 0:
		swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		return i < len(a) && (swapped || a[i+1:] == b[i+1:])
	}
	return false
}

// made reads the files that a task makes.
func (c *compiler) made(n *workflow.Node, keys map[string]document.Entry) {
	at, ok := keys["products"]
	if !ok {
		if by := keys["outdated_by"]; by.IsSet() {
			c.Fail(by.Errorf("outdated_by has a meaning only beside products"))
		}
		return
	}
	if n.Config.Has("_do") || n.Config.Has("_else_do") {
		c.Fail(at.Errorf("a task that makes tasks makes no files itself"))
	}
	before := len(c.Errs)
	files := []document.Entry{at}
	if at.Value.Kind() == document.Mapping {
		files = at.Value.Entries()
	}
	for _, file := range files {
		for _, item := range c.Texts(document.Entry.With(at, file.Value)) {
			path, _ := item.Text()
			n.Products = append(n.Products, workflow.Product{Type: "file", Config: params.Of("path", path)})
		}
	}
	if len(n.Products) == 0 && len(c.Errs) == before {
		c.Fail(at.Errorf("products names no file"))
	}
	n.Config = n.Config.Set("_product", at.Value.Value())
	if by := keys["outdated_by"]; by.IsSet() {
		c.Texts(by)
		n.Config = n.Config.Set("_resources", by.Value.Value())
	}
	c.makers = append(c.makers, making{n, at})
}
