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

// runsProject is the project that the runs of a folder are of.
const runsProject = "default"

// runsOptions say whether this folder is asked in the place of a server.
type runsOptions struct {
	about subject
	// here is set once the folder is what is asked.
	here bool
	// listens reports whether there is a server where one usually is. Nil looks.
	listens func(context.Context) bool
}

// subject is what a command is about, which decides who can be asked.
type subject uint8

const (
	// aboutChanges is what a server runs or keeps, and what a command changes.
	aboutChanges subject = iota
	// aboutServers is what no folder has.
	aboutServers
	// aboutKept are runs, which a folder may have, too.
	aboutKept
	// aboutDefined is what the files of a folder define, too.
	aboutDefined
)

// connector connects a command to what it asks, as With and Ask do.
type connector func(context.Context, func(context.Context, Server) error) error

// Ask is With for what changes nothing: where nobody said which server is meant, and
// none is where one usually is, it is asked of the runs of this folder.
func (o *Options) Ask(ctx context.Context, do func(context.Context, Server) error) error {
	o.about = aboutKept
	return o.With(ctx, do)
}

// AskDefined is Ask for what projects define: of a folder, its files are asked, and runs
// need not have been kept.
func (o *Options) AskDefined(ctx context.Context, do func(context.Context, Server) error) error {
	o.about = aboutDefined
	return o.With(ctx, do)
}

// AskServer is With for what only servers have.
func (o *Options) AskServer(ctx context.Context, do func(context.Context, Server) error) error {
	o.about = aboutServers
	return o.With(ctx, do)
}

// answers reports whether this folder can be asked in the place of a server.
func (o *Options) answers() bool {
	switch o.about {
	case aboutKept:
		return local.Kept(o.World) != ""
	case aboutDefined:
		return local.Defines(o.World)
	}
	return false
}

// look decides whether this folder is asked, given which server was chosen.
func (o *Options) look(ctx context.Context, chosen string) error {
	switch {
	case chosen == "" && o.answers():
		listens := o.listens
		if listens == nil {
			listens = listensUsually
		}
		o.here = !listens(ctx)
	case chosen != runsEndpoint:
	case o.about == aboutServers:
		return model.Errorf(model.Invalid, "only a server has this, and no folder").
			WithHint("`pawl server` starts one; --endpoint chooses one")
	case o.about == aboutChanges:
		return model.Errorf(model.Invalid, "this changes what a server runs, and can't be asked of the runs of a folder").
			WithHint("`pawl run` goes on with those, or runs them again; --endpoint chooses a server")
	default:
		o.here = true
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

// ofRuns asks this folder. Who sits at a terminal and did not say so is told.
func (o *Options) ofRuns(ctx context.Context, cfg client.Config, chosen bool, do func(*client.Client) error) (err error) {
	open, what := local.OpenRuns, "the runs of"
	if o.about == aboutDefined {
		open, what = local.OpenDefined, "what is defined in"
	}
	runs, err := open(ctx, o.World, cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runs.Close()) }()
	if cfg.Endpoint, err = client.ParseEndpoint("localhost"); err != nil {
		return err
	}
	cfg.Dial, cfg.Proxy, cfg.Headers = runs.Dial, nil, nil
	cfg.Where = "in " + o.World.Dir
	c := client.New(cfg)
	defer c.Close()
	if out, ok := o.World.Stderr.(*os.File); ok && !chosen && console.IsTerminal(out) {
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: %s %s; --endpoint asks a server\n", what, o.World.Dir)
	}
	return do(c)
}

// aboutRuns says, of a server that is not there and that nobody chose, what the runs of
// this folder have to do with it.
func (o *Options) aboutRuns() string {
	switch {
	case o.World.Dir == "":
	case o.about == aboutDefined:
		return "no workflows are defined in " + o.World.Dir + " that could be shown instead; "
	case o.about == aboutKept:
		return "no runs were kept in " + o.World.Dir + " that could be asked instead; " + local.KeptAbove(o.World)
	case local.Kept(o.World) == "":
	case o.about == aboutServers:
		return "only a server has this, and no folder; "
	default:
		return "this changes what a server runs, and `pawl run` the runs of this folder; "
	}
	return ""
}
