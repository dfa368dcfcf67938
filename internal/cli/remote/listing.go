package remote

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// listing is a command that lists a part of what a server has.
type listing struct {
	Options
	console.OutputOptions
	pageOptions
}

// command completes c, which lists by show.
func (o *listing) command(c *cobra.Command, show func(context.Context, Server, []string) error) *cobra.Command {
	c.GroupID = "remote"
	c.RunE = func(c *cobra.Command, args []string) error {
		return o.Ask(c.Context(), func(ctx context.Context, r Server) error { return show(ctx, r, args) })
	}
	console.Grouped(c, "What is listed", o.pageOptions.flags)
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// newest prints what was found, which is the newest first, with the newest last.
func newest[T any](o *listing, title string, found []T, record func(T) console.Record) error {
	slices.Reverse(found)
	switch {
	case len(found) > 0:
	case o.here:
		o.Hint(o.World.Stderr, "`pawl run` makes one")
	default:
		o.Hint(o.World.Stderr, "`pawl start PROJECT WORKFLOW --session daily` starts one")
	}
	return console.List(o.World.Stdout, o.OutputOptions, title, found, record)
}

// pageOptions choose a part of a list.
type pageOptions struct {
	last string
	size int
}

// page returns the part that is asked for.
func (o *pageOptions) page() (p client.Page, err error) {
	if o.size < 0 {
		return p, model.Errorf(model.Invalid, "the size of a page must not be negative, but is %d", o.size)
	}
	p.Size = o.size
	if o.last != "" {
		p.After, err = id("the last entry of a page", o.last)
	}
	return p, err
}

// flags are those of lists with the newest entries first.
func (o *pageOptions) flags(f *pflag.FlagSet) {
	f.StringVarP(&o.last, "last-id", "i", "", "list those before this `ID`")
	f.IntVarP(&o.size, "page-size", "s", 0, "list this `number`, as far as the server allows (default: 100)")
}

// tooFew refuses a --count of none.
func tooFew(count int) error {
	return model.Errorf(model.Invalid, "--count must be 1 or more, not %d", count)
}

// spanOptions choose what is between two times.
type spanOptions struct{ since, until string }

func (o *spanOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.since, "since", "", "list those from a `time` on, or of the last one such as 7d")
	f.StringVar(&o.until, "until", "", "list those before a `time`")
}

// times returns the two; one that was not given is zero.
func (o *spanOptions) times(now time.Time) (since, until time.Time, err error) {
	if o.since != "" {
		if d, e := schedule.ParseDuration(o.since); e == nil {
			since = now.Add(-d)
		} else if since, err = console.ParseMoment("--since", o.since, now); err != nil {
			return since, until, model.Errorf(model.CodeOf(err), "%w", err).WithHint("or a time back from now, such as 7d or 12h")
		}
	}
	if o.until != "" {
		until, err = console.ParseMoment("--until", o.until, now)
	}
	return since, until, err
}
