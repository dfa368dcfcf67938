package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type productsOptions struct {
	Options
	console.OutputOptions
	prefix, partition string
	partitions        bool
	count             int
}

func newProducts(world console.IO) *cobra.Command {
	o := productsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "products [PROJECT [PRODUCT]] | forget PROJECT PRODUCT", GroupID: "remote", Args: productsArgs, ValidArgs: []string{"forget"},
		Short: "List what tasks have made",
		Long: "List the products that tasks of a project have made, with when that was last; or when one of them was\n" +
			"made, the latest first, with what the tasks told of it. Of the runs of this folder, PROJECT may be left out.\n\n`forget` deletes what was told of a product. It needs the scope push.",
		Example: "  pawl products shop --prefix sales/\n  pawl products shop sales/daily --partitions\n  pawl products forget shop sales/old",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.StringVar(&o.prefix, "prefix", "", "list products, or partitions, whose names begin with this `TEXT`")
		f.BoolVar(&o.partitions, "partitions", false, "list the partitions of the product")
		f.StringVar(&o.partition, "partition", "", "show when this `PARTITION` of the product was made")
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// productsArgs accepts a project, a product of it, or a product to be forgotten.
func productsArgs(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil // of a folder, its project is meant
	case args[0] == "forget" && len(args) != 3:
		return errors.New("forget takes a PROJECT and a PRODUCT")
	case args[0] != "forget" && len(args) > 2:
		return errors.New("give a PROJECT and a PRODUCT")
	}
	return nil
}

func (o *productsOptions) run(ctx context.Context, args []string) error {
	one := len(args) == 2
	switch {
	case o.count < 1:
		return tooFew(o.count)
	case len(args) > 0 && args[0] == "forget":
		return o.With(ctx, func(ctx context.Context, r Server) error { return o.forget(ctx, r, args[1], args[2]) })
	case !one && (o.partitions || o.partition != ""):
		return model.Errorf(model.Invalid, "partitions are those of a product").WithHint("name it after the project")
	case o.partitions && o.partition != "":
		return model.Errorf(model.Invalid, "--partitions lists all, and --partition is about one").WithHint("give one of them")
	case one && !o.partitions && o.prefix != "":
		return model.Errorf(model.Invalid, "--prefix is for lists of products, or of --partitions")
	}
	return o.Ask(ctx, func(ctx context.Context, r Server) error {
		switch {
		case len(args) == 0 && !o.here:
			return model.Errorf(model.Invalid, "name a PROJECT of the server").WithHint("`pawl projects` lists them")
		case len(args) == 0:
			args = []string{runsProject}
		}
		switch {
		case o.partitions:
			found, err := r.Partitions(ctx, args[0], args[1], o.prefix, o.count)
			if err == nil && len(found) == 0 {
				err = mayBeMade(ctx, r, args[0], args[1])
			}
			if err != nil {
				return err
			}
			return tabulate(o.World, o.OutputOptions, found, productTable("partition"))
		case one:
			found, err := r.Facts(ctx, client.FactQuery{Project: args[0], About: "product", Name: args[1], Partition: o.partition}, o.count)
			if err == nil && len(found) == 0 {
				err = mayBeMade(ctx, r, args[0], args[1])
			}
			if err != nil {
				return err
			}
			return tabulate(o.World, o.OutputOptions, found, madeTable)
		}
		found, err := r.Products(ctx, args[0], o.prefix, o.count)
		if err != nil {
			return err
		}
		return tabulate(o.World, o.OutputOptions, found, productTable("product"))
	})
}

// nearby is how many products are looked at for one that was meant.
const nearby = 1000

// mayBeMade reports an error if tasks of a project have told of no such product.
func mayBeMade(ctx context.Context, r Server, project, product string) error {
	// The shortest name comes first, which is the product itself.
	same, err := r.Products(ctx, project, product, 1)
	if err != nil || len(same) > 0 && same[0].Name == product {
		return err
	}
	all, err := r.Products(ctx, project, "", nearby)
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	e := model.Errorf(model.NotFound, "no task of project %q has made a product %q", project, product)
	return console.Suggest(e, product, names, fmt.Sprintf("`pawl products %s` lists them", console.Quote(project)))
}

func (o *productsOptions) forget(ctx context.Context, r Server, project, product string) error {
	n, err := r.ForgetProduct(ctx, project, product)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, "product %s is forgotten; facts deleted: %d\n", product, n)
	return err
}

func productTable(title string) func([]client.Product) *console.Table {
	return func(found []client.Product) *console.Table {
		t := &console.Table{Columns: []console.Column{
			{Title: title, Fixed: true}, {Title: "made", Fixed: true}, {Title: "last", Fixed: true}, {Title: "attempt", Fixed: true}, {Title: "task", Fixed: true},
			{Title: "metadata"},
		}}
		for i := range found {
			p := &found[i]
			t.Rows = append(t.Rows, append([]string{harmless(client.Text(p.Name)), strconv.FormatInt(p.Count, 10)}, factCells(&p.Last)...))
		}
		return t
	}
}

func madeTable(found []client.Fact) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "partition", Fixed: true}, {Title: "made", Fixed: true}, {Title: "attempt", Fixed: true}, {Title: "task", Fixed: true}, {Title: "metadata"},
	}}
	for i := range found {
		f := &found[i]
		t.Rows = append(t.Rows, append([]string{harmless(client.Text(f.Partition))}, factCells(f)...))
	}
	return t
}

// factCells says when and where a fact was told, and what besides.
func factCells(f *client.Fact) []string {
	attempt := string(f.AttemptID)
	if f.Failed {
		attempt += " failed"
	}
	return []string{LocalTime(client.Instant(f.At)), attempt, harmless(client.Text(f.Task)), metadataText(f)}
}

// metadataText returns metadata as NAME=VALUE, with what is no text as JSON.
func metadataText(f *client.Fact) string {
	var list []string
	for name, v := range f.Metadata.All() {
		_, value := facts.Entry(v)
		// Lines of a text go on in one: what is left to be quoted is no text for people.
		one := strings.Join(strings.Fields(params.Literal(value)), " ")
		list = append(list, harmless(client.Text(name))+"="+harmless(client.Text(one)))
	}
	return cmp.Or(strings.Join(list, " "), "-")
}

type expectationsOptions struct {
	Options
	console.OutputOptions
	spanOptions
	of           client.FactQuery
	attempt      string
	broken, held bool
	count        int
}

func newExpectations(world console.IO) *cobra.Command {
	o := expectationsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "expectations", GroupID: "remote", Args: cobra.NoArgs,
		Short: "List whether what tasks expect holds",
		Long:  "List whether what tasks expect holds, as they have told: the latest first.",
		Example: "  pawl expectations --broken --since 1d\n  pawl expectations --attempt 35\n" +
			"  pawl expectations --project shop --name \"rows > 0\" --json",
		RunE: func(c *cobra.Command, _ []string) error { return o.Ask(c.Context(), o.run) },
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.StringVar(&o.of.Project, "project", "", "list those of this `PROJECT`")
		f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
		f.StringVar(&o.attempt, "attempt", "", "list those of this `ATTEMPT`")
		f.StringVar(&o.of.Task, "task", "", "list those of this `+TASK`, by its full name")
		f.StringVar(&o.of.Name, "name", "", "list those of this `NAME`")
		f.BoolVar(&o.broken, "broken", false, "list those that do not hold")
		f.BoolVar(&o.held, "held", false, "list those that hold")
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
		o.spanOptions.flags(f)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *expectationsOptions) run(ctx context.Context, r Server) (err error) {
	q := o.of
	q.About = "expectation"
	switch {
	case o.count < 1:
		return tooFew(o.count)
	case q.Workflow != "" && q.Project == "":
		return model.Errorf(model.Invalid, "a --workflow is one of a --project")
	case o.broken && o.held:
		return model.Errorf(model.Invalid, "--broken and --held leave nothing").WithHint("give one of them")
	case o.broken || o.held:
		q.OK = &o.held
	}
	if o.attempt != "" {
		if q.Attempt, err = id("an attempt", o.attempt); err != nil {
			return err
		}
	}
	if q.Since, q.Until, err = o.times(o.World.Clock.Now()); err != nil {
		return err
	}
	found, err := r.Facts(ctx, q, o.count)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, expectationTable)
}

func expectationTable(found []client.Fact) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "expectation", Fixed: true}, {Title: "outcome", Fixed: true}, {Title: "told", Fixed: true}, {Title: "attempt", Fixed: true},
		{Title: "task", Fixed: true}, {Title: "metadata"},
	}}
	for i := range found {
		f := &found[i]
		outcome := "broken, " + f.Severity
		if f.OK != nil && *f.OK {
			outcome = "holds"
		}
		t.Rows = append(t.Rows, append([]string{harmless(client.Text(f.Expectation)), outcome}, factCells(f)...))
	}
	return t
}
