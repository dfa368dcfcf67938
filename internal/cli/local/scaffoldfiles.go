package local

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/pipeline"
)

// projectFiles are those of a new project.
func projectFiles(name string, o *scaffoldOptions) []file {
	dir, tasks := "", "tasks"
	var files []file
	if o.packaged {
		dir, tasks = "src/"+name+"/", name+".tasks"
		files = append(files,
			file{name: "setup.py", text: fmt.Sprintf(setupText, name)},
			file{name: dir + "__init__.py"})
	}
	list := emptyText
	if !o.empty {
		list = strings.ReplaceAll(pipelineText, "TASKS", tasks)
		files = append(files,
			file{name: dir + "tasks.py", text: tasksText},
			file{name: "scripts/report.sh", text: scriptText})
	}
	needs := file{name: "requirements.txt", text: requirementsText}
	if o.conda {
		needs = file{name: "environment.yml", text: fmt.Sprintf(environmentText, name)}
	}
	return append(files, file{name: dir + pipelineFile, text: list}, needs,
		file{name: ".gitignore", text: ignored + "output/\n__pycache__/\n.venv/\n"})
}

const (
	setupText = `from setuptools import find_packages, setup

setup(
    name='%s',
    version='0.1',
    packages=find_packages('src'),
    package_dir={'': 'src'},
)
`
	emptyText = `# Each task has a source (a function, a notebook, a script, SQL) and a product.
tasks: []
`
	pipelineText = `# Each task has a source (a function, a notebook, a script, SQL) and a product.
# What comes after what follows from the sources: upstream['raw'] comes after raw.
tasks:
  - source: TASKS.raw
    product: output/raw.csv
    params:
      rows: 5

  - source: TASKS.squares
    product: output/squares.csv

  - source: scripts/report.sh
    product: output/report.txt
`
	tasksText = `import csv
from pathlib import Path


def raw(product, rows):
    """Make some data"""
    with open(product, 'w', newline='') as f:
        writer = csv.writer(f)
        writer.writerow(['number'])
        writer.writerows([n] for n in range(rows))


def squares(product, upstream):
    """Add the squares"""
    with open(upstream['raw'], newline='') as f:
        numbers = [int(row['number']) for row in csv.DictReader(f)]
    lines = ['number,square'] + ['%d,%d' % (n, n * n) for n in numbers]
    Path(product).write_text('\n'.join(lines) + '\n')
`
	scriptText = `# The placeholders are replaced before bash runs this.
set -e
{
    echo "the last line:"
    tail -n 1 {{upstream['squares']}}
} > {{product}}
`
	requirementsText = `# What the tasks import, one package a line.
`
	environmentText = `name: %s
dependencies:
  - python
  # What the tasks import.
`
)

// sourceTemplates are those of sources, by suffix: with the product given by the
// pipeline, and named by the source itself.
var sourceTemplates = map[string][2]string{
	".py":    {scriptOf("None"), scriptOf("{'nb': 'output/NAME.ipynb'}")},
	".ipynb": {notebookOf("None"), notebookOf("{'nb': 'output/NAME.ipynb'}")},
	".R":     {rOf("NULL"), rOf("list(nb='output/NAME.ipynb')")},
	".Rmd":   {rmdOf("NULL"), rmdOf("list(nb='output/NAME.ipynb')")},
	".sql": {
		"CREATE TABLE {{product}} AS\nSELECT 1 AS number\n",
		"{% set product = SQLRelation(['NAME', 'table']) %}\nCREATE TABLE {{product}} AS\nSELECT 1 AS number\n",
	},
	".sh": {"set -e\necho NAME > {{product}}\n", "set -e\necho NAME > {{product}}\n"},
}

func sourceKinds() []string { return slices.Sorted(maps.Keys(sourceTemplates)) }

// sourceText is a new source for a task.
func sourceText(t pipeline.SketchedTask, extract bool) (string, bool) {
	suffix := filepath.Ext(t.Path)
	texts, ok := sourceTemplates[suffix]
	text := texts[0]
	switch {
	case t.Class == pipeline.SQLDump:
		text = "SELECT 1 AS number\n"
	case extract:
		text = texts[1]
	}
	return strings.ReplaceAll(text, "NAME", strings.TrimSuffix(filepath.Base(t.Path), suffix)), ok
}

func scriptOf(product string) string {
	return "# %% [markdown]\n# # NAME\n\n# %% tags=[\"parameters\"]\nupstream = None\nproduct = " + product + "\n\n# %%\n# What NAME makes.\n"
}

func rOf(product string) string {
	return "# %% tags=[\"parameters\"]\nupstream <- NULL\nproduct <- " + product + "\n\n# %%\n# What NAME makes.\n"
}

func rmdOf(product string) string {
	return "---\ntitle: NAME\n---\n\n```{r tags=c(\"parameters\")}\nupstream <- NULL\nproduct <- " + product + "\n```\n\n```{r}\n# What NAME makes.\n```\n"
}

func notebookOf(product string) string {
	return `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {
    "tags": [
     "parameters"
    ]
   },
   "outputs": [],
   "source": [
    "upstream = None\n",
    "product = ` + product + `"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {},
   "outputs": [],
   "source": [
    "# What NAME makes."
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Python 3",
   "language": "python",
   "name": "python3"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 4
}
`
}

// functionText is a new function for a task, at the end of a module.
func functionText(name string, t pipeline.SketchedTask, first bool) string {
	given := []string{"product"}
	if t.Serializer {
		given = nil
	}
	given = append(given, t.Params...)
	gap := "\n\n"
	if first {
		gap = ""
	}
	return fmt.Sprintf("%sdef %s(%s):\n    \"\"\"What %[2]s makes\n    \"\"\"\n    raise NotImplementedError('%[2]s makes nothing yet')\n", gap, name, strings.Join(given, ", "))
}
