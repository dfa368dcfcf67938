package server

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/serve"
)

func newDoctor(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	var asJSON bool
	var folder string
	c := &cobra.Command{
		Use: "doctor", GroupID: "server", Args: cobra.NoArgs,
		Short: "Find what would keep a server from working",
		Long: "Look at what a server would work with and say how to mend what is wrong: the settings, the database with\n" +
			"its version, clock, disk space and speed, the servers and workers that live on it, what waits to be\n" +
			"sent, programs of tasks, ports, folders and limits.\n\n" +
			"Of the workflows and pipelines in the folder, it looks for what their tasks need: programs, the Python with\n" +
			"its packages and kernels, databases of queries, secrets. It runs none of them.\n\n" +
			"It changes nothing. It ends with 1 if there is a problem; a note is none.",
		Example: "  pawl doctor\n  pawl doctor -c /etc/pawl/config --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return o.examine(c.Context(), o.path(cmp.Or(folder, ".")), asJSON)
		},
	}
	f := c.Flags()
	o.ConfigOptions.Flags(f)
	f.StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	f.StringVarP(&o.port, "port", "n", "", "`port` to listen on")
	f.StringVarP(&o.bind, "bind", "b", "", "`address` to listen on")
	f.StringVar(&folder, "project", "", "`folder` with the workflows (default: the current one)")
	f.BoolVar(&asJSON, "json", false, "print a JSON object")
	return c
}

// examination is what `pawl doctor --json` prints.
type examination struct {
	OK       bool            `json:"ok"`
	Findings []serve.Finding `json:"findings"`
}

func (o *serverOptions) examine(ctx context.Context, folder string, asJSON bool) error {
	cfg, err := o.settings()
	if err != nil {
		return err
	}
	e := examination{OK: true, Findings: serve.Examine(ctx, cfg, o.world.Env)}
	secrets := secret.Chain{secret.Map(cfg.Flat("secrets"))}
	if dir := console.LocalSecrets(o.world); dir != "" {
		secrets = append(secrets, secret.In(dir))
	}
	e.Findings = append(e.Findings, serve.Needs(ctx, cfg, serve.Folder{Dir: folder, Env: o.world.Env, Secrets: secrets})...)
	for i := range e.Findings {
		e.OK = e.OK && e.Findings[i].Grade != serve.Problem
	}
	if asJSON {
		err = json.NewEncoder(o.world.Stdout).Encode(e)
	} else {
		err = o.tell(e.Findings)
	}
	if err == nil && !e.OK {
		err = console.Quiet{Code: console.ExitFailed}
	}
	return err
}

func (o *serverOptions) tell(findings []serve.Finding) error {
	tell := console.Teller{To: o.world.Stdout}
	for _, f := range findings {
		tell.Line("%-8s %-16s %s", f.Grade, f.Check, f.Message)
		if f.Hint != "" {
			tell.Line("%-8s %-16s   hint: %s", "", "", f.Hint)
		}
	}
	return tell.Err
}
