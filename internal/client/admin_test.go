package client_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
)

func TestTokensAreAskedForByTheirNames(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(http.StatusOK, `{"name":"a/b","scopes":["run:p"],"createdAt":"2026-03-08T12:00:00Z","expiresAt":null,"usedAt":null,"token":"pawl_x"}`))
	c := to(t, p.URL, client.Config{})
	made, err := c.CreateToken(t.Context(), "a/b", []string{"run:p"}, time.Time{})
	if err != nil || made.Secret != "pawl_x" || made.Name != "a/b" || !made.ExpiresAt.IsZero() {
		t.Errorf("made %+v, %v", made, err)
	}
	if _, err := c.CreateToken(t.Context(), "c", []string{"read"}, time.Date(2026, 3, 8, 13, 0, 0, 0, time.FixedZone("", 3600))); err != nil {
		t.Error(err)
	}
	if gone, err := c.RevokeToken(t.Context(), "a/b"); err != nil || gone.Name != "a/b" {
		t.Errorf("revoked %+v, %v", gone, err)
	}
	want := []string{
		`POST /api/pawl/v1/tokens application/json {"name":"a/b","scopes":["run:p"],"expiresAt":null}`,
		`POST /api/pawl/v1/tokens application/json {"name":"c","scopes":["read"],"expiresAt":"2026-03-08T12:00:00Z"}`,
		`DELETE /api/pawl/v1/tokens/a%2Fb`,
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestTheAuditLogIsReadAsFarAsItIsWanted(t *testing.T) {
	t.Parallel()
	page := func(id, next string) http.HandlerFunc {
		return answer(http.StatusOK, `{"entries":[{"id":"`+id+`","at":"2026-03-08T12:00:00.000001Z","principal":"ann","action":"a","project":null,"target":"t","outcome":"done","remote":"r"}],"next":`+next+`}`)
	}
	p := newPeer(t, page("9", `"c1"`), page("8", `"c2"`), page("7", "null"))
	c := to(t, p.URL, client.Config{})
	since := time.Date(2026, 3, 8, 12, 0, 0, 5000, time.UTC)
	entries, err := c.Audit(t.Context(), client.AuditFilter{Principal: "ann", Action: "a", Project: "p", Since: since, Until: since.Add(time.Hour)}, 2)
	if err != nil || len(entries) != 2 || entries[1].ID != "8" || entries[0].At.Nanosecond() != 1000 || entries[0].Project != "" {
		t.Errorf("%+v, %v", entries, err)
	}
	if entries, err = c.Audit(t.Context(), client.AuditFilter{}, 5000); err != nil || len(entries) != 1 {
		t.Errorf("%+v, %v", entries, err)
	}
	const filter = "/api/pawl/v1/audit?action=a&count="
	const rest = "&principal=ann&project=p&since=2026-03-08T12%3A00%3A00.000005Z&until=2026-03-08T13%3A00%3A00.000005Z"
	want := []string{"GET " + filter + "2" + rest, "GET " + filter + "1&cursor=c1" + rest, "GET /api/pawl/v1/audit?count=1000"}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Error(diff)
	}
}
