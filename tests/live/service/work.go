package main

import (
	"encoding/json"
	"os"
	"syscall"
	"time"
)

// cost is what a fixed piece of work took the process, in seconds.
type cost struct{ Wall, User, System float64 }

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// block is 16 KiB; 256 of them are a cycle of a small heap.
type block [2048]uint64

var kept *block

// work does the same arithmetic each time, a unit about a hundred microseconds of it, and
// drops as many blocks a unit as it is told: they decide how often the collector runs.
func work(units, blocks int) uint64 {
	x := uint64(1)
	for i := 0; i < units; i++ {
		for j := 0; j < 100000; j++ {
			x = x*6364136223846793005 + 1442695040888963407
		}
		for j := 0; j < blocks; j++ {
			kept = new(block)
			kept[0] = x
		}
	}
	return x
}

// report writes to path what work cost.
func report(path string, units, blocks int) error {
	start := time.Now()
	work(units, blocks)
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	text, err := json.Marshal(cost{time.Since(start).Seconds(), seconds(usage.Utime),
		seconds(usage.Stime)})
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
