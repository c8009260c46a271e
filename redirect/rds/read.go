package rds

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// A methodCall is a parsed call.
type methodCall struct {
	method string
	params []value
}

// A value is a parameter or an element of an array.
type value struct {
	kind  kind
	text  string  // if kind is text, integer or decimal
	items []value // if kind is array; if structure, the name and value of each member
}

type kind uint8

const (
	other kind = iota // a type that no method takes
	text
	integer // also a boolean
	decimal // a number that can have a fraction or an exponent
	null
	array
	structure
	calls // an array of structs; only in the table of methods
)

// scalars are the types whose literal text can stand for a string. Tools that guess
// types, such as RPC::XML and Frontier, send a string of digits as one of them. Some
// are Apache's extensions.
var scalars = map[string]kind{
	"string": text, "dateTime.iso8601": text, "dateTime": text,
	"int": integer, "i1": integer, "i2": integer, "i4": integer, "i8": integer, "biginteger": integer, "boolean": integer,
	"double": decimal, "float": decimal, "bigdecimal": decimal,
}

// isScalar reports whether v has a text that can stand for a string.
func (v value) isScalar() bool { return v.kind == text || v.kind == integer || v.kind == decimal }

// Bounds on a call, in addition to its size.
const (
	// maxDepth bounds the nesting of elements. A list of MACs has 8 levels.
	maxDepth = 32
	// maxValues bounds the parameters and array elements: the longest list and a
	// few more.
	maxValues = maxList + 16
	// maxMarkup bounds a tag and the text after it, in bytes. While it is read, a
	// tag with many attributes takes twenty times its size.
	maxMarkup = 64 << 10
)

// readCall reads a methodCall in any form that tools send: pretty-printed or not,
// with or without an XML declaration, and strings in <string>, in CDATA, directly
// in <value> or as numbers. The error is a [fault], or a [readError] if r failed.
func readCall(r io.Reader) (methodCall, error) {
	limited := &markupLimit{r: r}
	in := bufio.NewReader(newAmpersandReader(limited))
	if mark, err := in.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = in.Discard(3) // a byte order mark
	}
	rd := reader{tokens: xml.NewDecoder(in)}
	declared := false
	rd.tokens.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if declared { // the decoder would nest the readers
			return nil, faultf(notWellFormed, "Expected one XML declaration, at the beginning.")
		}
		declared = true
		return charsetReader(label, in)
	}
	call, err := rd.call()
	var f *fault
	var syntax *xml.SyntaxError
	switch {
	case limited.err != nil: // the decoder would hide it in an error of its own
		err = readError{limited.err}
	case errors.As(err, &f):
		err = f
	case errors.As(err, &syntax):
		err = faultf(notWellFormed, "Expected well-formed XML: line %d: %.200s.", syntax.Line, syntax.Msg)
	case err == io.EOF:
		err = faultf(notWellFormed, "Expected a methodCall in XML, not an empty body.")
	case err != nil:
		err = faultf(notWellFormed, "Expected well-formed XML in UTF-8, US-ASCII or ISO-8859-1: %.200v.", err)
	}
	if err != nil {
		return methodCall{}, err
	}
	return call, nil
}

// A readError is why a call could not be read completely.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// charsetReader supports the charsets that libraries, such as PHP's, declare in
// addition to UTF-8.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "utf8":
		return in, nil // UTF-8 or a subset
	case "iso-8859-1", "iso8859-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Reader(in), nil
	}
	return nil, faultf(unknownCharset, "Expected UTF-8, US-ASCII or ISO-8859-1, not the encoding %.40q.", label)
}

// A markupLimit is a reader that fails after more than maxMarkup bytes between a
// '<' and the next. A tag can't contain another '<', but its attributes can
// contain '>'.
type markupLimit struct {
	r    io.Reader
	open int   // bytes since the last '<', 0 before the first
	err  error // from r or from the limit, except io.EOF
}

func (m *markupLimit) Read(p []byte) (int, error) {
	if m.err != nil { // a reader that looks ahead may have dropped it
		return 0, m.err
	}
	n, err := m.r.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '<':
			m.open = 1
		case m.open > 0:
			m.open++
		}
		if m.open > maxMarkup {
			err = faultf(notACall, "Expected at most %d bytes from one tag to the next.", maxMarkup)
		}
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}
