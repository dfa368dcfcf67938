package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// types are the values of notification.type.
var types = []string{"log", "shell", "http"}

// New returns the notifier that the settings `notification.*` describe; nil if
// they name no type. One of type log writes to log.
func New(settings map[string]string, log *slog.Logger) (operator.Notifier, error) {
	switch kind := settings["notification.type"]; kind {
	case "":
		return nil, nil
	case "log":
		return &logger{log}, nil
	case "shell":
		return newShell(settings)
	case "http":
		return newCaller(settings)
	default:
		return nil, model.Errorf(model.Invalid, "setting notification.type must be %s, not %q", strings.Join(types, ", "), kind).
			WithHint("%s", document.DidYouMean(kind, types))
	}
}

// logger writes notifications to the log.
type logger struct{ log *slog.Logger }

func (l *logger) Notify(ctx context.Context, n operator.Notification) error {
	attrs := make([]slog.Attr, 0, n.Params.Len()+1)
	attrs = append(attrs, slog.Time("at", n.Time))
	for key, v := range n.Params.All() {
		attrs = append(attrs, slog.String(key, params.Literal(v)))
	}
	l.log.LogAttrs(ctx, slog.LevelWarn, n.Message, attrs...)
	return nil
}

// encode returns a notification as a JSON object.
func encode(n operator.Notification) []byte {
	return params.AppendJSON(nil, params.Of(
		"timestamp", n.Time.UTC().Format(time.RFC3339Nano), "message", n.Message,
	).Merge(n.Params))
}

// defaultTimeout is how long telling somebody may take, in milliseconds.
const defaultTimeout = 30_000

// shell runs a command with a notification as its standard input.
type shell struct {
	command string
	timeout time.Duration
}

func newShell(settings map[string]string) (*shell, error) {
	command := settings["notification.shell.command"]
	if command == "" {
		return nil, model.Errorf(model.Invalid, "setting notification.shell.command is required for notifications of type shell")
	}
	timeout, err := number(settings, "notification.shell.timeout", defaultTimeout)
	return &shell{command, time.Duration(timeout) * time.Millisecond}, err
}

// Shell returns the notifier that runs a command for each notification, which is its
// standard input as JSON. A timeout of 0 is that of most.
func Shell(command string, timeout time.Duration) operator.Notifier {
	return &shell{command, cmp.Or(timeout, defaultTimeout*time.Millisecond)}
}

// maxSaid is how much of a command's output an error shows.
const maxSaid = 500

func (s *shell) Notify(ctx context.Context, n operator.Notification) error {
	timed, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	cmd := exec.CommandContext(timed, "/bin/sh", "-c", s.command)
	cmd.Stdin = bytes.NewReader(encode(n))
	cmd.WaitDelay = time.Second // for what it started and left behind
	said, err := cmd.CombinedOutput()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil // the command itself succeeded
	case errors.Is(timed.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("it took longer than %v", s.timeout)
	}
	return fmt.Errorf("notification command: %w: %s", err, bytes.TrimSpace(said[:min(len(said), maxSaid)]))
}

// caller sends notifications as HTTP requests.
type caller struct {
	method, url string
	header      http.Header
	client      *http.Client
}

func newCaller(settings map[string]string) (*caller, error) {
	const headers = "notification.http.headers."
	c := &caller{
		method: http.MethodPost, url: settings["notification.http.url"], header: make(http.Header),
		client: &http.Client{Timeout: defaultTimeout * time.Millisecond},
	}
	u, err := url.Parse(c.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, model.Errorf(model.Invalid, "setting notification.http.url must be a URL of http or https, not %q", c.url)
	}
	if method := settings["notification.http.method"]; method != "" {
		c.method = strings.ToUpper(method)
	}
	c.header.Set("Content-Type", "application/json")
	for key, value := range settings {
		if name, ok := strings.CutPrefix(key, headers); ok {
			c.header.Set(name, value)
		}
	}
	return c, nil
}

func (c *caller) Notify(ctx context.Context, n operator.Notification) error {
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader(encode(n)))
	if err != nil {
		return fmt.Errorf("notification request: %w", err)
	}
	r.Header = c.header.Clone()
	answer, err := c.client.Do(r)
	if err != nil {
		return fmt.Errorf("notification request: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode < 200 || answer.StatusCode >= 300 {
		return fmt.Errorf("notification request: %s", answer.Status)
	}
	return nil
}

var (
	_ operator.Notifier = (*logger)(nil)
	_ operator.Notifier = (*shell)(nil)
	_ operator.Notifier = (*caller)(nil)
)
