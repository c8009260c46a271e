package phonelist

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Lines reads the lines of a list in any encoding that spreadsheets write: UTF-8 or
// UTF-16 if a byte order mark says so, and otherwise UTF-8 or, in lines that are not,
// Windows-1252.
type Lines struct {
	r     *bufio.Reader
	begun bool
}

// NewLines returns Lines that reads from r.
func NewLines(r io.Reader) *Lines { return &Lines{r: bufio.NewReaderSize(r, MaxRecord+len("\r\n"))} }

// Next returns the next line without its end, which is LF or CRLF. whole is false for
// a last line without an end. The error is an [*Error] for a line that is too long,
// after which the next one can be read, or the reader's, such as io.EOF.
func (l *Lines) Next() (line string, whole bool, err error) {
	if !l.begun {
		l.begin()
	}
	text, err := l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = l.r.ReadSlice('\n')
		}
		return "", err == nil, formError("it is longer than %d bytes.", MaxRecord)
	}
	if err != nil && (err != io.EOF || len(text) == 0) {
		return "", false, err
	}
	whole = err == nil
	line = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if !utf8.ValidString(line) {
		if line, err = charmap.Windows1252.NewDecoder().String(line); err != nil {
			return "", whole, formError("it is neither UTF-8 nor Windows-1252.")
		}
	}
	return line, whole, nil
}

// begin looks at the first bytes. If they can't be read, neither can the line.
func (l *Lines) begin() {
	l.begun = true
	const mark = "\uFEFF"
	if first, _ := l.r.Peek(len(mark)); string(first) == mark {
		_, _ = l.r.Discard(len(mark))
		return
	}
	switch first, _ := l.r.Peek(2); string(first) {
	case "\xFF\xFE", "\xFE\xFF":
		decoder := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		l.r = bufio.NewReaderSize(decoder.Reader(l.r), MaxRecord+len("\r\n"))
	}
}
