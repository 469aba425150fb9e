package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"time"
)

var started = time.Now()

func residentBytes() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * os.Getpagesize()
}

// metrics writes some of what client_golang's collectors do, under the same names.
func metrics(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintf(w, "# TYPE go_info gauge\ngo_info{version=%q} 1\n", runtime.Version())
	for _, row := range []struct {
		name, kind string
		value      float64
	}{
		{"go_goroutines", "gauge", float64(runtime.NumGoroutine())},
		{"go_memstats_alloc_bytes", "gauge", float64(m.Alloc)},
		{"go_memstats_alloc_bytes_total", "counter", float64(m.TotalAlloc)},
		{"go_memstats_heap_alloc_bytes", "gauge", float64(m.HeapAlloc)},
		{"go_memstats_heap_inuse_bytes", "gauge", float64(m.HeapInuse)},
		{"go_memstats_heap_idle_bytes", "gauge", float64(m.HeapIdle)},
		{"go_memstats_heap_released_bytes", "gauge", float64(m.HeapReleased)},
		{"go_memstats_heap_sys_bytes", "gauge", float64(m.HeapSys)},
		{"go_memstats_heap_objects", "gauge", float64(m.HeapObjects)},
		{"go_memstats_next_gc_bytes", "gauge", float64(m.NextGC)},
		{"go_memstats_sys_bytes", "gauge", float64(m.Sys)},
		{"go_memstats_last_gc_time_seconds", "gauge", float64(m.LastGC) / 1e9},
		{"process_resident_memory_bytes", "gauge", float64(residentBytes())},
		{"process_start_time_seconds", "gauge", float64(started.UnixNano()) / 1e9},
	} {
		fmt.Fprintf(w, "# TYPE %s %s\n%s %g\n", row.name, row.kind, row.name, row.value)
	}
	fmt.Fprintf(w, "# TYPE go_gc_duration_seconds summary\n"+
		"go_gc_duration_seconds_sum %g\ngo_gc_duration_seconds_count %d\n",
		float64(m.PauseTotalNs)/1e9, m.NumGC)
}
