package reporters_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/operator"
)

// failure is an event that reporters are told of.
var failure = history.Event{
	Cursor: "c", Type: history.TaskFailed, Time: "2026-03-01T12:00:00Z", Project: "shöp", Workflow: "daily", Session: "k",
	SessionUUID: "u", AttemptID: "12", AttemptIndex: 1, Seq: 7, Task: "+daily+load", Try: 2, State: "failed",
	Data: params.Of("error", params.Of("message", "no such table")),
}

const failureText = "Task (12) shöp/daily +daily+load: Failed - no such table"

func report(t *testing.T, r reporters.Reporter) {
	t.Helper()
	if err := r.Report(context.Background(), []history.Event{failure}); err != nil {
		t.Fatal(err)
	}
}

func TestALogHasALineForEachEvent(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	r := reporters.Logged(slog.New(slog.NewJSONHandler(&b, nil)))
	report(t, r)
	for _, part := range []string{`"level":"ERROR"`, `"msg":"` + failureText + `"`, `"attempt":"12"`, `"project":"shöp"`, `"task":"+daily+load"`} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the log lacks %s: %s", part, b.String())
		}
	}
	b.Reset()
	if err := r.Report(context.Background(), []history.Event{{Type: history.AttemptStarted}}); err != nil || !strings.Contains(b.String(), `"level":"INFO"`) {
		t.Errorf("a start is %s, error %v", b.String(), err)
	}
}

// notified keeps what it is told.
type notified struct{ operator.Notification }

func (n *notified) Notify(_ context.Context, of operator.Notification) error {
	n.Notification = of
	return nil
}

func TestANotifierIsToldOfEachEvent(t *testing.T) {
	t.Parallel()
	n := new(notified)
	report(t, reporters.Notified(n))
	if task, _ := n.Params.StringOr("task", ""); n.Message != failureText || task != failure.Task || n.Time.Hour() != 12 {
		t.Errorf("it is told %+v", n.Notification)
	}
}

func TestEventsAreSentAsMessages(t *testing.T) {
	t.Parallel()
	var got history.Event
	var head http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head = r.Header.Clone()
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer s.Close()
	by, err := webhook.NewTransport(map[string]webhook.Target{"events": {URL: s.URL, Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}}, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	r := reporters.Sent(by, "events", "here")
	defer r.(reporters.Closer).Close()
	report(t, r)
	if got.Task != failure.Task || got.Seq != 7 || head.Get("webhook-id") != "here/12/event/7" || head.Get("webhook-signature") == "" {
		t.Errorf("it got %+v with %v", got, head)
	}
	s.Close()
	if err := r.Report(context.Background(), []history.Event{failure}); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "event 7 of attempt 12") {
		t.Errorf("where nobody is: %v", err)
	}
}

// post is a mail server that takes one mail.
type post struct {
	from string
	to   []string
	text string
}

func postOffice(t *testing.T, refuse string) (host string, got func() post) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var p post
	var served sync.WaitGroup
	served.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		p.serve(c, refuse)
	})
	t.Cleanup(func() { _ = l.Close(); served.Wait() })
	return l.Addr().String(), func() post { served.Wait(); return p }
}

func (p *post) serve(c net.Conn, refuse string) {
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 here")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, _, _ := strings.Cut(line, " ")
		switch {
		case verb == refuse:
			say("550 not here")
		case verb == "MAIL":
			p.from = line
			say("250 ok")
		case verb == "RCPT":
			p.to = append(p.to, line)
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				p.text += line
			}
			say("250 ok")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestEventsAreMailed(t *testing.T) {
	t.Parallel()
	host, got := postOffice(t, "")
	r, err := reporters.Mailed(reporters.Mail{Host: host, From: "pawl <pawl@example.com>", To: []string{"ann@example.com", "Bób <bob@example.com>"}})
	if err != nil {
		t.Fatal(err)
	}
	report(t, r)
	p := got()
	if !strings.HasPrefix(p.from, "MAIL FROM:<pawl@example.com>") || len(p.to) != 2 || p.to[1] != "RCPT TO:<bob@example.com>" {
		t.Errorf("it is from %q to %q", p.from, p.to)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "[pawl] "+failureText {
		t.Errorf("it has %q, error %v", m.Header, err)
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 || to[1].Name != "Bób" || strings.Contains(p.text, "Bób") {
		t.Errorf("it is for %q, error %v", m.Header["To"], err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !strings.HasPrefix(string(text), failureText) || !strings.Contains(string(text), `"task": "+daily+load"`) {
		t.Errorf("it says %s, error %v", text, err)
	}
}

// Who ends does not wait for a server that says nothing.
func TestAMailEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	r, err := reporters.Mailed(reporters.Mail{Host: l.Addr().String(), From: "pawl@example.com", To: []string{"ann@example.com"}, Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var silent sync.WaitGroup
	silent.Go(func() {
		c, err := l.Accept()
		cancel()
		if err == nil {
			_, _ = io.Copy(io.Discard, c) // until the other side ends
			_ = c.Close()
		}
	})
	if err := r.Report(ctx, []history.Event{failure}); model.CodeOf(err) != model.Unavailable {
		t.Error(err)
	}
	silent.Wait()
}

func TestMailsThatAreNotTakenFail(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"MAIL", "RCPT", "DATA"} {
		host, _ := postOffice(t, verb)
		r, err := reporters.Mailed(reporters.Mail{Host: host, From: "pawl@example.com", To: []string{"ann@example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Report(context.Background(), []history.Event{failure}); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "not here") {
			t.Errorf("%s: %v", verb, err)
		}
	}
	for _, m := range []reporters.Mail{
		{Host: "example.com", From: "a@b", To: []string{"a@b"}}, {Host: "h:25", From: "x", To: []string{"a@b"}},
		{Host: "h:25", From: "a@b"}, {Host: "h:25", From: "a@b", To: []string{"y"}},
	} {
		if _, err := reporters.Mailed(m); model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: %v", m, err)
		}
	}
}
