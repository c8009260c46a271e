// Package tftptest serves files over TFTP to tests.
package tftptest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A Server is a TFTP server at a free port of the loopback address. It has no timers: as
// the servers for which RFC 1123 warns of repeated acknowledgements, it answers each
// acknowledgement with the next block.
type Server struct {
	Files     map[string]string // by name
	Code      uint16            // if not 0, the error in place of all files
	NoOptions bool              // the server knows no options
	// Mangle returns the packets that are sent to a client in place of the n-th, from 0.
	// If nil, that packet is. It is not called concurrently.
	Mangle func(client netip.AddrPort, n int, packet []byte) [][]byte

	Addr string // the host and the port

	mu       sync.Mutex
	received []string
	sockets  []*net.UDPConn // of transfers
	ended    bool
}

// Start starts the server until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = socket.LocalAddr().String()
	var transfers sync.WaitGroup
	t.Cleanup(func() {
		socket.Close()
		s.end()
		transfers.Wait()
	})
	transfers.Go(func() {
		buffer := make([]byte, 600)
		for {
			n, client, err := socket.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			own, err := s.listen()
			if err != nil {
				return
			}
			request := string(buffer[:n])
			transfers.Go(func() { s.serve(own, client, request) })
		}
	})
	return s
}

// listen returns a socket for a transfer.
func (s *Server) listen() (*net.UDPConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, net.ErrClosed
	}
	own, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err == nil {
		s.sockets = append(s.sockets, own)
	}
	return own, err
}

// end ends all transfers.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, own := range s.sockets {
		own.Close()
	}
}

// Received returns what clients have sent: "RRQ" and its texts, "ACK" and the block, or
// "ERROR" and the code.
func (s *Server) Received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.received...)
}

func (s *Server) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, text)
}

// serve serves one transfer.
func (s *Server) serve(own *net.UDPConn, client netip.AddrPort, request string) {
	texts := strings.Split(strings.TrimSuffix(request[2:], "\x00"), "\x00")
	s.note("RRQ " + strings.Join(texts, " "))
	file, ok := s.Files[texts[0]]
	size, sent := 512, 0
	send := func(packet []byte) {
		packets := [][]byte{packet}
		if s.Mangle != nil {
			s.mu.Lock()
			packets = s.Mangle(client, sent, packet)
			s.mu.Unlock()
		}
		for _, p := range packets {
			_, _ = own.WriteToUDPAddrPort(p, client)
		}
		sent++
	}
	switch {
	case s.Code != 0:
		send(Error(s.Code, "\x1b secret"))
		return
	case !ok:
		send(Error(1, "\x1b secret"))
		return
	case len(texts) == 4 && !s.NoOptions:
		size, _ = strconv.Atoi(texts[3])
		send([]byte("\x00\x06blksize\x00" + texts[3] + "\x00"))
	default:
		send(block(file, size, 0))
	}
	buffer := make([]byte, 600)
	for {
		n, err := own.Read(buffer)
		if err != nil || n < 4 {
			return
		}
		number := binary.BigEndian.Uint16(buffer[2:])
		if buffer[1] == 5 {
			s.note("ERROR " + strconv.Itoa(int(number)))
			return
		}
		s.note("ACK " + strconv.Itoa(int(number)))
		if int(number)*size <= len(file) {
			send(block(file, size, int(number)))
		}
	}
}

// block returns a block of a file, counted from 0.
func block(file string, size, n int) []byte {
	return Data(uint16(n+1), file[n*size:min(len(file), n*size+size)])
}

// Data returns a block.
func Data(number uint16, content string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0, 3}, number), content...)
}

// Error returns an error.
func Error(code uint16, text string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0, 5}, code), text+"\x00"...)
}
