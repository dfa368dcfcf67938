package parts

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports that Port gives are below those that systems give to connections, so that none
// of these takes one before its server has it, or while that is started again.
const firstPort, ports = 10_000, 20_000

// taken keeps the ports that were given: who has one of TCP holds that of UDP, too,
// which no server of tests wants, and which tells other processes.
var taken struct {
	sync.Mutex
	marks []net.PacketConn
}

// Port returns a port of this machine for a server that tests start. Nobody listens on
// it, and as long as this process lives Port gives it to nobody else.
func Port() (int, error) {
	var errs []error
	for range 100 {
		port := firstPort + rand.IntN(ports)
		address := fmt.Sprintf("127.0.0.1:%d", port)
		mark, err := net.ListenPacket("udp", address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l, err := net.Listen("tcp", address)
		if err == nil {
			err = l.Close()
		}
		if err != nil {
			errs = append(errs, err, mark.Close())
			continue
		}
		taken.Lock()
		taken.marks = append(taken.marks, mark)
		taken.Unlock()
		return port, nil
	}
	return 0, fmt.Errorf("no port is free: %w", errors.Join(errs...))
}
