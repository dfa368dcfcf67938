package pyfork

import "net"

// Connect returns a Template that is there already, and takes requests on a
// socket. Listen must be called, and Close when no child runs any more, upon
// which it ends.
func Connect(path string) (*Template, error) {
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		return nil, err
	}
	return &Template{conn: conn, running: make(map[int]*child)}, nil
}
