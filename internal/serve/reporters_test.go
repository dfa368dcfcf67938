package serve

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/reporters"
)

func TestSettingsSayWhomToTell(t *testing.T) {
	t.Parallel()
	cfg := configured(
		"reporters.log.type", "log",
		"reporters.ops.type", "mail", "reporters.ops.host", "mail:587", "reporters.ops.from", "a@b", "reporters.ops.to", "c@d, e@f",
		"reporters.ops.events", "attempt.failed", "reporters.ops.projects", "shop, farm", "reporters.ops.retries", "3",
		"reporters.chat.type", "webhook", "reporters.chat.url", "https://example.com/x", "reporters.chat.headers.X-Who", "me", "reporters.chat.timeout", "5s",
		"reporters.pager.type", "shell", "reporters.pager.command", "page", "reporters.pager.workflows", "shop/daily",
		"reporters.lake.type", "kafka", "reporters.lake.topic", "events", "kafka.brokers", "localhost:9092",
	)
	if err := Check(cfg); err != nil {
		t.Fatal(err)
	}
	got, err := readReporters(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	want := []reporters.Config{
		{Name: "chat"}, {Name: "lake"}, {Name: "log"},
		{Name: "ops", Types: history.Types{history.AttemptFailed}, Projects: []string{"shop", "farm"}, Retries: 3},
		{Name: "pager", Workflows: []string{"shop/daily"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(reporters.Config{}, "Reporter"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for _, c := range got {
		if c.Reporter == nil {
			t.Errorf("%s tells nobody", c.Name)
		}
	}
}

// What several installations tell one receiver has different names.
func TestWhatIsToldIsNamedByTheInstallation(t *testing.T) {
	t.Parallel()
	names := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { names <- r.Header.Get("webhook-id") }))
	t.Cleanup(receiver.Close)
	list, err := readReporters(configured("webhooks.instance", "shop", "reporters.chat.type", "webhook", "reporters.chat.url", receiver.URL), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	chat := list[0].Reporter
	if err := chat.Report(t.Context(), []history.Event{{Type: history.AttemptFailed, AttemptID: "12", Seq: 3}}); err != nil {
		t.Fatal(err)
	}
	chat.(reporters.Closer).Close()
	if got := <-names; got != "shop/12/event/3" {
		t.Errorf("got %q", got)
	}
}

func TestWrongSettingsOfReportersAreTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pairs      []string
		want, hint string
	}{
		{[]string{"reporters.a.events", "failure"}, "reporters.a.type is not set", "it is one of kafka, log, mail, shell, webhook"},
		{[]string{"reporters.a.type", "lgo"}, "here: reporters.a.type must be one of kafka, log, mail, shell, webhook, not \"lgo\"", `did you mean "log"?`},
		{[]string{"reporters.a.type", "log", "reporters.a.url", "https://x"}, "here: reporters.a.url has no meaning for a reporter of the type log", ""},
		{[]string{"reporters.a.type", "log", "reporters.a.events", "task.faild"}, `there are no events of the type "task.faild"`, `did you mean "task.failed"?`},
		{[]string{"reporters.a.type", "log", "reporters.a.retries", "0"}, "here: reporters.a.retries must be a whole number above 0", ""},
		{[]string{"reporters.a.type", "webhook"}, "reporters.a.url is not set", ""},
		{[]string{"reporters.a.type", "webhook", "reporters.a.url", "ftp://x"}, "reporters.a.url", ""},
		{[]string{"reporters.a.type", "shell"}, "reporters.a.command is not set", ""},
		{[]string{"reporters.a.type", "mail", "reporters.a.host", "mail", "reporters.a.from", "a@b", "reporters.a.to", "c@d"}, "here: reporters.a.host", "such as mail.example.com:587"},
		{[]string{"reporters.a.type", "mail", "reporters.a.host", "mail:25", "reporters.a.to", "a@b"}, "here: reporters.a.from is not set", "it is the sender"},
		{[]string{"reporters.a.type", "mail", "reporters.a.host", "mail:25", "reporters.a.from", "b"}, "here: reporters.a.from must be a mail address, not \"b\"", ""},
		{[]string{"reporters.a.type", "kafka", "reporters.a.topic", "t"}, "no brokers of Kafka are named", "kafka.brokers names them"},
		{[]string{"reporters.a.type", "log", "reporters.a.evnts", "x"}, "here: reporters.a.evnts is no setting", ""},
	} {
		err := Check(configured(tt.pairs...))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(model.HintsOf(err), tt.hint) {
			t.Errorf("%v: %v (%v)", tt.pairs, err, model.HintsOf(err))
		}
	}
}

func TestWhatReportersKnowIsNotShown(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"reporters.a.password": "marker", "reporters.a.secret": "marker", "reporters.a.headers.X": "marker", "reporters.a.url": "https://x/marker",
	} {
		if shown := Shown(name, value); strings.Contains(shown, "marker") {
			t.Errorf("%s is shown as %s", name, shown)
		}
	}
}
