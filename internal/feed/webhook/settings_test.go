package webhook_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/model"
)

func configured(pairs ...string) *config.Config {
	c := &config.Config{}
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1], "file:"+strconv.Itoa(i/2+1))
	}
	return c
}

func TestSettingsSayWhereRecordsAreSent(t *testing.T) {
	t.Parallel()
	got, err := webhook.ReadOut(configured(
		"webhooks.instance", "shop", "webhooks.orders.v1.url", "https://example.com/hook", "webhooks.orders.v1.secret", secret+","+secret,
		"webhooks.orders.v1.timeout", "30s", "webhooks.orders.v1.parallel", "2", "webhooks.orders.v1.headers.X-Api-Key", "k",
		"webhooks.notes.url", "http://localhost/", "webhooks.notes.codec", "text",
	))
	want := webhook.Out{
		Instance: "shop",
		Targets: map[string]webhook.Target{
			"orders.v1": {URL: "https://example.com/hook", Secrets: []string{secret, secret}, Timeout: 30 * time.Second, Parallel: 2, Headers: map[string]string{"X-Api-Key": "k"}},
			"notes":     {URL: "http://localhost/", ContentType: "text/plain; charset=utf-8"},
		},
		Topics: []feed.Topic{{Name: "notes", Body: feed.Text{}}, {Name: "orders.v1"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := webhook.ReadOut(configured("server.port", "1")); err != nil || len(got.Targets) > 0 || got.Instance != "pawl" {
		t.Errorf("without settings: %+v, %v", got, err)
	}
}

// wrong is a setting that is not to be.
type wrong struct{ key, value, want, hint string }

func (w wrong) check(t *testing.T, err error) {
	t.Helper()
	if err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), w.want) || !strings.Contains(model.HintsOf(err), w.hint) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%s = %s: %v, hint %q, want %s", w.key, w.value, err, model.HintsOf(err), w.want)
	}
}

func TestWrongSettingsOfTargetsAreTold(t *testing.T) {
	t.Parallel()
	for _, w := range []wrong{
		{"webhooks.orders.ulr", "https://e", "file:2: webhooks.orders.ulr is no setting", `did you mean "url"?`},
		{"webhooks.instnce", "x", "is no setting", `did you mean "instance"?`},
		{"webhooks.orders", "x", "is no setting", "settings of a topic are url, secret, timeout, parallel, codec and headers.NAME"},
		{"webhooks.orders.url", "hidden", "file:2: webhooks.orders.url is of no use", ""},
		{"webhooks.orders.secret", "hidden", "is of no use: a secret must be whsec_KEY", "openssl"},
		{"webhooks.orders.timeout", "0s", "must be a time such as", "at least 1s"},
		{"webhooks.orders.parallel", "0", "must be a whole number above 0", ""},
		{"webhooks.orders.codec", "avro", "must be one of json, text", ""},
		{"webhooks.orders.headers.Host", "hidden", "the header Host is not to be chosen", ""},
		{"webhooks.orders.headers.", "x", "is no setting", ""},
		{"webhooks.others.codec", "text", "webhooks.others.url is not set", "such as https://"},
	} {
		_, err := webhook.ReadOut(configured("webhooks.orders.url", "https://example.com", w.key, w.value))
		w.check(t, err)
	}
}

func TestSettingsSayWhatHooksTake(t *testing.T) {
	t.Parallel()
	hooks, err := webhook.ReadHooks(configured(
		"hooks.stripe.topic", "payments", "hooks.stripe.keys.order_id", "body.data.order", "hooks.stripe.signature", "standard-webhooks",
		"hooks.stripe.secret", secret, "hooks.stripe.tolerance", "1m", "hooks.stripe.early", "0s", "hooks.stripe.early-most", "7", "hooks.stripe.remember", "1d",
		"hooks.git.signature", "GitHub", "hooks.git.secret", "a, b", "hooks.git.keys.ref", "body.ref", "hooks.git.codec", "json",
		"hooks.own.signature", "hmac-sha256", "hooks.own.secret", "a", "hooks.own.header", "X-Code", "hooks.own.encoding", "base64", "hooks.own.prefix", "v=",
		"hooks.own.id", "body.id", "hooks.own.keys.id", "header.x-id", "hooks.own.codec", "text",
	))
	if err != nil {
		t.Fatal(err)
	}
	proofs := make(map[string]webhook.Proof)
	for name, o := range hooks {
		proofs[name] = o.Proof
		if o.Topic.ID == nil || o.Topic.Keys == nil {
			t.Errorf("%s: an id or keys are missing", name)
		}
		if _, err := webhook.NewHook(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(map[string]webhook.Proof{
		"stripe": {Scheme: webhook.Standard, Secrets: []string{secret}, Tolerance: time.Minute},
		"git":    {Scheme: webhook.GitHub, Secrets: []string{"a", "b"}},
		"own":    {Scheme: webhook.HMAC, Secrets: []string{"a"}, Header: "X-Code", Encoding: "base64", Prefix: "v="},
	}, proofs); diff != "" {
		t.Error(diff)
	}
	if s := hooks["stripe"].Topic; s.Name != "payments" || s.Early >= 0 || s.MostEarly != 7 || s.Remember != 24*time.Hour {
		t.Errorf("got %+v", s)
	}
	if hooks["git"].Topic.Name != "git" || hooks["own"].Topic.Body != (feed.Text{}) {
		t.Errorf("got %+v and %+v", hooks["git"].Topic, hooks["own"].Topic)
	}
	parts := feed.Parts{Headers: []feed.Header{{Name: "X-Github-Delivery", Value: "d"}}, AnyCase: true}
	if id := hooks["git"].Topic.ID(parts); len(id) != 1 || id[0] != "d" {
		t.Errorf("the id is %v", id)
	}
}

func TestWrongSettingsOfHooksAreTold(t *testing.T) {
	t.Parallel()
	for _, w := range []wrong{
		{"hooks.own.signatur", "x", "file:5: hooks.own.signatur is no setting", `did you mean "signature"?`},
		{"hooks.own", "x", "is no setting", "settings of a hook are topic, codec, id"},
		{"hooks.own.signature", "gihub", "must be one of standard-webhooks, github, hmac-sha256, token, none", `did you mean "github"?`},
		{"hooks.own.signature", "none", "hooks.own.secret is of no use: a hook needs a secret unless", ""},
		{"hooks.own.signature", "standard-webhooks", "hooks.own.secret is of no use: a secret must be whsec_KEY", "openssl"},
		{"hooks.own.signature", "hmac-sha256", "needs the name of its header", ""},
		{"hooks.own.secret", "", "hooks.own.secret is of no use: a hook needs a secret", ""},
		{"hooks.own.header", "X", "has no effect unless the signature is hmac-sha256 or token", ""},
		{"hooks.own.tolerance", "1m", "has no effect unless the signature is standard-webhooks", ""},
		{"hooks.own.encoding", "utf8", "must be one of hex, base64", ""},
		{"hooks.own.keys.id", "bdy.id", "hooks.own.keys.id is of no use", `did you mean "body"?`},
		{"hooks.own.id", "bdy.id", "hooks.own.id is of no use", `did you mean "body"?`},
		{"hooks.own.topic", "", "a topic needs a name", ""},
		{"hooks.own.early-most", "x", "must be a whole number above 0", ""},
		{"hooks.a/b.topic", "t", "the name of a hook has letters", ""},
		{"hooks.std.remember", "119s", "file:5: hooks.std.remember is of no use: a request is forgotten while it is valid, which is 1m0s", "at least twice the tolerance"},
		{"hooks.std.tolerance", "4d", "file:5: hooks.std.tolerance is of no use: a request is forgotten", "at least twice"},
		{"hooks.new.topic", "t", "hooks.new.signature is not set", "standard-webhooks, github"},
		{"hooks.new.signature", "none", "hooks.new.keys.PARAM is not set", "body.order.id"},
	} {
		_, err := webhook.ReadHooks(configured(
			"hooks.own.signature", "github", "hooks.own.secret", "hidden", "hooks.own.keys.id", "body.id",
			"hooks.std.tolerance", "1m", w.key, w.value,
			"hooks.std.signature", "standard-webhooks", "hooks.std.secret", secret, "hooks.std.keys.id", "body.id",
		))
		w.check(t, err)
	}
}
