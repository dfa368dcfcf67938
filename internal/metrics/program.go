package metrics

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// ofProgram shows what is known of every Go program, under the names that
// those have.
func (m *Metrics) ofProgram(version string) {
	build := &family[*number]{
		head:   head{prefix + "build_info", "The program that runs; always 1.", "gauge"},
		labels: []string{"goversion", "version"}, empty: func() *number { return new(number) },
	}
	build.with(runtime.Version(), version).Add(1)
	began := float64(m.clock.Now().UnixMilli()) / 1000
	m.show(func(_ context.Context, dst []byte) []byte {
		dst = appendMemory(appendRuntime(build.appendTo(dst)))
		dst = head{"process_start_time_seconds", "When the process began, in seconds since 1970.", "gauge"}.alone(dst, began)
		return appendProcess(dst)
	})
}

func appendRuntime(dst []byte) []byte {
	threads, _ := runtime.ThreadCreateProfile(nil)
	for _, of := range [...]struct {
		head
		value int64
	}{
		{head{"go_goroutines", "Goroutines that exist.", "gauge"}, int64(runtime.NumGoroutine())},
		{head{"go_threads", "Threads that were made.", "gauge"}, int64(threads)},
		{head{"go_sched_gomaxprocs_threads", "Threads that run Go code at a time.", "gauge"}, int64(runtime.GOMAXPROCS(0))},
		{head{"go_gc_gomemlimit_bytes", "The limit for memory, as GOMEMLIMIT.", "gauge"}, debug.SetMemoryLimit(-1)},
	} {
		dst = of.alone(dst, float64(of.value))
	}
	info := head{"go_info", "The version of Go.", "gauge"}
	dst = appendLine(info.appendTo(dst), info.name, labelled([]string{"version"}, []string{runtime.Version()}), 1)
	return appendPauses(dst)
}

// appendPauses appends how long the collector stopped the program, as a
// summary.
func appendPauses(dst []byte) []byte {
	stats := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&stats)
	h := head{"go_gc_duration_seconds", "Pauses for the collection of garbage.", "summary"}
	dst = h.appendTo(dst)
	for i, quantile := range [...]string{"0", "0.25", "0.5", "0.75", "1"} {
		dst = appendLine(dst, h.name, `quantile="`+quantile+`"`, stats.PauseQuantiles[i].Seconds())
	}
	dst = appendLine(dst, h.name+"_sum", "", stats.PauseTotal.Seconds())
	return appendLine(dst, h.name+"_count", "", float64(stats.NumGC))
}

// memory are the statistics of the runtime that are shown.
var memory = []struct {
	head
	value func(*runtime.MemStats) uint64
}{
	{head{"go_memstats_alloc_bytes", "Bytes of objects on the heap.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.Alloc }},
	{head{"go_memstats_alloc_bytes_total", "Bytes that were allocated.", "counter"}, func(s *runtime.MemStats) uint64 { return s.TotalAlloc }},
	{head{"go_memstats_mallocs_total", "Objects that were allocated.", "counter"}, func(s *runtime.MemStats) uint64 { return s.Mallocs }},
	{head{"go_memstats_frees_total", "Objects that were freed.", "counter"}, func(s *runtime.MemStats) uint64 { return s.Frees }},
	{head{"go_memstats_sys_bytes", "Bytes that are held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.Sys }},
	{head{"go_memstats_heap_alloc_bytes", "Bytes of objects on the heap.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapAlloc }},
	{head{"go_memstats_heap_sys_bytes", "Bytes of the heap that are held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapSys }},
	{head{"go_memstats_heap_idle_bytes", "Bytes of the heap that are not in use.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapIdle }},
	{head{"go_memstats_heap_inuse_bytes", "Bytes of the heap that are in use.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapInuse }},
	{head{"go_memstats_heap_released_bytes", "Bytes of the heap that were given back.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapReleased }},
	{head{"go_memstats_heap_objects", "Objects on the heap.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.HeapObjects }},
	{head{"go_memstats_stack_inuse_bytes", "Bytes of stacks that are in use.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.StackInuse }},
	{head{"go_memstats_stack_sys_bytes", "Bytes of stacks that are held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.StackSys }},
	{head{"go_memstats_mspan_inuse_bytes", "Bytes of spans that are in use.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.MSpanInuse }},
	{head{"go_memstats_mspan_sys_bytes", "Bytes of spans that are held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.MSpanSys }},
	{head{"go_memstats_mcache_inuse_bytes", "Bytes of caches that are in use.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.MCacheInuse }},
	{head{"go_memstats_mcache_sys_bytes", "Bytes of caches that are held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.MCacheSys }},
	{head{"go_memstats_buck_hash_sys_bytes", "Bytes of tables of profiles.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.BuckHashSys }},
	{head{"go_memstats_gc_sys_bytes", "Bytes that the collector holds from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.GCSys }},
	{head{"go_memstats_other_sys_bytes", "Bytes of the rest that is held from the system.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.OtherSys }},
	{head{"go_memstats_next_gc_bytes", "Bytes on the heap at which the next collection begins.", "gauge"}, func(s *runtime.MemStats) uint64 { return s.NextGC }},
}

func appendMemory(dst []byte) []byte {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	for i := range memory {
		dst = memory[i].alone(dst, float64(memory[i].value(&s)))
	}
	last := head{"go_memstats_last_gc_time_seconds", "When the last collection ended, in seconds since 1970.", "gauge"}
	return last.alone(dst, float64(s.LastGC)/1e9)
}
