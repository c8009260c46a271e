package rds

import (
	"bufio"
	"bytes"
	"io"
)

// An ampersandReader writes each '&' of text and attributes that starts no
// reference as "&amp;", because some tools, such as NGCP, send URLs unescaped.
// Well-formed XML passes unchanged. So does every reference, whether it is known or
// not: the decoder refuses the unknown ones. Its own lax mode would accept them, and
// unclosed elements too.
//
// It reads bytes, which in every supported charset are those of ASCII.
type ampersandReader struct {
	in      *bufio.Reader
	pending string // to be returned before more is read
	// end is the end of the comment, CDATA section or processing instruction that is
	// being copied, or "" outside.
	end     string
	matched int  // bytes of end
	copying bool // the rest, after a declaration that is refused
}

func newAmpersandReader(r io.Reader) *ampersandReader {
	return &ampersandReader{in: bufio.NewReader(r)}
}

func (r *ampersandReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if r.pending != "" {
			copied := copy(p[n:], r.pending)
			r.pending, n = r.pending[copied:], n+copied
			continue
		}
		if n > 0 && r.in.Buffered() == 0 { // don't wait for more
			return n, nil
		}
		c, err := r.in.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = c
		n++
		switch {
		case r.copying:
		case r.end != "":
			r.match(c)
		case c == '<':
			r.open()
		case c == '&' && !r.reference():
			r.pending = "amp;"
		}
	}
	return n, nil
}

// open finds out what the '<' that was just read starts.
func (r *ampersandReader) open() {
	next := func(prefix string) bool {
		b, _ := r.in.Peek(len(prefix)) // shorter at the end of the input
		if string(b) != prefix {
			return false
		}
		_, _ = r.in.Discard(len(prefix))
		r.pending = prefix
		return true
	}
	switch {
	case next("?"):
		r.end = "?>"
	case next("!--"):
		r.end = "-->"
	case next("![CDATA["):
		r.end = "]]>"
	case next("!"):
		r.copying = true
	}
}

// match notes whether c continues or completes end. A prefix of end is one
// character repeated, so that "]]]>" ends with "]]>".
func (r *ampersandReader) match(c byte) {
	switch {
	case c == r.end[r.matched]:
		r.matched++
	case r.matched > 0 && c == r.end[0]: // r.matched of them still come right before
	default:
		r.matched = 0
	}
	if r.matched == len(r.end) {
		r.end, r.matched = "", 0
	}
}

// reference reports whether the '&' that was just read starts a reference, as far
// as the buffer reaches. A longer one, such as of a number with thousands of zeros,
// is left to the decoder.
func (r *ampersandReader) reference() bool {
	for n := 1; ; n++ {
		b, err := r.in.Peek(n)
		switch {
		case err == bufio.ErrBufferFull:
			return true
		case err != nil:
			return false
		case b[n-1] == ';':
			return isReference(b[:n-1])
		case !isNameByte(b[n-1]) && !(n == 1 && b[0] == '#'):
			return false
		}
	}
}

// isReference reports whether s can be between '&' and ';': a name, or '#' and a
// decimal or hexadecimal number.
func isReference(s []byte) bool {
	number, isNumber := bytes.CutPrefix(s, []byte("#"))
	if !isNumber {
		return len(s) > 0 && isNameByte(s[0]) && bytes.IndexByte([]byte("-.0123456789"), s[0]) < 0
	}
	digits, isHex := bytes.CutPrefix(number, []byte("x"))
	for _, c := range digits {
		if !('0' <= c && c <= '9' || isHex && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F')) {
			return false
		}
	}
	return len(digits) > 0
}

// isNameByte reports whether a name can contain c. Bytes outside ASCII are parts of
// letters, or of characters that the decoder refuses.
func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == ':' || c == '.' || c == '-' || c >= 0x80
}
