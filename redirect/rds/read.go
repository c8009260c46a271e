package rds

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// A methodCall is what a tool asks.
type methodCall struct {
	method string
	params []value
}

// A value is a parameter, or an element of one.
type value struct {
	kind  kind
	text  string  // of a text
	items []value // of an array
}

type kind uint8

const (
	other kind = iota // a number, a struct and what else no method takes
	text
	null
	array
)

// Bounds on a call, besides its size.
const (
	// maxDepth bounds elements within each other; a list of MACs has 8.
	maxDepth = 32
	// maxValues bounds the parameters and their elements: a list, and some.
	maxValues = maxList + 16
	// maxMarkup bounds a tag with the text behind it, in bytes: attributes take
	// twenty times their size while they are read.
	maxMarkup = 64 << 10
)

// readCall reads a methodCall in any form that tools send: pretty-printed or
// not, with or without an XML declaration, a string in <string>, CDATA or the
// <value> alone. The error is a [fault], or what r returned in [unread].
func readCall(r io.Reader) (methodCall, error) {
	limited := &markupLimit{r: r}
	in := bufio.NewReader(limited)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = in.Discard(3) // a byte order mark
	}
	rd := reader{tokens: xml.NewDecoder(in)}
	declared := false
	rd.tokens.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if declared { // the decoder would read each through the one before
			return nil, faultf(notWellFormed, "Expected one XML declaration, at the beginning.")
		}
		declared = true
		return charsetReader(label, in)
	}
	call, err := rd.call()
	var bad *fault
	var syntax *xml.SyntaxError
	switch {
	case limited.err != nil: // of which the decoder makes errors of its own
		err = unread{limited.err}
	case errors.As(err, &bad):
		err = bad
	case errors.As(err, &syntax):
		err = faultf(notWellFormed, "Expected well-formed XML: line %d: %.200s.", syntax.Line, syntax.Msg)
	case err == io.EOF:
		err = faultf(notWellFormed, "Expected a methodCall in XML, and no empty body.")
	case err != nil:
		err = faultf(notWellFormed, "Expected well-formed XML in UTF-8, US-ASCII or ISO-8859-1: %.200v.", err)
	}
	if err != nil {
		return methodCall{}, err
	}
	return call, nil
}

// unread is why a call could not be read to its end.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// charsetReader reads the charsets that PHP's and others' libraries declare
// besides UTF-8.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "utf8":
		return in, nil // UTF-8, or a part of it
	case "iso-8859-1", "iso8859-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Reader(in), nil
	}
	return nil, faultf(unknownCharset, "Expected UTF-8, US-ASCII or ISO-8859-1, and not the encoding %.40q.", label)
}

// A markupLimit refuses more than maxMarkup between a '<' and the next: a tag has
// none within, whereas a '>' may stand in its attributes.
type markupLimit struct {
	r    io.Reader
	open int   // bytes since the last '<', 0 before the first
	err  error // of r, or of this, but not io.EOF
}

func (m *markupLimit) Read(p []byte) (int, error) {
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
