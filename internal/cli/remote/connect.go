package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpguts"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
)

// Options say which server a command talks to, and how.
type Options struct {
	World console.IO
	console.ConfigOptions
	console.LogOptions

	endpoint       string
	headers        []string
	basicAuth      string
	noVersionCheck bool
	trustAll       bool
	// noDirect is an option of the commands that get files.
	noDirect bool
	runsOptions
}

// Flags gives a command the options of all that talk to a server.
func (o *Options) Flags(c *cobra.Command) {
	set := "set"
	if c.Flags().Lookup(set) != nil {
		set = "setting" // the command has a --set of its own
	}
	console.Grouped(c, "Server", func(f *pflag.FlagSet) {
		f.StringVarP(&o.endpoint, "endpoint", "e", "", "server to talk to: `[http[s]://]HOST[:PORT]`, or local for what this folder has (default: PAWL_ENDPOINT, client.http.endpoint, server.bind and server.port of pawl.yaml, or "+client.DefaultEndpoint+")")
		f.VarP((*console.Repeated)(&o.headers), "header", "H", "send a header `KEY=VALUE`; repeatable")
		f.StringVar(&o.basicAuth, "basic-auth", "", "log in as `USER:PASSWORD`")
		f.BoolVar(&o.trustAll, "disable-cert-validation", false, "accept any certificate of the server")
		f.BoolVar(&o.noVersionCheck, "disable-version-check", false, "do not ask whether this version fits the server")
		o.ConfigOptions.FlagsWith(f, set)
		o.LogOptions.Flags(f)
	})
}

// directFlag is for the commands that get files.
func (o *Options) directFlag(f *pflag.FlagSet) {
	f.BoolVar(&o.noDirect, "disable-direct-download", false, "have the server send the files itself, wherever it keeps them")
}

// Server is a server that a command talks to.
type Server struct {
	*client.Client
	config *config.Config
}

// With connects to the server, calls do, and says of an error what may help.
func (o *Options) With(ctx context.Context, do func(context.Context, Server) error) error {
	return o.open(ctx, client.Config{}, func(r Server) error {
		if !o.noVersionCheck && !o.here {
			if err := o.checkVersion(ctx, r); err != nil {
				return err
			}
		}
		return do(ctx, r)
	})
}

// open makes a client with what the options and the configuration say.
func (o *Options) open(ctx context.Context, cfg client.Config, do func(Server) error) error {
	settings, err := o.Config(o.World)
	if err != nil {
		return err
	}
	at, err := o.chosen(settings)
	if err != nil {
		return err
	}
	if cfg.Headers, err = o.sent(settings); err != nil {
		return err
	}
	noDirect, _ := settings.Get("client.http.disable_direct_download")
	cfg.NoDirect = o.noDirect || strings.EqualFold(noDirect, "true")
	log, closeLog, err := o.LogOptions.Open(o.World)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }() // what was written is written
	cfg.Log, cfg.Clock, cfg.TrustAll = log, o.World.Clock, o.trustAll
	cfg.Proxy = client.ProxyFrom(o.World.Getenv)
	if err := o.look(ctx, at); err != nil {
		return err
	}
	if o.here {
		return o.ofRuns(ctx, cfg, at != "", func(c *client.Client) error { return do(Server{c, settings}) })
	}
	if cfg.Endpoint, err = client.ParseEndpoint(cmp.Or(at, client.DefaultEndpoint)); err != nil {
		return err
	}
	c := client.New(cfg)
	defer c.Close()
	return o.helpful(do(Server{c, settings}), at)
}

// chosen returns which server somebody said to talk to, or "": what is said to the
// command, to the environment and in the settings, else where the server of the settings
// or of this folder listens.
func (o *Options) chosen(settings *config.Config) (string, error) {
	set, _ := settings.Get("client.http.endpoint")
	if said := cmp.Or(o.endpoint, o.World.Getenv("PAWL_ENDPOINT"), set); said != "" {
		return said, nil
	}
	if at, err := listens(settings); at != "" || err != nil {
		return at, err
	}
	if o.File != "" || o.World.Dir == "" {
		return "", nil
	}
	here := o.ConfigOptions
	here.Project = o.World.Dir
	all, err := here.Config(o.World)
	if err != nil {
		return "", err
	}
	return listens(all)
}

// sent returns the headers for the server. What is given on the command line
// counts more than what is configured, and headers more than credentials.
func (o *Options) sent(settings *config.Config) (http.Header, error) {
	h := http.Header{"User-Agent": {"pawl/" + o.World.Version}}
	token, _ := settings.Get("client.http.token")
	if token = cmp.Or(o.World.Getenv("PAWL_TOKEN"), token); token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	for name, value := range settings.Flat("client.http.headers") {
		h.Set(name, value)
	}
	if o.basicAuth != "" {
		if !strings.Contains(o.basicAuth, ":") {
			return nil, model.Errorf(model.Invalid, "--basic-auth needs USER:PASSWORD")
		}
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(o.basicAuth)))
	}
	for _, pair := range o.headers {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, model.Errorf(model.Invalid, "-H needs KEY=VALUE, not %q", pair)
		}
		h.Set(name, value)
	}
	return h, sendable(h)
}

// sendable refuses headers that HTTP can't carry. Their values may be secret.
func sendable(h http.Header) error {
	for name, values := range h {
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return model.Errorf(model.Invalid, "%q is no name of a header", name)
		case !httpguts.ValidHeaderFieldValue(values[0]):
			return model.Errorf(model.Invalid, "the value of the header %s can't be sent", name).WithHint("is there an end of line in it?")
		}
	}
	return nil
}

// checkVersion asks whether the program fits the server.
func (o *Options) checkVersion(ctx context.Context, r Server) error {
	fit, err := r.CheckVersion(ctx, o.World.Version)
	switch {
	case model.CodeOf(err) == model.NotFound && err != nil:
		return nil // the server is too old to know
	case err != nil:
		return err
	}
	return o.judge(fit)
}

// judge makes a person upgrade where the server recommends it; a script is
// told.
func (o *Options) judge(fit client.Fit) error {
	switch {
	case !fit.APICompatible:
		return model.Errorf(model.Conflict, "pawl %s does not fit the server, which is version %s", o.World.Version, fit.ServerVersion).
			WithHint("`pawl selfupdate` says how to upgrade; --disable-version-check goes on nevertheless")
	case fit.UpgradeRecommended && o.interactive():
		return model.Errorf(model.Conflict, "the server, which is version %s, recommends to upgrade pawl %s", fit.ServerVersion, o.World.Version).
			WithHint("`pawl selfupdate` says how; --disable-version-check goes on nevertheless")
	case fit.UpgradeRecommended:
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: the server, which is version %s, recommends to upgrade pawl %s\n", fit.ServerVersion, o.World.Version)
	}
	return nil
}

// interactive reports whether a person sits before the program.
func (o *Options) interactive() bool {
	in, ok := o.World.Stdin.(*os.File)
	out, both := o.World.Stdout.(*os.File)
	return ok && both && console.IsTerminal(in) && console.IsTerminal(out)
}

// helpful adds to an error of a request what may help, given which server was chosen.
func (o *Options) helpful(err error, chosen string) error {
	if err == nil || model.HintsOf(err) != "" {
		return err
	}
	hint := ""
	var untrusted *tls.CertificateVerificationError
	switch code := model.CodeOf(err); {
	case code == model.Unauthenticated:
		hint = "give --basic-auth USER:PASSWORD, or a token in PAWL_TOKEN or client.http.token"
	case code == model.Unavailable && !client.Answered(err):
		hint = "does the server run there? `pawl server` starts one here; --endpoint, PAWL_ENDPOINT, or client.http.endpoint in your own configuration choose another one"
		if errors.As(err, &untrusted) {
			hint = "--disable-cert-validation accepts any certificate"
		}
		if chosen == "" {
			hint = o.aboutRuns() + hint
		}
	}
	if hint == "" {
		return err
	}
	return model.Errorf(model.CodeOf(err), "%w", err).WithHint("%s", hint)
}

// isID reports whether an argument is the number of an object: nothing else
// is named by digits alone.
func isID(arg string) bool {
	n, err := strconv.ParseInt(arg, 10, 64)
	return err == nil && n > 0
}

// id reads the number of an object.
func id(what, arg string) (client.ID, error) {
	if !isID(arg) {
		return "", model.Errorf(model.Invalid, "%s is known by its number, not %q", what, arg)
	}
	n, _ := strconv.ParseInt(arg, 10, 64) // it is one
	return client.ID(strconv.FormatInt(n, 10)), nil
}

// idList reads the numbers of several of what is called what.
func idList(what string, args []string) ([]client.ID, error) {
	ids := make([]client.ID, len(args))
	for i, arg := range args {
		var err error
		if ids[i], err = id(what, arg); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
