package runnerplugin_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/runnerplugin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// only is a launcher whose programs end at once.
type only struct {
	runnerplugin.Launcher
	orders []runnerplugin.Order
	closed bool
}

func (o *only) Launch(_ context.Context, order runnerplugin.Order) error {
	if order.Queue != "" {
		return runnerplugin.Errorf(runnerplugin.Invalid, "there is no queue %s", order.Queue)
	}
	o.orders = append(o.orders, order)
	return nil
}

func (o *only) List(_ context.Context, prefix string) (list []runnerplugin.Status, err error) {
	for _, of := range o.orders {
		if strings.HasPrefix(of.Name, prefix) {
			list = append(list, runnerplugin.Status{Name: of.Name, State: runnerplugin.Exited, Code: 6, Reason: "no database"})
		}
	}
	return list, nil
}

func (o *only) Forget(context.Context, string) error { return nil }

func (o *only) Close() error {
	o.closed = true
	return nil
}

// The example of the reference is a conversation that takes place.
func TestExampleOfTheReference(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/reference/runner-plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "## Example")
	_, example, _ = strings.Cut(example, "```\n")
	example, _, _ = strings.Cut(example, "```")
	of := &only{}
	in, to := io.Pipe()
	from, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := runnerplugin.Serve(in, out, "pawl-runner-test 1.0", func(_ context.Context, s runnerplugin.Settings) (runnerplugin.Launcher, error) {
			return of, s.Check("zone")
		})
		out.Close()
		ended <- err
	}()
	lines, heard := 0, bufio.NewReader(from)
	for line := range strings.Lines(example) {
		if text := line[2:]; line[0] == '>' {
			if _, err := io.WriteString(to, text); err != nil {
				t.Fatal(err)
			}
		} else if got, err := heard.ReadString('\n'); got != text {
			t.Fatalf("it says %q, want %q, error %v", got, text, err)
		}
		lines++
	}
	to.Close()
	if err := <-ended; err != nil || lines != 10 || !of.closed {
		t.Errorf("%d lines, error %v, closed %v", lines, err, of.closed)
	}
	if o := of.orders[0]; string(o.Input) != "{}" || o.Resources.CPU != 500 || len(o.Command) != 3 {
		t.Errorf("it was ordered %+v", o)
	}
}
