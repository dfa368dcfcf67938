package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/remote"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store"
)

type tokensOptions struct {
	remote.Options
	console.OutputOptions
	scopes   []string
	expires  string
	offline  bool
	database string
}

// tokenKeeper keeps API tokens: a server, or the database of one.
type tokenKeeper interface {
	Tokens(ctx context.Context) ([]client.Token, error)
	CreateToken(ctx context.Context, name string, scopes []string, expires time.Time) (client.NewToken, error)
	RevokeToken(ctx context.Context, name string) (client.Token, error)
}

func newTokens(world console.IO) *cobra.Command {
	o := tokensOptions{Options: remote.Options{World: world}}
	c := &cobra.Command{
		Use: "tokens [list | create NAME | revoke NAME]", Aliases: []string{"token"}, GroupID: "remote",
		Args: tokenArgs, ValidArgs: []string{"list", "create", "revoke"},
		Short: "List, make or revoke the API tokens of a server",
		Long: "List, make or revoke the API tokens of a server, which programs log in with: they send one as PAWL_TOKEN,\n" +
			"client.http.token or the header \"Authorization: Bearer TOKEN\". A new one is printed once and kept nowhere.\n\n" +
			"A server does it for administrators only. --offline does it in the database itself, which is how the\n" +
			"first token is made; then -c and -o choose the database, as they do for `pawl server`.",
		Example: "  pawl tokens create ci --scope push:shop --scope run:shop --expires 90d\n" +
			"  pawl tokens create admin --scope admin --offline -c /etc/pawl/config\n" +
			"  pawl tokens revoke ci",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What a new token is", func(f *pflag.FlagSet) {
		f.Var((*console.Repeated)(&o.scopes), "scope", "let it do `SCOPE`: read, run, push or secrets, also for one project as in run:shop, or admin; repeatable")
		f.StringVar(&o.expires, "expires", "", "let it count until a `time`, or for one such as 90d (default: for good)")
	})
	console.Grouped(c, "Without a server", func(f *pflag.FlagSet) {
		f.BoolVar(&o.offline, "offline", false, "work on the database itself")
		f.StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

var errTokenArgs = errors.New("this is neither list, create NAME nor revoke NAME")

// tokenArgs accepts what is done, and the name of the token it is done to.
func tokenArgs(_ *cobra.Command, args []string) error {
	named := len(args) == 2 && (args[0] == "create" || args[0] == "revoke")
	if named || len(args) == 0 || len(args) == 1 && args[0] == "list" {
		return nil
	}
	return errTokenArgs
}

func (o *tokensOptions) run(ctx context.Context, args []string) error {
	what := append(args, "list")[0]
	switch {
	case o.database != "" && !o.offline:
		return model.Errorf(model.Invalid, "--database is for --offline: a server has its own")
	case what != "create" && (len(o.scopes) > 0 || o.expires != ""):
		return model.Errorf(model.Invalid, "--scope and --expires are for `pawl tokens create`")
	}
	if o.offline {
		server := serverOptions{world: o.World, ConfigOptions: o.ConfigOptions, database: o.database}
		return server.keep(ctx, func(k *serve.Keeper) error { return o.do(ctx, offlineTokens{k}, args) })
	}
	return o.With(ctx, func(ctx context.Context, r remote.Server) error { return o.do(ctx, r, args) })
}

func (o *tokensOptions) do(ctx context.Context, k tokenKeeper, args []string) error {
	switch {
	case len(args) < 2:
		tokens, err := k.Tokens(ctx)
		if err != nil {
			return err
		}
		return console.List(o.World.Stdout, o.OutputOptions, "Tokens:", tokens, tokenRecord)
	case args[0] == "create":
		return o.create(ctx, k, args[1])
	}
	if _, err := k.RevokeToken(ctx, args[1]); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(o.World.Stderr, "Token '%s' revoked\n", args[1])
	return nil
}

func (o *tokensOptions) create(ctx context.Context, k tokenKeeper, name string) error {
	if len(o.scopes) == 0 {
		return model.Errorf(model.Invalid, "what may the token do? give --scope").WithHint("see `pawl tokens --help`")
	}
	expires, err := o.expiry()
	if err != nil {
		return err
	}
	t, err := k.CreateToken(ctx, name, o.scopes, expires)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.PrintObject(o.World.Stdout, t)
	}
	_, _ = fmt.Fprintf(o.World.Stderr, "Token '%s' created, which is shown this once\n", name)
	_, err = fmt.Fprintln(o.World.Stdout, t.Secret)
	return err
}

// expiry returns until when a new token counts; zero is for good.
func (o *tokensOptions) expiry() (time.Time, error) {
	if o.expires == "" {
		return time.Time{}, nil
	}
	now := o.World.Clock.Now()
	if d, err := schedule.ParseDuration(o.expires); err == nil {
		return now.Add(d), nil
	}
	return console.ParseMoment("--expires", o.expires, now)
}

func tokenRecord(t client.Token) console.Record {
	return console.Record{
		"name", t.Name, "scopes", strings.Join(t.Scopes, " "), "created at", remote.LocalTime(t.CreatedAt),
		"expires at", cmp.Or(remote.LocalTime(t.ExpiresAt), "never"), "last used at", cmp.Or(remote.LocalTime(t.UsedAt), "never"),
	}
}

// offlineTokens are those in a database.
type offlineTokens struct{ *serve.Keeper }

func (k offlineTokens) Tokens(ctx context.Context) ([]client.Token, error) {
	tokens, err := k.Keeper.Tokens(ctx)
	var list []client.Token
	for i := range tokens {
		list = append(list, asClient(&tokens[i]))
	}
	return list, err
}

func (k offlineTokens) CreateToken(ctx context.Context, name string, scopes []string, expires time.Time) (client.NewToken, error) {
	may := make([]auth.Scope, len(scopes))
	for i, text := range scopes {
		var err error
		if may[i], err = auth.ParseScope(text); err != nil {
			return client.NewToken{}, err
		}
	}
	var until model.Instant // never
	if !expires.IsZero() {
		until = model.InstantOf(expires)
	}
	text, t, err := k.Keeper.CreateToken(ctx, name, may, until)
	return client.NewToken{Token: asClient(&t), Secret: text}, err
}

func (k offlineTokens) RevokeToken(ctx context.Context, name string) (client.Token, error) {
	return client.Token{Name: name}, k.Keeper.RevokeToken(ctx, name)
}

// asClient returns a token as a server would tell of it.
func asClient(t *store.Token) client.Token {
	return client.Token{
		Name: t.Name, Scopes: t.Scopes, CreatedAt: clientInstant(t.Created),
		ExpiresAt: clientInstant(t.Expires), UsedAt: clientInstant(t.Used),
	}
}

func clientInstant(i model.Instant) client.Instant {
	if i == 0 {
		return client.Instant{}
	}
	return client.Instant{Time: i.Time()}
}
