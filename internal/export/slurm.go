package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/template"
)

// Scripts of SLURM that are no templates for tasks of their name.
const (
	submitScript  = "submit.sh"
	slurmTemplate = "template.sh"
)

func slurmStarters(*Environment, string) []File {
	return []File{{Name: slurmTemplate, Text: `#!/bin/sh
#SBATCH --job-name={{name}}
#SBATCH --output=slurm-%j-{{name}}.out

# What tasks need comes before: modules, a virtual environment. NAME.sh is the
# script of one task, and fit-__.sh that of all whose names begin with fit-.
srun {{command}}
`}}
}

// writeSLURM writes a script for each task, and one that submits them: a job
// begins when those before it have ended well, and never when one has not.
func writeSLURM(e *Environment, j *Job) (Written, error) {
	labels, places := labels(j.Nodes, "_.-"), places(j.Nodes)
	var files []File
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Submits the jobs of the tasks. SBATCH is another program than sbatch.\nset -eu\ncd \"$(dirname \"$0\")/..\"\n")
	b.WriteString(j.settings())
	for i, n := range j.Nodes {
		script, err := j.slurmScript(n, labels[n.Name])
		if err != nil {
			return Written{}, err
		}
		name := "jobs/" + labels[n.Name] + ".sh"
		files = append(files, File{Name: name, Text: script, Executable: true})
		after := ""
		if len(n.Upstream) > 0 {
			after = " --kill-on-invalid-dep=yes --dependency=afterok"
			for _, up := range n.Upstream {
				after += fmt.Sprintf(":\"$job%d\"", places[up])
			}
		}
		// With several clusters, the number is followed by a semicolon and a name.
		fmt.Fprintf(&b, "job%d=$(\"${SBATCH:-sbatch}\" --parsable%s %s)\njob%[1]d=${job%[1]d%%%%;*}\necho \"%[4]s: job $job%[1]d\"\n",
			i, after, process.Quote(e.Name+"/"+name), labels[n.Name])
	}
	files = append(files, File{Name: submitScript, Text: b.String(), Executable: true})
	return Written{Files: files, Next: "sh " + e.Name + "/" + submitScript}, nil
}

// slurmScript is the script of a task: that of its name, the first whose name is a
// pattern for it, or the one of all.
func (j *Job) slurmScript(n Node, label string) (string, error) {
	file := slurmTemplate
	if exact := n.Name + ".sh"; slices.Contains(j.Templates, exact) && exact != submitScript {
		file = exact
	} else if i := slices.IndexFunc(j.Templates, func(f string) bool {
		return strings.Contains(f, "__") && matches(strings.ReplaceAll(f, "__", "*"), exact)
	}); i >= 0 {
		file = j.Templates[i]
	}
	text, err := j.Template(file)
	if err != nil {
		return "", err
	}
	t, err := template.Parse(file, text, template.Options{})
	if err != nil {
		return "", model.Errorf(model.Invalid, "%w", err)
	}
	for _, name := range []string{"name", "command"} {
		if !slices.Contains(t.Variables(), name) {
			return "", model.Errorf(model.Invalid, "%s has no {{%s}}", file, name).WithHint("{{name}} is where the name of a task goes, {{command}} where what it runs does")
		}
	}
	script, err := t.Render(params.Of("name", label, "command", j.line(n)))
	if err != nil {
		return "", model.Errorf(model.Invalid, "%w", err)
	}
	return script + "\n", nil
}
