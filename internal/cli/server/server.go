package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

type serverOptions struct {
	world console.IO
	console.ConfigOptions
	console.LogOptions
	local.ParamOptions
	bind, adminBind           string
	port, adminPort           string
	memory                    bool
	database, taskLog, access string
	maxThreads                int
	noExecutor, noScheduler   bool
	noAgent                   bool
	swagger                   bool
	headers                   []string
	folder                    string // of the workflows to be followed
}

func newServer(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	c := &cobra.Command{
		Use: "server", GroupID: "server", Args: cobra.NoArgs,
		Short: "Serve projects: schedules, sessions and the REST API",
		Long: "Serve projects that are pushed: run their schedules and attempts, and answer the REST API.\n\n" +
			"Without options it keeps everything in a database in the user's data folder, and listens on\n" +
			"127.0.0.1:65432. It listens elsewhere only with authentication. A first signal lets the tasks that\n" +
			"run end, a second one ends them; the next server goes on where this one ended.",
		Example: "  pawl server\n  pawl server -o /var/lib/pawl -n 8080\n  pawl server -c /etc/pawl/config",
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	o.flags(c)
	c.Flags().StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	c.Flags().BoolVarP(&o.memory, "memory", "m", false, "keep everything in memory, to be forgotten at the end")
	c.MarkFlagsMutuallyExclusive("memory", "database")
	return c
}

// newScheduler serves the workflows of a folder. It is a server with one
// project that needs no push.
func newScheduler(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	c := &cobra.Command{
		Use: "scheduler", Aliases: []string{"sched"}, GroupID: "server", Args: cobra.NoArgs,
		Short: "Run the schedules of the workflows in a folder",
		Long: "Run the schedules of the workflows in a folder, as a server that has them as its project \"default\".\n\n" +
			"Tasks work in the folder. A change of its workflows counts within five seconds. Sessions are kept in\n" +
			"memory, unless -o names a folder for them.",
		Example: "  pawl scheduler\n  pawl scheduler --project etl -o .pawl/scheduler",
		RunE: func(c *cobra.Command, _ []string) error {
			o.memory = o.database == ""
			o.folder = o.path(cmp.Or(o.folder, "."))
			return o.run(c.Context())
		},
	}
	o.flags(c)
	c.Flags().StringVarP(&o.database, "database", "o", "", "`folder` of the database that keeps sessions")
	c.Flags().StringVar(&o.folder, "project", "", "`folder` with the workflows (default: the current one)")
	return c
}

// flags are those of all servers.
func (o *serverOptions) flags(c *cobra.Command) {
	f := c.Flags()
	o.ConfigOptions.Flags(f)
	o.LogOptions.Flags(f)
	o.ParamOptions.Flags(f)
	f.StringVarP(&o.port, "port", "n", "", "`port` to listen on, 0 for any that is free (default: 65432)")
	f.StringVarP(&o.bind, "bind", "b", "", "`address` to listen on; beyond loopback only with authentication")
	f.StringVar(&o.adminPort, "admin-port", "", "`port` for requests of administrators")
	f.StringVar(&o.adminBind, "admin-bind", "", "`address` for requests of administrators")
	f.StringVarP(&o.taskLog, "task-log", "O", "", "`folder` for the output of tasks")
	f.StringVarP(&o.access, "access-log", "A", "", "`folder` for the log of requests")
	f.IntVar(&o.maxThreads, "max-task-threads", 0, "how many tasks run at a time; 0 is the number of processors")
	f.BoolVar(&o.noExecutor, "disable-executor-loop", false, "leave attempts to other servers of the same database")
	f.BoolVar(&o.noScheduler, "disable-scheduler", false, "leave schedules to other servers of the same database")
	f.BoolVar(&o.noAgent, "disable-local-agent", false, "leave tasks to workers, with runner.type: queue")
	f.BoolVar(&o.swagger, "enable-swagger", false, "serve the description of the REST API, to pages of all origins")
	f.VarP((*console.Repeated)(&o.headers), "header", "H", "add a header `KEY=VALUE` to all answers; repeatable")
}

// serveConfig returns what a server or a worker of these settings works with, and
// what closes its log.
func (o *serverOptions) serveConfig(cfg *config.Config) (c serve.Config, closeLog func() error, err error) {
	c = serve.Config{Settings: cfg, Env: o.world.Env, Folder: o.folder, Version: o.world.Version}
	if c.Defaults, err = o.Read(o.world, cfg.Under("params")); err != nil {
		return c, nil, err
	}
	c.Log, closeLog, err = o.OpenServer(o.world, serve.LogFormat(cfg))
	return c, closeLog, err
}

func (o *serverOptions) run(ctx context.Context) (err error) {
	cfg, err := o.checked()
	if err != nil {
		return err
	}
	with, closeLog, err := o.serveConfig(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	s, err := serve.Open(ctx, with)
	if err != nil {
		return err
	}
	for i, a := range s.Addresses() {
		what := "listens on"
		if i > 0 {
			what = "listens for administrators on"
		}
		if err := o.say("pawl server %s %s\n", what, a); err != nil {
			return err
		}
	}
	return o.serve(ctx, s)
}

// say tells what is in the log already whoever looks at standard error, where
// the log is in a file.
func (o *serverOptions) say(format string, args ...any) error {
	if o.LogFile == "" || o.LogFile == "-" {
		return nil
	}
	_, err := fmt.Fprintf(o.world.Stderr, format, args...)
	return err
}

// serve runs the server until a signal ends it.
func (o *serverOptions) serve(ctx context.Context, s *serve.Server) error {
	return serveUntil(ctx, o.world, s.Run, func() error {
		return o.say("pawl server ends when the tasks that run have ended; the same signal again ends them\n")
	})
}

// serveUntil calls run with two contexts: a first signal ends the first of them
// and is told, a second one the other.
func serveUntil(ctx context.Context, world console.IO, run func(gently, now context.Context) error, told func() error) error {
	signals, stop := world.Signals()
	defer stop()
	gently, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	now, hurry := context.WithCancelCause(context.WithoutCancel(ctx))
	defer hurry(nil)
	ended := make(chan error, 1)
	go func() { ended <- run(gently, now) }() // received below
	for asked := false; ; asked = true {
		select {
		case err := <-ended:
			return err
		case got := <-signals:
			if asked {
				hurry(fmt.Errorf("%v came again", got))
				continue
			}
			cancel(fmt.Errorf("%v", got))
			if err := told(); err != nil {
				return err
			}
		}
	}
}

// settings returns the configuration with the options laid over it.
func (o *serverOptions) settings() (*config.Config, error) {
	o.Project = cmp.Or(o.folder, o.world.Dir)
	cfg, err := o.Config(o.world)
	if err != nil {
		return nil, err
	}
	for _, one := range []struct{ key, value, flag string }{
		{"server.bind", o.bind, "--bind"},
		{"server.port", o.port, "--port"},
		{"server.admin.bind", o.adminBind, "--admin-bind"},
		{"server.admin.port", o.adminPort, "--admin-port"},
		{"server.access-log.path", o.path(o.access), "--access-log"},
		{"log-server.local.path", o.path(o.taskLog), "--task-log"},
		{"agent.max-task-threads", number(o.maxThreads), "--max-task-threads"},
		{"server.executor.enabled", off(o.noExecutor), "--disable-executor-loop"},
		{"server.schedule.enabled", off(o.noScheduler), "--disable-scheduler"},
		{"agent.enabled", off(o.noAgent), "--disable-local-agent"},
		{"server.enable-swagger", on(o.swagger), "--enable-swagger"},
		{"database.path", o.path(o.database), "--database"},
	} {
		if one.value != "" {
			cfg.Set(one.key, one.value, one.flag)
		}
	}
	switch {
	case o.memory:
		cfg.Set("database.type", "memory", "--memory")
	case o.database != "":
		cfg.Set("database.type", "sqlite", "--database")
	}
	for _, h := range o.headers {
		key, value, ok := strings.Cut(h, "=")
		if !ok || key == "" {
			return nil, model.Errorf(model.Invalid, "-H needs KEY=VALUE, not %q", h)
		}
		cfg.Set("server.http.headers."+key, value, "-H")
	}
	return cfg, o.ensurePath(cfg)
}

// checked returns the settings if nothing is wrong with them, or an error that says
// all that is.
func (o *serverOptions) checked() (*config.Config, error) {
	cfg, err := o.settings()
	if err == nil {
		err = flawed(serve.Check(cfg))
	}
	return cfg, err
}

// flawed says of errors that they are about settings.
func flawed(err error) error {
	if err == nil {
		return nil
	}
	return &console.FileError{File: "the settings", Err: err}
}

// ensurePath makes sure that there is a folder for what the server keeps.
func (o *serverOptions) ensurePath(cfg *config.Config) error {
	if _, ok := cfg.Get("database.path"); ok {
		return nil
	}
	home, err := config.Sources{Env: o.world.Getenv}.Installation()
	switch {
	case err != nil:
		return err
	case home != "" && o.File == "":
		cfg.Set("database.path", home, "$"+config.HomeVariable)
		return nil
	}
	dir := o.world.Getenv("XDG_DATA_HOME")
	if home := o.world.Getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".local", "share")
	}
	if dir == "" {
		return model.Errorf(model.Invalid, "there is no home folder to keep a database in").WithHint("give a folder with -o")
	}
	cfg.Set("database.path", filepath.Join(dir, "pawl"), "default")
	return nil
}

func (o *serverOptions) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(o.world.Dir, p)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func on(yes bool) string {
	if yes {
		return "true"
	}
	return ""
}

func off(yes bool) string {
	if yes {
		return "false"
	}
	return ""
}
