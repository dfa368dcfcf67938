package server

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/serve"
)

type workerOptions struct {
	serverOptions
	queues []string
}

func newWorker(world console.IO) *cobra.Command {
	o := workerOptions{serverOptions: serverOptions{world: world}}
	c := &cobra.Command{
		Use: "worker", GroupID: "server", Args: cobra.NoArgs,
		Short: "Run tasks for the servers of a database",
		Long: "Run tasks that servers with `runner.type: queue` put on the queues of their PostgreSQL.\n\n" +
			"A worker needs the settings of the servers for the database, archives, logs and secrets, and the\n" +
			"programs of the tasks. A first signal lets the tasks that run end, for runner.queue.grace if that is\n" +
			"set; a second one ends them. Tasks that did not end are run by another worker.",
		Example: "  pawl worker -c /etc/pawl/config\n  pawl worker -c /etc/pawl/config --queue gpu --max-task-threads 2",
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	o.ConfigOptions.Flags(f)
	o.LogOptions.Flags(f)
	o.ParamOptions.Flags(f)
	f.VarP((*console.Repeated)(&o.queues), "queue", "", "`name` of a queue to work on; repeatable (default: default)")
	f.IntVar(&o.maxThreads, "max-task-threads", 0, "how many tasks of each queue run at a time; 0 is the number of processors")
	f.StringVarP(&o.taskLog, "task-log", "O", "", "`folder` for the output of tasks")
	f.StringVar(&o.adminPort, "admin-port", "", "`port` for /livez, /readyz and /metrics")
	f.StringVar(&o.adminBind, "admin-bind", "", "`address` for /livez, /readyz and /metrics (default: 127.0.0.1)")
	return c
}

func (o *workerOptions) run(ctx context.Context) (err error) {
	cfg, err := o.checked()
	if err != nil {
		return err
	}
	if len(o.queues) > 0 {
		cfg.Set("runner.queue.names", strings.Join(o.queues, ","), "--queue")
	}
	with, closeLog, err := o.serveConfig(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	w, err := serve.OpenWorker(ctx, with)
	if err != nil {
		return err
	}
	if a := w.Address(); a != nil {
		if err := o.say("pawl worker can be watched on %s\n", a); err != nil {
			return err
		}
	}
	return serveUntil(ctx, o.world, w.Run, func() error {
		return o.say("pawl worker ends when the tasks that run have ended; the same signal again ends them\n")
	})
}
