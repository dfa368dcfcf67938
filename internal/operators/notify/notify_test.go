package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/notify"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var start = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

// people hears notifications, or fails with err.
type people struct {
	heard []operator.Notification
	err   error
}

func (p *people) Notify(_ context.Context, n operator.Notification) error {
	p.heard = append(p.heard, n)
	return p.err
}

// tell runs the operator.
func tell(t *testing.T, n operator.Notifier, settings map[string]string, state params.Map) (operator.Result, error) {
	t.Helper()
	return notify.Specs()[0].Operator.Run(t.Context(), &operator.Task{
		Params: params.Of("_command", "it failed", "attempt_id", 7, "session_time", "2026-01-30T00:00:00+00:00", "x", "y"),
		State:  state, Now: func() time.Time { return start },
		Services: operator.Services{Notifier: n, Settings: settings},
	})
}

func TestNotificationSaysWhatAndWhere(t *testing.T) {
	t.Parallel()
	var p people
	described := notify.Describe(&p, func(context.Context) (params.Map, error) {
		return params.Of("project_name", "etl", "attempt_id", 0), nil
	})
	if r, err := tell(t, described, nil, params.Map{}); err != nil || r.Wait != nil {
		t.Fatal(r, err)
	}
	want := `{"project_name":"etl","attempt_id":7,"session_time":"2026-01-30T00:00:00+00:00"}`
	if n := p.heard[0]; n.Message != "it failed" || !n.Time.Equal(start) || fmt.Sprint(n.Params) != want {
		t.Errorf("got %+v", n)
	}
}

func TestWithoutNotifierNothingHappens(t *testing.T) {
	t.Parallel()
	if r, err := tell(t, nil, nil, params.Map{}); err != nil || r.Wait != nil {
		t.Error(r, err)
	}
}

func TestNotificationIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		settings map[string]string
		want     []int // seconds
	}{
		{"by default", nil, []int{1, 2, 4, 8, 16, 30, 30, 30, 30, 30}},
		{"as set", map[string]string{
			"notification.retries": "3", "notification.min_retry_wait": "2000", "notification.max_retry_wait": "5000",
		}, []int{2, 4, 5}},
		{"never", map[string]string{"notification.retries": "0"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := people{err: errors.New("unreachable")}
			var state params.Map
			var got []int
			for {
				r, err := tell(t, &p, tt.settings, state)
				if err != nil {
					if want := "Notification failed: unreachable"; err.Error() != want {
						t.Errorf("got %q, want %q", err, want)
					}
					break
				}
				got = append(got, int(r.Wait.Until.Sub(start).Seconds()))
				state = r.Wait.State
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCancelledNotificationIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	why := errors.New("cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := notify.Specs()[0].Operator.Run(ctx, &operator.Task{
		Params: params.Of("_command", "x"), Now: func() time.Time { return start },
		Services: operator.Services{Notifier: &people{err: errors.New("unreachable")}},
	})
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string]map[string]string{
		`notification.type must be log, shell, http, not "mail"`: {"notification.type": "mail"},
		"notification.shell.command is required":                 {"notification.type": "shell"},
		"notification.shell.timeout must be":                     {"notification.type": "shell", "notification.shell.command": "x", "notification.shell.timeout": "1s"},
		"notification.http.url must be":                          {"notification.type": "http", "notification.http.url": "example.com"},
	} {
		if _, err := notify.New(settings, slog.New(slog.DiscardHandler)); model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if n, err := notify.New(nil, slog.New(slog.DiscardHandler)); n != nil || err != nil {
		t.Errorf("no type: got %v, %v", n, err)
	}
	_, err := tell(t, &people{err: errors.New("x")}, map[string]string{"notification.retries": "many"}, params.Map{})
	if model.CodeOf(err) != model.Invalid {
		t.Errorf("retries: %v", err)
	}
}

// said is what every notifier is given.
var said = operator.Notification{Message: "it \"failed\"", Time: start, Params: params.Of("attempt_id", 7, "task_name", "+a")}

const saidJSON = `{"timestamp":"2026-01-30T09:00:00Z","message":"it \"failed\"","attempt_id":7,"task_name":"+a"}`

func send(t *testing.T, settings map[string]string) error {
	t.Helper()
	n, err := notify.New(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return n.Notify(t.Context(), said)
}

func TestLogNotifierWritesARecord(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	n, err := notify.New(map[string]string{"notification.type": "log"}, slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasSuffix(got, ` level=WARN msg="it \"failed\"" at=2026-01-30T09:00:00.000Z attempt_id=7 task_name=+a`+"\n") {
		t.Errorf("got %s", got)
	}
}

func TestShellNotifierGivesJSONToACommand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "said")
	shell := func(command, timeout string) map[string]string {
		return map[string]string{
			"notification.type": "shell", "notification.shell.command": command, "notification.shell.timeout": timeout,
		}
	}
	if err := send(t, shell("cat > '"+file+"'", "30000")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); string(got) != saidJSON || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	for command, want := range map[string]string{
		"echo no address; exit 3": "notification command: exit status 3: no address",
		"exec tail -f /dev/null":  "notification command: it took longer than 20ms: ",
	} {
		timeout := "30000"
		if strings.HasPrefix(command, "exec") {
			timeout = "20"
		}
		if err := send(t, shell(command, timeout)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", command, err, want)
		}
	}
}

func TestHTTPNotifierSendsJSON(t *testing.T) {
	t.Parallel()
	status := http.StatusNoContent
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintln(r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("X-Key"), string(body))
		w.WriteHeader(status)
	}))
	defer server.Close()
	settings := map[string]string{
		"notification.type": "http", "notification.http.url": server.URL + "/hook",
		"notification.http.method": "put", "notification.http.headers.X-Key": "k",
	}
	if err := send(t, settings); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintln("PUT /hook application/json k", saidJSON); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	status = http.StatusForbidden
	if err := send(t, settings); err == nil || err.Error() != "notification request: 403 Forbidden" {
		t.Errorf("got %v", err)
	}
}
