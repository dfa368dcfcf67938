package pipeline

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/operator"
)

// needs returns what a task of a pipeline needs, by its class.
func needs(d *operator.Draft) []operator.Need {
	class, _ := d.Local.StringOr("class", "")
	project := operator.Need{Kind: operator.NeedPython}
	switch definition.Class(class) {
	case definition.DownloadFromURL, definition.Link, definition.Input:
		return nil
	case definition.ShellScript:
		return []operator.Need{{Kind: operator.NeedProgram, Name: "bash"}}
	case definition.NotebookRunner, definition.ScriptRunner:
		return append(needsOfNotebook(d.Local, definition.Class(class)), project)
	case definition.PostgresCopyFrom:
		return []operator.Need{project, {Kind: operator.NeedPackage, Name: "psycopg2", Or: []string{"psycopg"}}}
	case definition.UploadToS3:
		return []operator.Need{project, {Kind: operator.NeedPackage, Name: "boto3"}}
	}
	return []operator.Need{project}
}

// needsOfNotebook returns what runs a notebook or a script, if that can be told.
func needsOfNotebook(config params.Map, class definition.Class) []operator.Need {
	r, err := Render(config)
	if err != nil {
		return nil // which others tell
	}
	r.Language = strings.ToLower(r.Language)
	if class == definition.ScriptRunner {
		if r.Language == "r" {
			return []operator.Need{{Kind: operator.NeedProgram, Name: "Rscript"}}
		}
		return nil
	}
	options, _ := config.MapOr("options", params.Map{})
	engine := operator.Need{Kind: operator.NeedPackage, Name: "papermill", Or: []string{"nbclient"}}
	if name, _ := options.StringOr("executor", ""); name == "ploomber-engine" {
		return []operator.Need{{Kind: operator.NeedPackage, Name: "ploomber_engine"}}
	}
	found := []operator.Need{engine, {Kind: operator.NeedKernel, Name: r.Kernel}}
	if r.Language == "r" {
		found = append(found, operator.Need{Kind: operator.NeedProgram, Name: "R"})
	}
	return found
}
