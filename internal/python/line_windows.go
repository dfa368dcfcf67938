package python

import (
	"bufio"
	"context"
	"crypto/rand"
	"net"
	"os"
	"strconv"
	"time"
)

// line is how a host and the process that answers it reach each other: a port
// of this machine, on which who connects must know a word.
type line struct {
	listener *net.TCPListener
	token    string
	words    []string // what child.py is told
	file     *os.File // none
}

// connectLimit bounds how long a process may take to connect.
const connectLimit = 30 * time.Second

func openLine() (*line, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	l := &line{listener: listener, token: rand.Text()}
	l.words = []string{strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), l.token}
	return l, nil
}

func (*line) files() []*os.File { return nil }

func (*line) started() {}

// abandon closes the line where nobody will answer.
func (l *line) abandon() { _ = l.listener.Close() }

// connect waits for the process, and turns others away.
func (l *line) connect(ctx context.Context) (net.Conn, error) {
	defer l.listener.Close() //nolint:errcheck // nobody else is to connect
	stop := context.AfterFunc(ctx, func() { _ = l.listener.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := l.listener.SetDeadline(time.Now().Add(connectLimit)); err != nil {
		return nil, err
	}
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return nil, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // the read fails in its stead
		word := make([]byte, len(l.token)+1)
		if _, err := bufio.NewReaderSize(conn, len(word)).Read(word); err == nil && string(word) == l.token+"\n" {
			return conn, conn.SetReadDeadline(time.Time{})
		}
		_ = conn.Close()
	}
}
