// Command orders serves the orders of a shop; here it serves itself until it has used the wanted CPU time.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"shop.example/orders/api"
	"shop.example/orders/catalog"
	"shop.example/orders/pricing"
	"shop.example/orders/report"
	"shop.example/orders/store"
)

func main() {
	seconds := flag.Float64("cpu-seconds", 6, "CPU time to use")
	profile := flag.String("profile", "", "file for a pprof profile")
	lines := flag.Int("lines", 40, "lines of an order")
	reports := flag.Int("reports", 4, "orders between two reports")
	workers := flag.Int("workers", 2, "requests at once")
	flag.Parse()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			panic(err)
		}
		_ = pprof.StartCPUProfile(file)
		defer pprof.StopCPUProfile()
	}
	items := catalog.New(3000)
	orders := store.New()
	server := api.NewServer(items, pricing.NewEngine(60), orders, report.NewWriter())
	var group sync.WaitGroup
	for worker := 0; worker < *workers; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			serve(server, worker, *lines, *reports, *seconds)
		}()
	}
	group.Wait()
	fmt.Fprintln(os.Stderr, "orders:", orders.Count())
}

func serve(server *api.Server, worker, lines, reports int, seconds float64) {
	for number := worker; usedSeconds() < seconds; number += 2 {
		server.PlaceOrder(api.NewRequest(number, lines))
		if number%reports == 0 {
			server.DailyReport(number)
		}
	}
}

func usedSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
