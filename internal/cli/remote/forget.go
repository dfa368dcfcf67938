package remote

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/clock"
)

type forgetOptions struct {
	Options
	force bool
}

func newForget(world console.IO) *cobra.Command {
	o := forgetOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "forget ATTEMPT...", GroupID: "remote", Args: cobra.MinimumNArgs(1),
		Short: "Delete attempts on a server that have ended",
		Long: "Delete attempts on a server that have ended: what is stored of them, their history and what their tasks have\n" +
			"printed. A session goes with the last of its attempts. It needs the scope push. What nobody needs any more can\n" +
			"be deleted by the server itself: see `retention.attempts`.",
		Example: "  pawl forget 35\n  pawl forget --force 36",
		RunE: func(c *cobra.Command, args []string) error {
			return o.With(c.Context(), func(ctx context.Context, r Server) error { return o.run(ctx, r, args) })
		},
	}
	console.Grouped(c, "Deletion", func(f *pflag.FlagSet) {
		f.BoolVar(&o.force, "force", false, "kill those first that go on, and wait until they have ended")
	})
	o.Options.Flags(c)
	return c
}

func (o *forgetOptions) run(ctx context.Context, r Server, args []string) error {
	for _, arg := range args {
		attempt, err := id("an attempt", arg)
		if err == nil && o.force {
			err = o.end(ctx, r, attempt)
		}
		if err == nil {
			_, err = r.DeleteAttempt(ctx, attempt)
		}
		if err == nil {
			_, err = fmt.Fprintf(o.World.Stdout, "attempt %s is deleted\n", attempt)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The waits between two looks at an attempt that is to end double from the first to
// the longest.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// end has an attempt end, and waits for that.
func (o *forgetOptions) end(ctx context.Context, r Server, attempt client.ID) error {
	_, refused := r.Kill(ctx, attempt)
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		a, err := r.Attempt(ctx, attempt)
		if err != nil || a.Done {
			return err
		}
		if refused != nil {
			return refused
		}
		if !clock.Pause(ctx, o.World.Clock, wait) {
			return context.Cause(ctx)
		}
	}
}
