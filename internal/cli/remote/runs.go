package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

// runsEndpoint stands, in the place of a server, for the runs that a folder has kept.
const runsEndpoint = "local"

// runsOptions say whether the runs of this folder are asked in the place of a server.
type runsOptions struct {
	// reads is set for what changes nothing, which alone can be asked of them.
	reads bool
	// here is set once they are what is asked.
	here bool
	// listens reports whether there is a server where one usually is. Nil looks.
	listens func(context.Context) bool
}

// connector connects a command to what it asks, as With and Ask do.
type connector func(context.Context, func(context.Context, Server) error) error

// Ask is With for what changes nothing: where nobody said which server is meant, and
// none is where one usually is, it is asked of the runs of this folder.
func (o *Options) Ask(ctx context.Context, do func(context.Context, Server) error) error {
	o.reads = true
	return o.With(ctx, do)
}

// look decides whether the runs of this folder are asked, given which server was chosen.
func (o *Options) look(ctx context.Context, chosen string) error {
	listens := o.listens
	if listens == nil {
		listens = listensUsually
	}
	switch {
	case chosen == runsEndpoint && !o.reads:
		return model.Errorf(model.Invalid, "this changes what a server runs, and can't be asked of the runs of a folder").
			WithHint("`pawl run` goes on with those, or runs them again; --endpoint chooses a server")
	case chosen == runsEndpoint:
		o.here = true
	case chosen == "" && o.reads && local.Kept(o.World) != "":
		o.here = !listens(ctx)
	}
	return nil
}

// listensWithin is how long a server on this machine may take to take a connection.
const listensWithin = time.Second

// listensUsually reports whether there is a server where one is unless it is told otherwise.
func listensUsually(ctx context.Context) bool {
	c, err := (&net.Dialer{Timeout: listensWithin}).DialContext(ctx, "tcp", strings.TrimPrefix(client.DefaultEndpoint, "http://"))
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was sent
	return true
}

// ofRuns asks the runs of this folder. Who sits at a terminal and did not say so is told.
func (o *Options) ofRuns(ctx context.Context, cfg client.Config, chosen bool, do func(*client.Client) error) (err error) {
	runs, err := local.OpenRuns(ctx, o.World, cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runs.Close()) }()
	if cfg.Endpoint, err = client.ParseEndpoint("localhost"); err != nil {
		return err
	}
	cfg.Dial, cfg.Proxy, cfg.Headers = runs.Dial, nil, nil
	c := client.New(cfg)
	defer c.Close()
	if out, ok := o.World.Stderr.(*os.File); ok && !chosen && console.IsTerminal(out) {
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: the runs of %s; --endpoint asks a server\n", o.World.Dir)
	}
	return do(c)
}

// aboutRuns says, of a server that is not there and that nobody chose, what the runs of
// this folder have to do with it.
func (o *Options) aboutRuns() string {
	switch {
	case o.World.Dir == "":
		return ""
	case o.reads:
		return "no runs were kept in " + o.World.Dir + " that could be asked instead; "
	case local.Kept(o.World) != "":
		return "this changes what a server runs, and `pawl run` the runs of this folder; "
	}
	return ""
}
