// A service to watch. It serves what a Go service does (/debug/vars, /debug/pprof/, /metrics)
// and, on a second address, takes commands: it leaks, steps, bursts, dies, and lets its own
// endpoints fail.
//
// Usage: service [-listen ADDR] [-unix PATH] [-tls CERT [-clients CA]]. Prints "listening ADDR"
// and "control ADDR". With -tls it speaks TLS with a certificate made for the occasion, which
// it writes to CERT; with -clients to those alone whose certificate CA vouches for.
//
// service -work FILE [-units N] [-blocks N] serves nothing: it works, and writes what that
// cost to FILE.
package main

import (
	"crypto/tls"
	"expvar"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"sync"
)

// door is the address that is watched; closed, it refuses.
type door struct {
	mu                  sync.Mutex
	network, addr, cert string
	keys                *keys
	server              *http.Server
	handler             http.Handler
}

func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server != nil {
		return nil
	}
	listener, err := net.Listen(d.network, d.addr)
	if err != nil {
		return err
	}
	d.addr = listener.Addr().String() // the same port when it opens again
	if d.keys != nil {
		listener = tls.NewListener(listener, d.keys.config())
	}
	d.server = &http.Server{Handler: d.handler, ErrorLog: log.New(discard{}, "", 0)}
	go func(s *http.Server) { _ = s.Serve(listener) }(d.server)
	return nil
}

func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server != nil {
		_ = d.server.Close()
		d.server = nil
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func watched() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/debug/vars", expvar.Handler())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/metrics", metrics)
	return mux
}

func commands(s *store, g *gate, d *door) http.Handler {
	mux := http.NewServeMux()
	command := func(path string, do func(r *http.Request)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			do(r)
			fmt.Fprintln(w, "done")
		})
	}
	command("/leak", func(r *http.Request) { go s.leak(number(r, "rate", 1<<20), duration(r, "for")) })
	command("/step", func(r *http.Request) { s.hold(fill(number(r, "bytes", 1<<20))) })
	command("/burst", func(r *http.Request) { go s.burst(number(r, "bytes", 1<<20), duration(r, "for")) })
	command("/free", func(*http.Request) { s.free() })
	command("/gc", func(*http.Request) { runtime.GC() })
	command("/exit", func(r *http.Request) { os.Exit(number(r, "status", 0)) })
	command("/crash", func(*http.Request) { go crash() })
	for _, kind := range []string{"hang", "fail", "endless", "half"} {
		kind := kind
		command("/"+kind, func(r *http.Request) {
			g.set(r.FormValue("path"), fault{kind, number(r, "status", http.StatusInternalServerError)})
		})
	}
	command("/heal", func(*http.Request) { g.heal() })
	accept := func(*http.Request) {
		if err := d.open(); err != nil {
			log.Print(err)
		}
	}
	command("/refuse", func(*http.Request) { d.close() })
	command("/accept", accept)
	// Connections that last would not see it, so they end.
	command("/swapcert", func(r *http.Request) {
		if err := d.keys.swap(r.FormValue("path")); err != nil {
			log.Print(err)
		}
		d.close()
		accept(r)
	})
	command("/unswapcert", func(r *http.Request) {
		d.keys.restore()
		d.close()
		accept(r)
	})
	mux.HandleFunc("/stats", g.handleStats)
	return mux
}

// crash dies as Go programs do: of a panic that nobody recovers, outside of net/http.
func crash() {
	var m map[string]int
	m["told to crash"] = 1
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to be watched at")
	unix := flag.String("unix", "", "path of a socket to be watched at instead")
	cert := flag.String("tls", "", "speak TLS and write the certificate to this file")
	clients := flag.String("clients", "", "only clients whose certificate is of this one")
	file := flag.String("work", "", "work, write what it cost to this file, and end")
	units := flag.Int("units", 10000, "how much work")
	blocks := flag.Int("blocks", 0, "blocks of 16 KiB that a unit of it drops")
	flag.Parse()

	if *file != "" {
		if err := report(*file, *units, *blocks); err != nil {
			log.Fatal(err)
		}
		return
	}
	g := newGate(watched())
	d := &door{network: "tcp", addr: *listen, handler: g}
	if *unix != "" {
		d.network, d.addr = "unix", *unix
	}
	if *cert != "" {
		d.keys = &keys{}
		if err := d.keys.swap(*cert); err != nil {
			log.Fatal(err)
		}
		if err := d.keys.trust(*clients); err != nil {
			log.Fatal(err)
		}
	}
	if err := d.open(); err != nil {
		log.Fatal(err)
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", d.addr)
	fmt.Println("control", control.Addr())
	log.Fatal(http.Serve(control, commands(newStore(), g, d)))
}
