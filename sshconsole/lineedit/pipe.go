package lineedit

import (
	"bufio"
	"io"
	"strings"
)

// A Pipe reads lines that end in LF or CRLF. A last line without an end is read only
// while the client is connected; otherwise it may be half a line.
type Pipe struct {
	r         *bufio.Reader
	connected func() bool
}

// NewPipe returns a Pipe that reads from r. connected reports whether the client is
// still connected.
func NewPipe(r io.Reader, connected func() bool) *Pipe {
	return &Pipe{bufio.NewReaderSize(r, MaxLine+2), connected}
}

// Rest returns the rest of the input as it is, for what isn't lines of text, or not
// only. After that ReadLine can't be used.
func (p *Pipe) Rest() io.Reader { return p.r }

// ReadLine returns the next line without its end, or io.EOF; it shows no prompt.
// It skips a line that is too long and returns an [*Error] for it.
func (p *Pipe) ReadLine(string) (string, error) {
	text, err := p.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = p.r.ReadSlice('\n')
		}
		return "", errTooLong
	}
	if err != nil && (len(text) == 0 || !p.connected()) {
		return "", err
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	return line, Check(line)
}
