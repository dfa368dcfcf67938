package workflow

import "strings"

// SuccessHook ends the names of tasks that run when others have ended well.
const SuccessHook = "^success"

// AfterSuccess adds to a group what runs once one of its tasks, by its index, has
// ended well, also without a run; a branch that was not chosen has not. Whether that
// fails changes nothing.
func (n *Node) AfterSuccess(of int, hook *Node) {
	hook.After = []Edge{{From: of}}
	for _, e := range n.Children[of].After {
		if e.On == OnOutput {
			hook.After = append(hook.After, e)
		}
	}
	n.addHook(hook)
}

// AfterAll adds to a group what runs once all of its tasks have ended well. Whether
// that fails changes nothing. Hooks of its tasks are not waited for.
func (n *Node) AfterAll(hook *Node) {
	before := make([]bool, len(n.Children))
	for _, c := range n.Children {
		if isHook(c) {
			continue
		}
		for _, e := range c.After {
			before[e.From] = true
		}
	}
	for i, c := range n.Children {
		if !before[i] && !isHook(c) {
			hook.After = append(hook.After, Edge{From: i})
		}
	}
	n.addHook(hook)
}

func (n *Node) addHook(hook *Node) {
	hook.Failure = Failure{Effect: Isolate}
	n.Children = append(n.Children, hook)
}

// TellsSuccess reports whether a task runs because others have ended well.
func (n *Node) TellsSuccess() bool { return strings.HasSuffix(n.Name, SuccessHook) }

func isHook(n *Node) bool { return strings.Contains(n.Name, "^") }
