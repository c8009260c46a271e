package tftp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of packets.
const (
	readRequest       = 1
	dataPacket        = 3
	acknowledgement   = 4
	errorPacket       = 5
	optionsPacket     = 6 // OACK
	headerLength      = 4 // of all but requests and options
	maxRequest        = 512
	blockSizeOption   = "blksize"
	defaultBlockSize  = 512
	smallestBlockSize = 8
)

// A packet is one that servers send: data, an error or options.
type packet struct {
	kind    uint16
	number  uint16 // of the block, or of the error
	data    []byte
	text    string      // of the error
	options [][2]string // names and values
}

var errMalformed = errors.New("not a packet that TFTP servers send to clients")

// parse parses a packet. Its data is that of b.
func parse(b []byte) (p packet, err error) {
	if len(b) < 2 {
		return packet{}, errMalformed
	}
	p.kind = binary.BigEndian.Uint16(b)
	switch p.kind {
	case dataPacket, errorPacket:
		if len(b) < headerLength {
			return packet{}, errMalformed
		}
		p.number, p.data = binary.BigEndian.Uint16(b[2:]), b[headerLength:]
		if p.kind == errorPacket {
			text, _, _ := bytes.Cut(p.data, []byte{0}) // some servers don't end it
			p.text, p.data = string(text), nil
		}
	case optionsPacket:
		texts := strings.Split(string(b[2:]), "\x00")
		if len(texts)%2 == 0 || texts[len(texts)-1] != "" {
			return packet{}, errMalformed
		}
		for ; len(texts) > 1; texts = texts[2:] {
			p.options = append(p.options, [2]string{texts[0], texts[1]})
		}
	default:
		return packet{}, errMalformed
	}
	return p, nil
}

// request returns the request of a file. If blockSize is 0, it has no options.
func request(name string, blockSize int) ([]byte, error) {
	switch {
	case name == "":
		return nil, errors.New("a URL without the name of a file")
	case strings.Contains(name, "\x00"):
		return nil, errors.New("a file name with a NUL, which ends names in TFTP")
	}
	b := binary.BigEndian.AppendUint16(nil, readRequest)
	b = append(b, name+"\x00octet\x00"...)
	if blockSize > 0 {
		b = append(b, blockSizeOption+"\x00"+strconv.Itoa(blockSize)+"\x00"...)
	}
	if len(b) > maxRequest {
		return nil, fmt.Errorf("a file name of %d bytes: a request of TFTP has at most %d", len(name), maxRequest)
	}
	return b, nil
}

// acknowledge returns an acknowledgement of a block.
func acknowledge(block uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{0, acknowledgement}, block)
}

// refuse returns a packet that ends the transfer at the server.
func refuse(code Code, text string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0, errorPacket}, uint16(code)), text+"\x00"...)
}
