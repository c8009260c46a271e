package sshconsole

import (
	"bufio"
	"io"
	"strings"
)

// A pipe reads lines where there is no terminal: ended by LF or CRLF, the last
// one by the end of the input, if the caller is still there: else it may be half
// a line.
type pipe struct {
	r         *bufio.Reader
	connected func() bool
}

func newPipe(r io.Reader, connected func() bool) *pipe {
	return &pipe{bufio.NewReaderSize(r, maxLine+2), connected}
}

// ReadLine implements lineReader; there is nobody to prompt. A line that is too
// long is read past and refused.
func (p *pipe) ReadLine(string) (string, error) {
	text, err := p.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = p.r.ReadSlice('\n')
		}
		return "", errLineTooLong
	}
	if err != nil && (len(text) == 0 || !p.connected()) {
		return "", err
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	return line, checkLine(line)
}
