// Package export writes a pipeline down for other schedulers: Argo, Airflow,
// Kubeflow, SLURM and AWS Batch. Each task becomes a node that runs one command,
// with edges to those that it comes after.
//
// The package knows the names of tasks and the sections of soopervisor.yaml. It
// reads and writes no files, starts nothing, and knows neither pipelines nor their
// products: the caller says which nodes there are and what they run.
package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/process"
)

// Node is one job: a command that runs after others have ended well.
type Node struct {
	// Name is that of the task; unique.
	Name string
	// Upstream are the names of the nodes that it comes after.
	Upstream []string
	// Command is the program with its arguments. Where it runs a task, the name of
	// that follows the first word "task".
	Command []string
	// Outdated tells that the node has something to do now.
	Outdated bool
}

// Mode says which nodes are exported.
type Mode string

// Modes. A node that finds its products up to date when it runs ends well.
const (
	// Incremental exports what is outdated now.
	Incremental Mode = "incremental"
	// Regular exports everything; what is outdated is decided by each node.
	Regular Mode = "regular"
	// Force exports everything and runs it, up to date or not.
	Force Mode = "force"
)

// Modes are all of them, the default first.
func Modes() []string { return []string{string(Incremental), string(Regular), string(Force)} }

// ParseMode reads the name of a mode.
func ParseMode(name string) (Mode, error) {
	if !slices.Contains(Modes(), name) {
		return "", model.Errorf(model.Invalid, "there is no mode %q", name).WithHint("there are: %s", strings.Join(Modes(), ", "))
	}
	return Mode(name), nil
}

// Select returns the nodes that a mode exports, each after those that it needs,
// with the edges between them: none of them waits for what is not exported. A task leaves that one alone,
// which has to be there and, incrementally, outdated. Nothing to export is an error.
func Select(nodes []Node, mode Mode, task string) ([]Node, error) {
	if task != "" {
		one, err := only(nodes, task)
		if err != nil {
			return nil, err
		}
		if nodes = []Node{one}; mode == Incremental && !one.Outdated {
			return nil, model.Errorf(model.Conflict, "%s is up to date", task).WithHint("--mode regular exports it all the same, and --mode force has it run")
		}
	}
	chosen := make(map[string]bool, len(nodes))
	for _, n := range nodes {
		chosen[n.Name] = mode != Incremental || n.Outdated
	}
	var list []Node
	for _, n := range nodes {
		if !chosen[n.Name] {
			continue
		}
		n.Upstream = slices.DeleteFunc(slices.Clone(n.Upstream), func(up string) bool { return !chosen[up] })
		list = append(list, n)
	}
	if len(list) == 0 {
		return nil, model.Errorf(model.Conflict, "everything is up to date: there is nothing to export").
			WithHint("--mode regular exports all tasks, which look for themselves whether they are")
	}
	return sorted(list), nil
}

// sorted puts each node after those that it needs, and else keeps the order.
func sorted(nodes []Node) []Node {
	at := places(nodes)
	list, seen := make([]Node, 0, len(nodes)), make([]bool, len(nodes))
	type step struct{ node, next int }
	for i := range nodes {
		stack := []step{{node: i}}
		if seen[i] {
			continue
		}
		seen[i] = true
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			n := nodes[top.node]
			if top.next == len(n.Upstream) {
				list, stack = append(list, n), stack[:len(stack)-1]
				continue
			}
			up := at[n.Upstream[top.next]]
			if top.next++; !seen[up] {
				seen[up] = true
				stack = append(stack, step{node: up})
			}
		}
	}
	return list
}

func only(nodes []Node, task string) (Node, error) {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		if n.Name == task {
			return n, nil
		}
		names[i] = n.Name
	}
	return Node{}, model.Errorf(model.NotFound, "there is no task %q", task).WithHint("%s", document.DidYouMean(task, names))
}

// Job is what is to be written down.
type Job struct {
	// Project names the whole.
	Project string
	// Nodes are as Select returns them: each comes after those that it needs.
	Nodes []Node
	// Inputs are what each run is given, of the workflow that is the only node.
	Inputs []Input
	// Images are what containers are made of; none for a backend without them.
	Images []Image
	// Template returns a script of the environment's folder, by its name; used by
	// SLURM alone. Templates are the names of all of them, in order.
	Template  func(name string) (string, error)
	Templates []string
}

// File is something to write into the folder of an environment.
type File struct {
	// Name is its path below that folder, with slashes.
	Name string
	Text string
	// Executable tells that it is a program.
	Executable bool
}

// Written is what an export consists of.
type Written struct {
	Files []File
	// Next is the command that has the backend run it.
	Next string
}

// backend is one kind of scheduler.
type backend struct {
	// keys are those that a section may have besides the common ones.
	keys []string
	// containers tells that nodes run in images.
	containers func(*Environment) bool
	// defaults is what a new section has after its backend.
	defaults string
	// starters are the files that a new environment begins with, beside a
	// Dockerfile.
	starters func(e *Environment, project string) []File
	write    func(e *Environment, j *Job) (Written, error)
}

func backends() map[string]backend {
	always := func(*Environment) bool { return true }
	none := func(*Environment, string) []File { return nil }
	const repository = "  repository: your-repository/name\n"
	return map[string]backend{
		"argo-workflows": {keys: []string{"repository", "mounted_volumes"}, containers: always, defaults: repository, starters: none, write: writeArgo},
		"airflow":        {keys: []string{"repository", "preset"}, containers: (*Environment).airflowContainers, defaults: repository, starters: airflowStarters, write: writeAirflow},
		"kubeflow":       {keys: []string{"repository"}, containers: always, defaults: repository, starters: none, write: writeKubeflow},
		"slurm":          {containers: func(*Environment) bool { return false }, starters: slurmStarters, write: writeSLURM},
		"aws-batch": {
			keys:       []string{"repository", "job_queue", "region_name", "container_properties", "task_resources"},
			containers: always, starters: none, write: writeBatch,
			defaults: repository + "  job_queue: your-job-queue\n  region_name: your-region-name\n  container_properties: {memory: 16384, vcpus: 8}\n",
		},
	}
}

// Backends are the names of all backends, sorted.
func Backends() []string { return slices.Sorted(maps.Keys(backends())) }

// Write returns what the backend of an environment is to be given. Errors name
// what can't be said to it.
func (e *Environment) Write(j *Job) (Written, error) {
	all := *j
	all.Inputs = identified(j.Inputs)
	return backends()[e.Backend].write(e, &all)
}

// Containers reports whether nodes run in images.
func (e *Environment) Containers() bool { return backends()[e.Backend].containers(e) }

// quoted writes a command as a shell reads it.
func quoted(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = process.Quote(w)
	}
	return strings.Join(words, " ")
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// labels gives each node a name of letters, digits and what else is allowed, so
// that no two are the same.
func labels(nodes []Node, allowed string) map[string]string {
	names, taken := make(map[string]string, len(nodes)), make(map[string]bool, len(nodes))
	for _, n := range nodes { // who has a fitting name keeps it
		if label(n.Name, allowed) == n.Name {
			names[n.Name], taken[n.Name] = n.Name, true
		}
	}
	for _, n := range nodes {
		if names[n.Name] != "" {
			continue
		}
		name := label(n.Name, allowed)
		for taken[name] {
			name += "-x"
		}
		names[n.Name], taken[name] = name, true
	}
	return names
}

// label is a text with a dash in the place of what is not allowed. It begins with
// a letter or digit.
func label(text, allowed string) string {
	s := strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters+allowed, r) {
			return r
		}
		return '-'
	}, text)
	if s == "" || !strings.ContainsRune(letters, rune(s[0])) {
		s = "n" + s
	}
	return s
}

// named returns the labels of nodes by their names.
func named(all map[string]string, names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = all[n]
	}
	return list
}

// places are those of nodes in the list, by their names.
func places(nodes []Node) map[string]int {
	list := make(map[string]int, len(nodes))
	for i, n := range nodes {
		list[n.Name] = i
	}
	return list
}
