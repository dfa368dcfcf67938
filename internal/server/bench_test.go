package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

// BenchmarkRequests measures requests over a store in memory, without a
// network.
func BenchmarkRequests(b *testing.B) {
	w := newWorld(b, openMemory, func(_ *server.Config, c *service.Config) { c.Limits = service.Limits{} })
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n+b:\n  echo>: 2\n")
	day := noon
	start := func() {
		day = day.Add(time.Hour)
		w.start(day.Format(time.RFC3339))
	}
	for range 1000 {
		start()
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			start()
		}
	})
	for _, path := range []string{"/api/attempts/1", "/api/attempts/1/tasks", "/api/attempts?page_size=100", "/api/version"} {
		b.Run(fmt.Sprintf("get %s", path), func(b *testing.B) {
			for b.Loop() {
				w.ask(200, "GET", path, "")
			}
		})
	}
}
