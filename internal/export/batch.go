package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// mostDependencies is how many jobs one of AWS Batch can wait for.
const mostDependencies = 20

// writeBatch writes a job definition for each image and a job for each task, as
// the command line of AWS reads them, and a program that submits them.
func writeBatch(e *Environment, j *Job) (Written, error) {
	labels, places := labels(j.Nodes, "_-"), places(j.Nodes)
	var files []File
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# Registers the job definitions and submits the jobs. AWS is another program than aws.\n"+
		"set -eu\ncd \"$(dirname \"$0\")\"\nbatch() { \"${AWS:-aws}\" batch --region %s --output text \"$@\"; }\n", process.Quote(e.region))
	more := ""
	if len(j.Inputs) > 0 {
		more = ` "$@"`
	}
	for i, image := range j.Images {
		name := "definitions/" + image.Folder() + ".json"
		files = append(files, File{Name: name, Text: indented(e.definition(j, image))})
		fmt.Fprintf(&b, "definition%d=$(batch register-job-definition --query jobDefinitionArn --cli-input-json file://%s)\n", i, name)
	}
	for i, n := range j.Nodes {
		if len(n.Upstream) > mostDependencies {
			return Written{}, model.Errorf(model.Invalid, "%s comes after %d tasks, and a job of AWS Batch can wait for %d", n.Name, len(n.Upstream), mostDependencies).
				WithHint("put tasks in between, each of which gathers what some of them make")
		}
		name := "jobs/" + labels[n.Name] + ".json"
		files = append(files, File{Name: name, Text: indented(e.batchJob(j, n, labels[n.Name]))})
		after := ""
		if len(n.Upstream) > 0 {
			after = " --depends-on"
			for _, up := range n.Upstream {
				after += fmt.Sprintf(" jobId=\"$job%d\"", places[up])
			}
		}
		image := slices.IndexFunc(j.Images, func(image Image) bool { return image.Name == j.imageOf(n.Name) })
		fmt.Fprintf(&b, "job%d=$(batch submit-job --query jobId --job-definition \"$definition%d\"%s --cli-input-json file://%s%s)\necho \"%[6]s: job $job%[1]d\"\n",
			i, image, after, name, more, labels[n.Name])
	}
	files = append(files, File{Name: submitScript, Text: b.String(), Executable: true}, e.buildScript(j.Images))
	return Written{Files: files, Next: "sh " + e.Name + "/" + submitScript}, nil
}

func (e *Environment) definition(j *Job, image Image) params.Map {
	container := e.container
	parameters := params.Map{}
	if len(j.Inputs) > 0 {
		n := j.Nodes[0]
		command := []string{"sh", "-c", j.guards() + j.withArguments(n), "sh"}
		for _, in := range j.Inputs {
			command = append(command, "Ref::"+in.id)
			if !in.fixed() {
				parameters = parameters.Set(in.id, in.fallback())
			}
		}
		container = container.Set("command", values(command))
	}
	if e.container.Len() == 0 {
		container = params.Of("memory", 16384, "vcpus", 8).Merge(container)
	}
	name := label(j.Project, "_-")
	if image.Pattern != "" {
		name += "-" + label(image.Folder(), "_-")
	}
	definition := params.Of("jobDefinitionName", name, "type", "container", "containerProperties", container.Set("image", image.Name))
	if parameters.Len() > 0 {
		definition = definition.Set("parameters", parameters)
	}
	return definition
}

// guards end a job that was not given what it has to be: its reference stays then.
func (j *Job) guards() string {
	var b strings.Builder
	for i, in := range j.Inputs {
		if in.fixed() {
			fmt.Fprintf(&b, "[ \"${%d}\" != Ref::%s ] || { echo %[2]s has to be given >&2; exit 2; }; ", i+1, in.id)
		}
	}
	return b.String()
}

func (e *Environment) batchJob(j *Job, n Node, label string) params.Map {
	overrides := params.Map{}
	if len(j.Inputs) == 0 { // else the definition has it, with references to parameters
		overrides = params.Of("command", values(n.Command))
	}
	if list := e.resourcesOf(n.Name); len(list) > 0 {
		overrides = overrides.Set("resourceRequirements", list)
	}
	return params.Of("jobName", label, "jobQueue", e.queue, "containerOverrides", overrides)
}
