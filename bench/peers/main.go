// Command peers runs engines that pawl is measured beside and that are too
// large for its own module: so far a Temporal server, with its worker and
// client, in one process.
//
// It prints "ready" and then answers each line on standard input,
//
//	STEPS IN-FLIGHT WORKFLOWS
//
// by running so many workflows of so many no-op activities in a row, with a
// line of the seconds that all took and the milliseconds of the median one
// and of the 99th of 100:
//
//	SECONDS P50 P99
//
// It ends with its standard input.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run() error {
	var cfg serverConfig
	flag.BoolVar(&cfg.lifted, "lifted", false, "lift the limits of the rate at which queues are polled")
	flag.Parse()
	server, err := startServer(cfg)
	if err != nil {
		return err
	}
	defer server.stop()
	w, err := startWorker(server.address)
	if err != nil {
		return err
	}
	defer w.stop()
	if _, err := measure(w, 1, 1, 1); err != nil { // the first one waits for caches
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var steps, inFlight, workflows int
		if _, err := fmt.Sscan(lines.Text(), &steps, &inFlight, &workflows); err != nil {
			return fmt.Errorf("%q: %w", lines.Text(), err)
		}
		answer, err := measure(w, steps, inFlight, workflows)
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
	return nil
}

// measure runs workflows and returns the line that says how long they took.
func measure(w *worker, steps, inFlight, workflows int) (string, error) {
	took := make([]time.Duration, workflows)
	next := make(chan int, workflows)
	for i := range workflows {
		next <- i
	}
	close(next)
	group, ctx := errgroup.WithContext(context.Background())
	began := time.Now()
	for range inFlight {
		group.Go(func() error {
			for i := range next {
				start := time.Now()
				if err := w.run(ctx, steps); err != nil {
					return err
				}
				took[i] = time.Since(start)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	all := time.Since(began)
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.6f %.3f %.3f", all.Seconds(), ms(took[workflows/2]), ms(took[workflows*99/100])), nil
}
