package rds

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"snomredirect/macaddr"
)

// Replies are one line without white space between tags, with an explicit <string>
// and a 1 for true, because some tools match them with regular expressions.
// Characters outside ASCII are written as numeric references, so that tools need
// not know the charset.

// A reply is a methodResponse: its beginning, a value for each MAC, and its end.
type reply struct {
	begin   string
	macs    []macaddr.Addr
	end     string
	refusal string // its words if the reply begins with false, or ""
}

const (
	beginParams = `<?xml version='1.0'?><methodResponse><params><param>`
	endParams   = `</param></params></methodResponse>`
	beginArray  = `<value><array><data>`
	endArray    = `</data></array></value>`
	beginString = `<value><string>`
	endString   = `</string></value>`
	beginFault  = `<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>`
	inFault     = `</int></value></member><member><name>faultString</name>`
	endFault    = `</member></struct></value></fault></methodResponse>`
)

// stringReply returns a reply with a string.
func stringReply(s string) reply {
	return reply{begin: string(appendString([]byte(beginParams), s)), end: endParams}
}

// listReply returns a reply with an array of MACs.
func listReply(macs []macaddr.Addr) reply {
	return reply{begin: beginParams + beginArray, macs: macs, end: endArray + endParams}
}

// result returns a reply with an array of a boolean and strings, such as
// [true,"Ok"].
func result(ok bool, texts ...string) reply {
	b := []byte(beginParams + beginArray)
	if ok {
		b = append(b, `<value><boolean>1</boolean></value>`...)
	} else {
		b = append(b, `<value><boolean>0</boolean></value>`...)
	}
	for _, s := range texts {
		b = appendString(b, s)
	}
	r := reply{begin: string(b), end: endArray + endParams}
	if !ok {
		r.refusal = strings.Join(texts, " ")
	}
	return r
}

// len returns the number of bytes that write writes.
func (r reply) len() int {
	const mac = len(beginString) + 12 + len(endString)
	return len(r.begin) + len(r.macs)*mac + len(r.end)
}

// write writes a reply of any length through a small buffer.
func (r reply) write(w io.Writer) error {
	const full = 32 << 10
	b := append(make([]byte, 0, full+len(r.begin)+len(r.end)), r.begin...)
	for _, mac := range r.macs {
		b = append(mac.AppendText(append(b, beginString...)), endString...)
		if len(b) >= full {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := w.Write(append(b, r.end...))
	return err
}

func appendString(b []byte, s string) []byte {
	b = append(b, beginString...)
	for _, c := range s {
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '\t', c == '\n', ' ' <= c && c <= '~':
			b = append(b, byte(c))
		case !inXML(c):
			b = append(b, '?')
		default: // also '\r', which a reader would turn into '\n'
			b = append(strconv.AppendInt(append(b, "&#"...), int64(c), 10), ';')
		}
	}
	return append(b, endString...)
}

// inXML reports whether XML 1.0 allows c (section 2.2).
func inXML(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || ' ' <= c && c <= 0xD7FF || 0xE000 <= c && c <= 0xFFFD && c != utf8.RuneError || 0x10000 <= c
}

// A fault is an error in a call, with a sentence that says what was expected.
type fault struct {
	code faultCode
	text string
}

// The codes are those of the "Specification for Fault Code Interoperability".
type faultCode int

const (
	notWellFormed  faultCode = -32700
	unknownCharset faultCode = -32701
	notACall       faultCode = -32600
	unknownMethod  faultCode = -32601
	wrongParams    faultCode = -32602
	internal       faultCode = -32603
)

func (f *fault) Error() string { return f.text }

func faultf(code faultCode, format string, args ...any) error {
	return &fault{code, fmt.Sprintf(format, args...)}
}

func unexpected(name, want string) error {
	if name == "" {
		return faultf(notACall, "Expected the element %q, not an end.", want)
	}
	return faultf(notACall, "Expected the element %q, not %.40q.", want, name)
}

func (f *fault) reply() reply {
	b := append([]byte(beginFault), strconv.Itoa(int(f.code))...)
	return reply{begin: string(appendString(append(b, inFault...), f.text)), end: endFault}
}
