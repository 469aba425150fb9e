package main

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// store is what the service holds on to: what its commands let grow and shrink.
type store struct {
	mu     sync.Mutex
	blocks [][]byte
	stop   chan struct{} // closed by free, which ends every leak
}

func newStore() *store { return &store{stop: make(chan struct{})} }

// fill makes a block whose pages are really there, so that the resident set grows as well.
func fill(bytes int) []byte {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1
	}
	return block
}

func (s *store) hold(block []byte) {
	s.mu.Lock()
	s.blocks = append(s.blocks, block)
	s.mu.Unlock()
}

// leak grows by rate bytes a second, for ever where long is 0.
func (s *store) leak(rate int, long time.Duration) {
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var end <-chan time.Time
	if long > 0 {
		end = time.After(long)
	}
	for {
		select {
		case <-tick.C:
			s.hold(fill(rate / 20))
		case <-end:
			return
		case <-stop:
			return
		}
	}
}

func (s *store) burst(bytes int, long time.Duration) {
	block := fill(bytes)
	time.Sleep(long)
	runtime.KeepAlive(block)
}

func (s *store) free() {
	s.mu.Lock()
	close(s.stop)
	s.stop = make(chan struct{})
	s.blocks = nil
	s.mu.Unlock()
	runtime.GC()
}
