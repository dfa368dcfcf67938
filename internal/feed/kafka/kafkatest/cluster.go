package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/parts"
)

// Cluster is a Kafka with nothing in it.
type Cluster struct {
	dir     string
	brokers []*broker
}

// startWithin is how long brokers may take to answer: they share the machine
// with everything else that is tested.
const startWithin = 2 * time.Minute

// Start makes a cluster of so many brokers in a temporary folder and waits until
// it answers. It ends, and its files are gone, with Stop or with this process.
func Start(brokers int) (*Cluster, error) {
	libraries, err := libraries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pawl-kafka-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.begin(libraries, brokers); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) begin(l runtime, brokers int) error {
	ports := make([]int, 3*brokers)
	for i := range ports {
		var err error
		if ports[i], err = parts.Port(); err != nil {
			return err
		}
	}
	voters := make([]string, brokers)
	for i := range brokers {
		voters[i] = fmt.Sprintf("%d@127.0.0.1:%d", i+1, ports[3*i+1])
	}
	for i := range brokers {
		b := &broker{runtime: l, id: i + 1, port: ports[3*i], guarded: ports[3*i+2], dir: filepath.Join(c.dir, fmt.Sprint(i+1))}
		if err := b.format(ports[3*i+1], voters); err != nil {
			return err
		}
		c.brokers = append(c.brokers, b)
	}
	for _, b := range c.brokers {
		if err := b.start(); err != nil {
			return err
		}
	}
	return c.answers()
}

// Addresses returns those of the brokers, whether they run or not.
func (c *Cluster) Addresses() []string {
	list := make([]string, len(c.brokers))
	for i, b := range c.brokers {
		list[i] = b.address()
	}
	return list
}

// Guarded returns the address of the first broker where it lets in nobody but
// User with Password, by the mechanism PLAIN.
func (c *Cluster) Guarded() string { return fmt.Sprintf("127.0.0.1:%d", c.brokers[0].guarded) }

// User and Password are those of Guarded.
const (
	User     = "pawl"
	Password = "secret"
)

// Kill ends a broker at once, as a crash would; the first is 0.
func (c *Cluster) Kill(i int) error { return c.brokers[i].kill() }

// Restart starts a broker that was killed, with what it had, and waits until it
// answers.
func (c *Cluster) Restart(i int) error {
	if err := c.brokers[i].start(); err != nil {
		return err
	}
	return c.brokers[i].answers()
}

func (c *Cluster) answers() error {
	for _, b := range c.brokers {
		if err := b.answers(); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the brokers and removes their files.
func (c *Cluster) Stop() error {
	var errs []error
	for _, b := range c.brokers {
		errs = append(errs, b.kill())
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

// answers waits until the broker does.
func (b *broker) answers() error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.address()))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeoutCause(context.Background(), startWithin, fmt.Errorf("no answer within %v", startWithin))
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, 5*time.Second)
		err := client.Ping(attempt)
		done()
		if err == nil {
			return nil
		}
		select {
		case <-b.ended:
			return b.failed(errors.New("the broker ended"))
		case <-ctx.Done():
			return b.failed(context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (b *broker) failed(err error) error {
	said, _ := os.ReadFile(b.log()) // the error says enough without it
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("kafka broker %d: %w\n%s", b.id, err, strings.Join(lines[max(0, len(lines)-40):], "\n"))
}
