package parts_test

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/parts"
)

func TestPortsAreGivenOnce(t *testing.T) {
	t.Parallel()
	var given sync.Map
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			port, err := parts.Port()
			if err != nil {
				t.Error(err)
				return
			}
			if _, again := given.LoadOrStore(port, true); again {
				t.Errorf("%d was given twice", port)
			}
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Error(err)
				return
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
