package server_test

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// BenchmarkRequests measures requests without a network.
func BenchmarkRequests(b *testing.B) {
	for name, open := range stores {
		b.Run(name, func(b *testing.B) { benchmarkRequests(b, open) })
	}
}

func benchmarkRequests(b *testing.B, open func(testing.TB) store.Store) {
	w := newWorld(b, open, func(_ *server.Config, c *service.Config) { c.Limits = service.Limits{} })
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
	for name, path := range map[string]string{
		"attempt": "/api/attempts/1", "tasks": "/api/attempts/1/tasks", "version": "/api/version",
		"attempts": "/api/attempts?page_size=50", "sessions": "/api/sessions?page_size=50",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.ask(200, "GET", path, "")
			}
		})
	}
}
