// Package local has the commands that work on the files here: workflows, pipelines
// and what is beside them. Their runs are this process's.
package local

import "github.com/pawlhq/pawl/internal/cli/console"

// Commands are those that work on the files here.
var Commands = []console.Command{
	{Name: "run", Make: newRun}, {Name: "build", Make: newBuild}, {Name: "status", Make: newStatus}, {Name: "task", Make: newTask}, {Name: "nb", Make: newNb}, {Name: "scaffold", Make: newScaffold}, {Name: "install", Make: newInstall}, {Name: "export", Make: newExport},
	{Name: "interact", Make: newInteract}, {Name: "python", Make: newPython}, {Name: "describe", Make: newDescribe}, {Name: "examples", Make: newExamples}, {Name: "init", Make: newInit}, {Name: "check", Make: newCheck}, {Name: "sense", Make: newSense},
	{Name: "plan", Make: newPlan}, {Name: "versions", Make: newVersions}, {Name: "plot", Make: newPlot}, {Name: "report", Make: newReport}, {Name: "schema", Make: newSchema},
}
