package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/metrics"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/internal/worker"
)

// Worker is an open worker: it runs the tasks that servers put on queues.
type Worker struct {
	log       *slog.Logger
	grace     time.Duration
	store     store.Store
	archives  service.Archives
	outputs   *values.Outputs
	logs      *taskLogs
	queue     *queue.Queue
	worker    *worker.Worker
	consumer  *queue.Consumer
	telemetry *telemetry
	admin     net.Listener       // nil unless it is to be watched
	who       auth.Authenticator // of those who watch
	heart     *beating
}

// OpenWorker opens a worker, which takes tasks at once. On an error nothing is
// left open.
func OpenWorker(ctx context.Context, cfg Config) (_ *Worker, err error) {
	w := &Worker{log: cfg.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := Check(cfg.Settings); err != nil {
		return nil, err
	}
	set := newSettings(cfg.Settings)
	q := set.queue()
	w.grace = q.grace
	at, err := w.prepare(ctx, set, &cfg)
	if err != nil {
		return nil, err
	}
	if w.queue, err = openQueue(ctx, at, worker.Post(w.store), &cfg); err != nil {
		return nil, err
	}
	if err := w.listen(set); err != nil {
		return nil, err
	}
	w.consumer = q.consumer(w.queue, w.worker)
	if err := w.consumer.Start(ctx); err != nil {
		return nil, err
	}
	w.telemetry.metrics.Watch(w.load)
	w.heart = newHeart("worker", &cfg)
	w.heart.Check("consumer", w.standing)
	w.heart.start(at, cfg.Log)
	cfg.Log.Info("worker starts", "version", cfg.Version, "pid", os.Getpid(), "database", shownURL(set.postgres().URL),
		"queues", q.names, "slots", q.slots)
	for _, d := range Doubts(cfg.Settings) {
		cfg.Log.Warn("setting "+d.Reason, "setting", d.Key, "origin", d.Origin, "hint", d.Hint)
	}
	return w, nil
}

// prepare opens what tries work with. at is the store before anybody listened to it.
func (w *Worker) prepare(ctx context.Context, set *settings, cfg *Config) (at store.Store, err error) {
	if w.telemetry, err = openTelemetry(ctx, cfg); err != nil {
		return nil, err
	}
	if at, err = set.openStore(ctx); err != nil {
		return nil, err
	}
	w.store = w.telemetry.metrics.Store(at)
	if w.archives, err = set.openArchives(cfg.Log); err != nil {
		return nil, err
	}
	if w.logs, err = set.openLogs(ctx, at, cfg.Log); err != nil {
		return nil, err
	}
	w.worker, err = w.open(set, cfg)
	return at, err
}

// open makes what runs tries.
func (w *Worker) open(set *settings, cfg *Config) (*worker.Worker, error) {
	ring, err := secret.ParseRing(set.text(secret.KeySetting))
	if err != nil {
		return nil, err
	}
	tries := set.tries(w.store, w.archives, ring, w.logs.Store, cfg)
	w.outputs = tries.Outputs
	for _, l := range w.telemetry.listeners() {
		tries.Watchers = append(tries.Watchers, l.Try)
	}
	if set.err != nil {
		return nil, set.err
	}
	return worker.Open(tries)
}

// errNotStanding is what is wrong with a worker that others have taken over from.
var errNotStanding = errors.New("it has no lease: it could not reach the database, and others take its tasks over")

// standing says what keeps the worker from taking tasks.
func (w *Worker) standing() error {
	if !w.consumer.Standing() {
		return errNotStanding
	}
	return nil
}

// load counts what the worker has to do.
func (w *Worker) load(context.Context) (metrics.Load, error) {
	jobs := w.consumer.Load()
	l := metrics.Load{Slots: jobs.Slots, Busy: jobs.Busy}
	l.Archives, l.Fetched = w.worker.Archives()
	return l, nil
}

// listen takes connections of those who watch the worker, if it is told where.
func (w *Worker) listen(set *settings) (err error) {
	c, _ := set.listen()
	if set.err != nil || c.Admin == nil {
		return set.err
	}
	if w.who, err = auth.FromConfig(set.Config, w.store, time.Now); err != nil {
		return err
	}
	if err := auth.CheckBind([]string{c.Admin.Host}, !auth.Open(w.who)); err != nil {
		return err
	}
	if w.admin, err = c.Admin.Listen(); err != nil {
		return err
	}
	w.log.Info("worker listens for administrators", "address", w.admin.Addr().String())
	return nil
}

// handler answers those who watch the worker, as a server does: whether it
// lives and is ready to all, and its metrics to whoever is authenticated.
func (w *Worker) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, _ *http.Request) {
		if !w.consumer.Standing() {
			http.Error(rw, "the worker has no lease", http.StatusServiceUnavailable)
		}
	})
	numbers := w.telemetry.metrics.Handler()
	mux.HandleFunc("GET /metrics", func(rw http.ResponseWriter, r *http.Request) {
		if _, err := w.who.Authenticate(r.Context(), auth.FromHeader(r.Header)); err != nil {
			http.Error(rw, err.Error(), http.StatusUnauthorized)
			return
		}
		numbers.ServeHTTP(rw, r)
	})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := auth.CheckHost(r.Host, !auth.Open(w.who)); err != nil {
			http.Error(rw, err.Error(), http.StatusForbidden)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// Address returns where the worker can be watched, or nil.
func (w *Worker) Address() net.Addr {
	if w.admin == nil {
		return nil
	}
	return w.admin.Addr()
}

// answerWithin is how long a request of those who watch may take.
const answerWithin = 10 * time.Second

// Run runs tasks until ctx is done. Then it takes no more, waits for those that
// run until they have ended, its time of grace is over or now is done, and ends
// the rest, which is run elsewhere.
func (w *Worker) Run(ctx, now context.Context) error {
	watched := make(chan error, 1)
	admin := &http.Server{Handler: w.handler(), ReadTimeout: answerWithin, WriteTimeout: answerWithin}
	if w.admin != nil {
		go func() { watched <- admin.Serve(w.admin) }() // received below
	}
	var err error
	select {
	case <-ctx.Done():
		w.log.Info("worker stops once its tasks have ended", "reason", context.Cause(ctx), "grace", w.grace.String(),
			"hint", "the same signal again ends them")
		w.drain(now)
	case err = <-watched:
	}
	if e := admin.Close(); err == nil {
		err = e
	}
	if err = errors.Join(err, w.close()); err == nil {
		w.log.Info("worker stopped")
	}
	return err
}

// drain waits for the tasks that run.
func (w *Worker) drain(now context.Context) {
	if w.grace > 0 {
		var cancel context.CancelFunc
		now, cancel = context.WithTimeoutCause(now, w.grace, errors.New("the time of grace is over"))
		defer cancel()
	}
	if err := w.consumer.Drain(now); err != nil {
		w.log.Warn("tasks are being ended", "reason", err)
	}
}

// close closes what is open.
func (w *Worker) close() error {
	var errs []error
	w.heart.close()
	if w.consumer != nil {
		errs = append(errs, w.consumer.Close())
	}
	if w.worker != nil {
		errs = append(errs, w.worker.Close())
	}
	errs = append(errs, w.logs.close(), w.outputs.Close())
	if w.admin != nil {
		if err := w.admin.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, of := range w.archives.Stores {
		errs = append(errs, of.Close())
	}
	if w.queue != nil {
		w.queue.Close()
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	if w.telemetry != nil {
		errs = append(errs, w.telemetry.close())
	}
	return errors.Join(errs...)
}
