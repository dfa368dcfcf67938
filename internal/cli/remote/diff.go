package remote

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/difference"
	"github.com/pawlhq/pawl/internal/pipeline"
)

type diffOptions struct {
	Options
	console.OutputOptions
	folder string
}

func newDiff(world console.IO) *cobra.Command {
	o := diffOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "diff FROM [TO]", GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short: "Show in what two definitions differ",
		Long: "Show which tasks were added, removed or changed between two definitions. Each is the number of an attempt,\n" +
			"which stands for what it runs whatever was pushed since, PROJECT/WORKFLOW, which is that of the newest\n" +
			"revision, or PROJECT/WORKFLOW@REVISION. Without TO, an attempt is compared with the newest revision of its\n" +
			"workflow, and one of the runs of this folder with the files as they are now. Of a build of a pipeline here,\n" +
			"the tasks that it ran are compared. What the files of a project say that tasks call is not looked at.",
		Example: "  pawl diff 35 36\n  pawl diff 35\n  pawl diff shop/daily@v1 shop/daily@v2\n  pawl diff 35 --here . --json | jq -r .task",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 && o.folder != "" {
				return model.Errorf(model.Invalid, "--here is what is compared with, and so is %s", args[1]).WithHint("leave out one of them")
			}
			return o.Ask(c.Context(), func(ctx context.Context, r Server) error { return o.compare(ctx, r, args) })
		},
	}
	console.Grouped(c, "What is compared", func(f *pflag.FlagSet) {
		f.StringVar(&o.folder, "here", "", "compare with the workflow of that name in this `folder`, as its files are now")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// defined is one of the definitions that are compared.
type defined struct {
	root              params.Map
	project, workflow string
}

func (o *diffOptions) compare(ctx context.Context, r Server, args []string) error {
	if i := slices.IndexFunc(args, func(arg string) bool { return !isNumber(arg) }); i >= 0 && o.here {
		return model.Errorf(model.Invalid, "the runs of a folder are compared by the numbers of attempts, not by %q", args[i]).
			WithHint("without a second one, an attempt is compared with the files as they are now")
	}
	from, err := definedBy(ctx, r, args[0])
	if err != nil {
		return err
	}
	var to defined
	switch {
	case o.folder != "":
		to, err = o.filed(ctx, &from, o.folder)
	case len(args) == 1 && o.here:
		to, err = o.filed(ctx, &from, o.World.Dir)
	case len(args) == 2:
		to, err = definedBy(ctx, r, args[1])
	case !isNumber(args[0]):
		err = model.Errorf(model.Invalid, "%s is to be compared with another definition", args[0]).
			WithHint("give a second one, such as %s/%s@REVISION, or a folder by --here", from.project, from.workflow)
	case from.project == "":
		err = model.Errorf(model.Invalid, "attempt %s is of no project that the server knows", args[0]).WithHint("give another definition")
	default:
		to, err = definedBy(ctx, r, from.project+"/"+from.workflow)
	}
	if err != nil {
		return err
	}
	return o.print(difference.Between(from.root, to.root))
}

var number = regexp.MustCompile(`^[0-9]+$`)

func isNumber(text string) bool { return number.MatchString(text) }

// definedBy finds what an argument names.
func definedBy(ctx context.Context, r Server, arg string) (d defined, err error) {
	if isNumber(arg) {
		attempt, err := id("an attempt", arg)
		if err != nil {
			return d, err
		}
		a, err := r.Attempt(ctx, attempt)
		if err != nil {
			return d, err
		}
		def, err := r.Definition(ctx, attempt)
		return defined{def.Root, a.Project.Name, def.Workflow}, err
	}
	project, name, ok := strings.Cut(arg, "/")
	name, revision, revised := strings.Cut(name, "@")
	if !ok || project == "" || name == "" || revised && revision == "" {
		return d, model.Errorf(model.Invalid, "%q is no definition", arg).
			WithHint("give the number of an attempt, PROJECT/WORKFLOW or PROJECT/WORKFLOW@REVISION")
	}
	p, err := r.Project(ctx, project)
	if err != nil {
		return d, err
	}
	w, err := r.Workflow(ctx, p.ID, name, revision)
	if err != nil {
		return d, err
	}
	root, err := r.Plan(ctx, w.ID)
	return defined{root, project, name}, err
}

func (o *diffOptions) print(changes []difference.Change) error {
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", changes, nil)
	}
	tell := console.Teller{To: o.World.Stdout}
	for _, c := range changes {
		tell.Line("%s %s", map[string]string{difference.Added: "+", difference.Removed: "-", difference.Changed: "~"}[c.What], c.Task)
		for _, p := range c.Parts {
			printPart(&tell, p)
		}
	}
	if len(changes) == 0 {
		tell.Line("no task differs")
	}
	return tell.Err
}

// printPart prints what is different: line by line where there are several.
func printPart(tell *console.Teller, p difference.Part) {
	from, to := valueText(p.From), valueText(p.To)
	if !strings.Contains(from+to, "\n") {
		tell.Line("    %s: %s -> %s", p.Name, from, to)
		return
	}
	tell.Line("    %s:", p.Name)
	text := string(diff.Diff("a", []byte(ended(from)), "b", []byte(ended(to))))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, line := range lines[min(3, len(lines)):] { // without its head
		tell.Line("      %s", line)
	}
}

func ended(text string) string { return strings.TrimSuffix(text, "\n") + "\n" }

func valueText(v params.Value) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return pipeline.Shown(v)
	}
	return pipeline.Shown(string(params.AppendJSON(nil, v)))
}
