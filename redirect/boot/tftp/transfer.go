package tftp

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// A transfer is what the client knows of a file that it receives. It has no socket and
// no clock.
type transfer struct {
	requested int    // the block size in the request, or 0
	blockSize int    // or 0 before the server's first packet
	last      uint16 // the block that was received last; after 65535 comes 0
	done      bool
}

var (
	errOptions = errors.New("the TFTP server set options that were not requested")
	errTooLong = errors.New("the TFTP server sent a block that is longer than agreed")
)

// take takes a packet of the server. It returns what is new in it and the packet to send
// now. For a packet that changes nothing, because it came twice or too early, it returns
// no reply: if each of these were acknowledged again, servers that answer each
// acknowledgement would send all further blocks twice (RFC 1123, section 4.2.3.1). With
// an error, the reply ends the transfer at the server.
func (t *transfer) take(p packet) (data, reply []byte, err error) {
	switch p.kind {
	case errorPacket:
		return nil, nil, &Error{Code(p.number), p.text}
	case optionsPacket:
		if t.blockSize != 0 {
			return nil, nil, nil
		}
		if t.blockSize = t.agreed(p.options); t.blockSize == 0 {
			return nil, refuse(OptionRefused, "not requested"), errOptions
		}
		return nil, acknowledge(0), nil
	case dataPacket:
		if p.number != t.last+1 {
			return nil, nil, nil
		}
		t.blockSize = cmp.Or(t.blockSize, defaultBlockSize)
		if len(p.data) > t.blockSize {
			return nil, refuse(IllegalOperation, "block too long"), errTooLong
		}
		t.last++
		t.done = len(p.data) < t.blockSize
		return p.data, acknowledge(t.last), nil
	}
	return nil, nil, nil
}

// agreed returns the block size in options, or 0 if they are not what was requested.
func (t *transfer) agreed(options [][2]string) int {
	if len(options) != 1 || !strings.EqualFold(options[0][0], blockSizeOption) {
		return 0
	}
	n, err := strconv.Atoi(options[0][1])
	if err != nil || n < smallestBlockSize || n > t.requested {
		return 0
	}
	return n
}
