package client_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/params"
)

func TestSignalsAreSentOnce(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(http.StatusOK, `{"outcome":"taken","tasks":2}`), answer(http.StatusServiceUnavailable, `{}`))
	c := to(t, p.URL, client.Config{})
	done, err := c.Signal(t.Context(), client.Signal{Topic: "t", Keys: params.Of("k", "17"), Body: json.RawMessage(`{"b":1,"a":2}`)})
	if err != nil || done != (client.Delivered{Outcome: "taken", Tasks: 2}) {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := c.Signal(t.Context(), client.Signal{Topic: "t", ID: "m", Keys: params.Of("k", 17), Body: json.RawMessage("null"), Keep: "1h"}); err == nil {
		t.Error("it is not told that a signal was not taken")
	}
	want := []string{
		`POST /api/pawl/v1/signals application/json {"topic":"t","keys":{"k":"17"},"body":{"b":1,"a":2}}`,
		`POST /api/pawl/v1/signals application/json {"topic":"t","id":"m","keys":{"k":17},"body":null,"keep":"1h"}`,
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsKeptIsReadAsFarAsItIsWanted(t *testing.T) {
	t.Parallel()
	const message = `{"id":"1","topic":"t","source":"m","keys":[{"param":"k","value":17}],"body":{"b":1.50},"cameAt":"2026-03-08T12:00:00.000001Z",`
	p := newPeer(t,
		answer(http.StatusOK, `{"subscriptions":[{"attemptId":"1","taskId":"2","fullName":null,"topic":"t","param":"k","value":"17","one":true,"since":"2026-03-08T12:00:00.000001Z"}],"next":"c1"}`),
		answer(http.StatusOK, `{"subscriptions":[{"attemptId":"3"}],"next":"c2"}`),
		answer(http.StatusOK, `{"messages":[`+message+`"expiresAt":"2026-03-09T12:00:00.000001Z"}],"next":null}`),
		answer(http.StatusOK, `{"letters":[`+message+`"diedAt":"2026-03-09T12:00:00.000001Z","reason":"r","raw":"AP8=","attemptId":null,"taskId":null}],"next":null}`),
	)
	c := to(t, p.URL, client.Config{})
	waiting, err := c.Subscriptions(t.Context(), "7", client.KeyFilter{Topic: "t", Param: "k", Value: `"17"`}, 2)
	if err != nil || len(waiting) != 2 || !waiting[0].One || string(waiting[0].Value) != `"17"` || waiting[1].AttemptID != "3" {
		t.Errorf("%+v, %v", waiting, err)
	}
	early, err := c.Messages(t.Context(), client.KeyFilter{Topic: "t"}, 5000)
	if err != nil || len(early) != 1 || string(early[0].Body) != `{"b":1.50}` || string(early[0].Keys[0].Value) != "17" {
		t.Errorf("%+v, %v", early, err)
	}
	dead, err := c.Letters(t.Context(), client.KeyFilter{}, 3)
	if err != nil || len(dead) != 1 || string(dead[0].Raw) != "\x00\xff" || dead[0].AttemptID != "" {
		t.Errorf("%+v, %v", dead, err)
	}
	want := []string{
		"GET /api/pawl/v1/subscriptions?attempt=7&count=2&param=k&topic=t&value=%2217%22",
		"GET /api/pawl/v1/subscriptions?attempt=7&count=1&cursor=c1&param=k&topic=t&value=%2217%22",
		"GET /api/pawl/v1/messages?count=1000&topic=t",
		"GET /api/pawl/v1/letters?count=3",
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestLettersAreSentAgainAndDropped(t *testing.T) {
	t.Parallel()
	p := newPeer(t,
		answer(http.StatusOK, `{"letters":[{"id":"3","outcome":"taken","tasks":1},{"id":"4","outcome":"missing","tasks":0}]}`),
		answer(http.StatusOK, `{"dropped":["3","4"]}`))
	c := to(t, p.URL, client.Config{})
	done, err := c.ResendLetters(t.Context(), []client.ID{"3", "4"}, "")
	want := []client.Resent{{ID: "3", Delivered: client.Delivered{Outcome: "taken", Tasks: 1}}, {ID: "4", Delivered: client.Delivered{Outcome: "missing"}}}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := c.DropLetters(t.Context(), []client.ID{"3", "4"}); err != nil {
		t.Error(err)
	}
	asked := []string{`POST /api/pawl/v1/letters/resend application/json {"ids":["3","4"]}`, `DELETE /api/pawl/v1/letters?id=3&id=4`}
	if diff := cmp.Diff(asked, p.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsAreListedAndDropped(t *testing.T) {
	t.Parallel()
	p := newPeer(t,
		answer(http.StatusOK, `{"records":[{"id":"3","topic":"t","key":null,"value":[1],"headers":{},"attemptId":"1","taskId":"2","try":1,"storedAt":"2026-03-09T12:00:00.000001Z"}],"next":null}`),
		answer(http.StatusOK, `{"dropped":["3"]}`))
	c := to(t, p.URL, client.Config{})
	list, err := c.Outbox(t.Context(), 5)
	if err != nil || len(list) != 1 || list[0].ID != "3" || list[0].Key != "" || string(list[0].Value) != "[1]" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := c.DropRecords(t.Context(), []client.ID{"3"}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"GET /api/pawl/v1/outbox?count=5", "DELETE /api/pawl/v1/outbox?id=3"}, p.requests()); diff != "" {
		t.Error(diff)
	}
}
