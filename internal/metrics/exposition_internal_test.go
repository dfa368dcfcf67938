package metrics

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/store"
)

func asked(h http.Handler) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Header().Get("Content-Type") + "\n" + w.Body.String()
}

func TestMetricsAreWrittenAsTheLibraryOfPrometheusDoes(t *testing.T) {
	t.Parallel()
	const odd = "a \"b\" \\c\nd é"
	bounds := []float64{.0001, .5, 1, 3600}
	values := []float64{0, .0001, .00011, .5, 7, 1e9, -1}
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pawl_a_total", Help: "Some."}, []string{"code", "route"})
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "pawl_b", Help: "More."})
	bare := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "pawl_c_seconds", Help: "Times.", Buckets: bounds})
	labelled := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "pawl_d_seconds", Help: "More.", Buckets: bounds}, []string{"route"})
	nothing := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pawl_e_total", Help: "None."}, []string{"code"})
	registry.MustRegister(counter, gauge, bare, labelled, nothing)
	m := &Metrics{clock: clock.System{}}
	ourCounter, ourGauge := m.counters("a_total", "Some.", "code", "route"), m.gauge("b", "More.")
	ourBare, ourLabelled := m.histogram("c_seconds", "Times.", bounds), m.histograms("d_seconds", "More.", bounds, "route")
	m.counters("e_total", "None.", "code")
	for _, labels := range [][]string{{"200", odd}, {"100", ""}} {
		counter.WithLabelValues(labels...).Add(1_234_567_890)
		ourCounter.with(labels...).Add(1_234_567_890)
	}
	gauge.Set(-3)
	ourGauge.Add(-3)
	for _, v := range values {
		bare.Observe(v)
		ourBare.observe(v)
		labelled.WithLabelValues(odd).Observe(v)
		ourLabelled.with(odd).observe(v)
	}
	want, _, _ := strings.Cut(asked(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})), "; escaping")
	_, lines, _ := strings.Cut(asked(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})), "\n")
	if diff := cmp.Diff(want+"\n"+lines, asked(m.Handler())); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsLostThatManyCountAtOnce(t *testing.T) {
	t.Parallel()
	m := new(Metrics)
	counters, times := m.counters("a_total", "Some.", "code"), m.histogram("b_seconds", "More.", []float64{1})
	const goroutines, each, codes = 8, 200_000, 20_000
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for i := range each {
				if i < codes {
					counters.with(strconv.Itoa(i)).Add(1)
				}
				times.observe(1)
			}
		})
	}
	for range 10 {
		asked(m.Handler()) // somebody looks meanwhile
	}
	all.Wait()
	text := asked(m.Handler())
	for _, line := range []string{"pawl_b_seconds_sum 1.6e+06", "pawl_b_seconds_count 1.6e+06"} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	for i := range codes {
		if got := counters.with(strconv.Itoa(i)).Load(); got != goroutines {
			t.Fatalf("%d was counted %d times", i, got)
		}
	}
}

// kinds returns the kind of each metric of an answer.
func kinds(text string) map[string]string {
	all := make(map[string]string)
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
			all[name] = kind
		}
	}
	return all
}

func TestProgramsAreShownUnderTheNamesThatOthersHave(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	got := kinds(asked(New("", clock.System{}).Handler()))
	for name, kind := range kinds(asked(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))) {
		switch name {
		case "go_gc_gogc_percent": // has no other reader than a package that all commands would have to initialise
		case "process_network_receive_bytes_total", "process_network_transmit_bytes_total": // are those of the machine
		default:
			if got[name] != kind && (runtime.GOOS == "linux" || strings.HasPrefix(name, "go_")) {
				t.Errorf("%s is %q, not %q", name, got[name], kind)
			}
		}
	}
}

func TestPrometheusReadsAllMetrics(t *testing.T) {
	t.Parallel()
	m := New("1.2.3", clock.System{})
	m.Watch(func(context.Context) (Load, error) { return Load{}, nil })
	m.Try("sh")
	m.Feeds().Delivered("orders", store.Taken, 1)
	m.WatchLag(func(context.Context) ([]feed.Lag, error) { return []feed.Lag{{Topic: "orders"}}, nil })
	m.Request("/", http.MethodGet, http.StatusOK, math.MaxInt64)
	_, text, _ := strings.Cut(asked(m.Handler()), "\n")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
