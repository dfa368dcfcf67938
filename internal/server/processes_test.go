package server_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

func TestProcessesAreTold(t *testing.T) {
	t.Parallel()
	var cfg server.Config
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { cfg = *c })
	if got, want := w.ask(http.StatusOK, "GET", "/api/pawl/v1/processes", ""), `{"processes":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h := pulse.New(cfg.Clock, pulse.Process{Name: "server one", Kind: "server", Host: "box", PID: 7, Version: "9"})
	h.Loop("scheduler", time.Minute).Turn(errors.New("no room"))
	h.Loop("upkeep", time.Minute)
	if err := h.Beat(t.Context(), cfg.Store); err != nil {
		t.Fatal(err)
	}
	const at = `"2026-03-08T12:00:00.000000Z"`
	want := `{"processes":[{"name":"server one","kind":"server","host":"box","pid":7,"version":"9","startedAt":` + at + `,"seenAt":` + at + `,"state":"live","loops":[` +
		`{"name":"scheduler","state":"live","turnedAt":` + at + `,"failing":true,"errors":[{"at":` + at + `,"times":1,"message":"no room"}]},` +
		`{"name":"upkeep","state":"live","turnedAt":null,"failing":false,"errors":[]}]}]}`
	if got := w.ask(http.StatusOK, "GET", "/api/pawl/v1/processes", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
