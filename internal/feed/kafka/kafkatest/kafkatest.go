// Package kafkatest gives tests and benchmarks a real Apache Kafka: the one that
// the environment names, or brokers of their own, which live no longer than
// their process. It knows nothing of what tests do with it.
package kafkatest

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/parts"
)

// Variable names an environment variable with the addresses of brokers, joined
// by commas, where tests may make topics.
const Variable = "PAWL_TEST_KAFKA"

var shared = sync.OnceValues(func() (*Cluster, error) { return Start(1) })

// Brokers returns the addresses of a Kafka that the tests of this process share.
// Where there is none and none can be started, the test is skipped, unless all
// that is needed must be there.
func Brokers(t testing.TB) []string {
	t.Helper()
	if addresses := os.Getenv(Variable); addresses != "" {
		return strings.Split(addresses, ",")
	}
	cluster, err := shared()
	giveUp(t, err)
	return cluster.Addresses()
}

// Shared returns the Kafka that Brokers does, if it is not somebody else's.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv(Variable) != "" {
		t.Skip("the Kafka of " + Variable + " may have other users")
	}
	cluster, err := shared()
	giveUp(t, err)
	return cluster
}

// Own starts brokers that only this test uses, and ends them when it does.
func Own(t testing.TB, brokers int) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("brokers of its own take seconds")
	}
	cluster, err := Start(brokers)
	giveUp(t, err)
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func giveUp(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrMissing):
		parts.Missing(t, err)
	case err != nil:
		t.Fatal(err)
	}
}

var topics atomic.Int64

// Topic makes a topic that no other test uses, with so many partitions, on as
// many brokers as there are up to three. It is removed when the test ends.
func Topic(t testing.TB, addresses []string, partitions int32) string {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...))
	if err != nil {
		t.Fatal(err)
	}
	admin := kadm.NewClient(client)
	name := "t" + strconv.FormatInt(time.Now().UnixMicro()%1_000_000_000, 36) + "." + strconv.FormatInt(topics.Add(1), 36)
	if _, err := admin.CreateTopic(t.Context(), partitions, int16(min(len(addresses), 3)), nil, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer admin.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_, _ = admin.DeleteTopic(ctx, name) // the broker may be gone by now
	})
	return name
}
