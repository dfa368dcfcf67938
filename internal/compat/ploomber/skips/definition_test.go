package skips_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// definition is a pipeline as it is written.
type definition struct {
	// inSource tells that sources say what they come after; else pipeline.yaml
	// does, and sources stay the same whatever it is.
	inSource bool
	folder   string // of the project
	word     string // of env.yaml; part of parameters
	place    string // of env.yaml; a folder of products
	data     [2]int // versions of the files that count as resources
	tasks    []task // each comes after those that it needs
}

// task is an entry of pipeline.yaml: a task, or several that a grid makes.
type task struct {
	id       int // never changes
	kind     kind
	name     int   // names of tasks are numbers behind a letter
	file     int   // those of products, too
	products int   // how many there are
	placed   bool  // whether products are in the folder of env.yaml
	version  int   // of what the source means
	cosmetic int   // of how it is written
	param    int   // in pipeline.yaml
	word     bool  // whether it gets that of env.yaml
	data     int   // 1 + the resource that it gets; 0 for none
	grid     []int // nil where there is none
	gridded  bool
	up       []int // ids of the entries that it comes after
}

type kind string

const (
	function kind = "function"
	script   kind = "script"
	shell    kind = "shell"
	query    kind = "query"
)

func (d *definition) clone() definition {
	c := *d
	c.tasks = slices.Clone(d.tasks)
	for i := range c.tasks {
		c.tasks[i].grid, c.tasks[i].up = slices.Clone(c.tasks[i].grid), slices.Clone(c.tasks[i].up)
	}
	return c
}

func (d *definition) by(id int) *task {
	for i := range d.tasks {
		if d.tasks[i].id == id {
			return &d.tasks[i]
		}
	}
	return nil
}

// called is the name of the task, and of those of a grid as far as they share it.
func (t *task) called() string {
	if t.gridded {
		return fmt.Sprintf("g%d-", t.name)
	}
	return fmt.Sprint("t", t.name)
}

// reference is how others name it.
func (t *task) reference() string {
	if t.gridded {
		return t.called() + "*"
	}
	return t.called()
}

// groups tells whether the source can be given those of a grid.
func (t *task) groups(d *definition) bool {
	return !d.inSource || t.kind == function || t.kind == script
}

// key names a product of a task with several.
func key(k int) string { return string(rune('a' + k)) }

// path is that of a product, with what env.yaml and grids are to add.
func (t *task) path(k int, place, index string) string {
	folder, suffix := "out/", ".txt"
	if t.placed {
		folder += place + "/"
	}
	if t.kind == query {
		suffix = ".csv"
	}
	return fmt.Sprintf("%sp%d%s%s%s", folder, t.file, key(k), index, suffix)
}

// sources returns the files of the project by their names.
func (d *definition) sources() map[string]string {
	found := map[string]string{
		"env.yaml": "word: " + d.word + "\nplace: " + d.place + "\n",
		"db.py":    "def connect():\n    pass\n",
	}
	for i, version := range d.data {
		found[fmt.Sprintf("data/d%d.txt", i)] = dataText(version)
	}
	var list, functions strings.Builder
	if !d.inSource {
		list.WriteString("meta: {extract_upstream: false}\n")
	}
	list.WriteString("tasks:\n")
	for i := range d.tasks {
		t := &d.tasks[i]
		list.WriteString(d.entry(t))
		switch t.kind {
		case function:
			functions.WriteString(d.function(t))
		case script:
			found[t.sourceFile()] = d.script(t)
		case shell:
			found[t.sourceFile()] = d.shell(t)
		case query:
			found[t.sourceFile()] = d.query(t)
		}
	}
	if len(d.tasks) == 0 {
		list.WriteString("  []\n")
	}
	found["pipeline.yaml"], found["tasks.py"] = list.String(), functions.String()
	return found
}

func dataText(version int) string { return fmt.Sprint("data ", version, "\n") }

// sourceFile is the file of the source.
func (t *task) sourceFile() string {
	return fmt.Sprintf("s%d.%s", t.id, map[kind]string{script: "py", shell: "sh", query: "sql"}[t.kind])
}

// entry is what pipeline.yaml says of a task.
func (d *definition) entry(t *task) string {
	var b strings.Builder
	source := t.sourceFile()
	if t.kind == function {
		source = fmt.Sprint("tasks.f", t.id)
	}
	fmt.Fprintf(&b, "- source: %s\n  name: %s\n", source, t.called())
	switch t.kind {
	case script:
		b.WriteString("  class: ScriptRunner\n")
	case query:
		b.WriteString("  client: db.connect\n  chunksize: null\n")
	case function, shell:
	}
	if t.products == 1 {
		fmt.Fprintf(&b, "  product: '%s'\n", t.path(0, "{{place}}", ""))
	} else {
		b.WriteString("  product:\n")
		for k := range t.products {
			fmt.Fprintf(&b, "    %s: '%s'\n", key(k), t.path(k, "{{place}}", ""))
		}
	}
	fmt.Fprintf(&b, "  params:\n    p: %d\n", t.param)
	if t.word {
		b.WriteString("    w: '{{word}}'\n")
	}
	if t.data > 0 {
		fmt.Fprintf(&b, "    resources_: {d: data/d%d.txt}\n", t.data-1)
	}
	if t.gridded {
		fmt.Fprintf(&b, "  grid: {g: %s}\n", strings.ReplaceAll(fmt.Sprint(t.grid), " ", ", "))
	}
	if refs := d.references(t); !d.inSource && len(refs) > 0 {
		fmt.Fprintf(&b, "  upstream: ['%s']\n", strings.Join(refs, "', '"))
	}
	return b.String()
}

func (d *definition) references(t *task) []string {
	var list []string
	for _, id := range t.up {
		list = append(list, d.by(id).reference())
	}
	return list
}

func (d *definition) function(t *task) string {
	text := fmt.Sprintf("\n\ndef f%d(product, upstream=None, p=None, w=None, g=None, resources_=None):\n", t.id)
	meaning := fmt.Sprintf("    x = '=v%d='", t.version)
	switch t.cosmetic % 5 {
	case 1:
		meaning += fmt.Sprint("  # note ", t.cosmetic)
	case 2:
		text += fmt.Sprintf("    \"\"\"Notes %d.\"\"\"\n", t.cosmetic)
	case 3:
		meaning = strings.Replace(meaning, " = ", "  =   ", 1)
	case 4:
		meaning = strings.TrimSpace(meaning)
		meaning = "    y = 1; " + meaning
	}
	if t.cosmetic%5 != 4 {
		meaning = "    y = 1\n" + meaning
	}
	text += meaning + "\n"
	if d.inSource {
		for _, name := range d.references(t) {
			text += fmt.Sprintf("    x += open(upstream['%s'])\n", name)
		}
	}
	return text
}

func (d *definition) script(t *task) string {
	text := "# %% tags=[\"parameters\"]\nproduct = None\n"
	if d.inSource {
		text = "# %% tags=[\"parameters\"]\nproduct = None\nupstream = None\n"
		if refs := d.references(t); len(refs) > 0 {
			text = strings.Replace(text, "upstream = None", "upstream = ['"+strings.Join(refs, "', '")+"']", 1)
		}
	}
	return text + fmt.Sprintf("\n# %%%%\nx = '=v%d='  # %d\n", t.version, t.cosmetic)
}

// values are the placeholders of what a source of SQL or shell is given, all of
// which it has to use.
func (d *definition) values(t *task) string {
	text := "{{p}}"
	if !d.inSource && slices.ContainsFunc(t.up, func(id int) bool { up := d.by(id); return !up.gridded || len(up.grid) > 0 }) {
		text += "{% if upstream %}{% endif %}"
	}
	if t.word {
		text += " {{w}}"
	}
	if t.gridded {
		text += " {{g}}"
	}
	return text
}

// each returns the placeholders of the products of what a task comes after.
func (d *definition) each(t *task) string {
	var list []string
	for _, id := range t.up {
		up := d.by(id)
		for k := range up.products {
			if up.products == 1 {
				list = append(list, fmt.Sprintf("{{upstream['%s']}}", up.called()))
			} else {
				list = append(list, fmt.Sprintf("{{upstream['%s']['%s']}}", up.called(), key(k)))
			}
		}
	}
	return strings.Join(list, " ")
}

func (d *definition) shell(t *task) string {
	text := fmt.Sprintf("# %d\necho '=v%d=' %s > ", t.cosmetic, t.version, d.values(t))
	for k := range t.products {
		if t.products == 1 {
			text += "{{product}}"
		} else {
			text += "{{product['" + key(k) + "']}} "
		}
	}
	if d.inSource && len(t.up) > 0 {
		text += "\ncat " + d.each(t)
	}
	return text + "\n"
}

func (d *definition) query(t *task) string {
	words := [...]string{"select", "SELECT", "Select", "select -- fast\n", "select /* all */  "}
	text := fmt.Sprintf("%s '=v%d=', '%s'\n", words[t.cosmetic%len(words)], t.version, d.values(t))
	if d.inSource && len(t.up) > 0 {
		text += "-- " + d.each(t) + "\n"
	}
	return text
}

// names returns the sorted names of files.
func names(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }
