package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fault is what goes wrong with a path until it is healed.
type fault struct {
	kind   string
	status int
}

// gate stands in front of all that is watched. It counts requests and does faults on command.
type gate struct {
	next   http.Handler
	mu     sync.Mutex
	faults map[string]fault
	healed chan struct{} // closed and replaced by heal: lets what hangs go
	Served map[string]int
	// How often a fault was met.
	Faulted map[string]int
	// Two requests at once would be too many for a poller.
	active, ActiveMax int
}

func newGate(next http.Handler) *gate {
	return &gate{next: next, faults: map[string]fault{}, healed: make(chan struct{}),
		Served: map[string]int{}, Faulted: map[string]int{}}
}

// set takes "*" for every path, and a path that ends with "/" for all below it.
func (g *gate) set(path string, f fault) {
	g.mu.Lock()
	g.faults[path] = f
	g.mu.Unlock()
}

func (g *gate) heal() {
	g.mu.Lock()
	g.faults = map[string]fault{}
	close(g.healed)
	g.healed = make(chan struct{})
	g.mu.Unlock()
}

func (g *gate) enter(path string) (fault, bool, chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	if g.active > g.ActiveMax {
		g.ActiveMax = g.active
	}
	for pattern, f := range g.faults {
		if pattern == "*" || pattern == path ||
			(strings.HasSuffix(pattern, "/") && strings.HasPrefix(path, pattern)) {
			g.Faulted[path]++
			return f, true, g.healed
		}
	}
	return fault{}, false, g.healed
}

func (g *gate) leave(path string, served bool) {
	g.mu.Lock()
	g.active--
	if served {
		g.Served[path]++
	}
	g.mu.Unlock()
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, bad, healed := g.enter(r.URL.Path)
	// Deferred, since a handler that closes half-way panics.
	defer func() { g.leave(r.URL.Path, !bad) }()
	if !bad {
		g.next.ServeHTTP(w, r)
		return
	}
	switch f.kind {
	case "hang":
		select {
		case <-healed:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case "endless":
		endless(w, healed)
	case "half":
		half(w)
	default:
		http.Error(w, "told to fail\x1b[31m", f.status)
	}
}

// endless sends JSON that never closes, as fast as the reader takes it.
func endless(w http.ResponseWriter, healed chan struct{}) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write([]byte("{\"memstats\": {\"PauseNs\": [0")); err != nil {
		return
	}
	chunk := []byte(strings.Repeat(",1", 1<<15))
	for {
		select {
		case <-healed:
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// half promises more than it sends and closes.
func half(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100000")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte("{\"memstats\": {\"Alloc\": 12"))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func (g *gate) handleStats(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = json.NewEncoder(w).Encode(g)
}

func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.FormValue(name))
	if err != nil {
		return otherwise
	}
	return n
}

func duration(r *http.Request, name string) time.Duration {
	d, _ := time.ParseDuration(r.FormValue(name))
	return d
}
