package rds

import (
	"bufio"
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

// A reply is the value of a methodResponse: its beginning, a value for each MAC or
// the results of several calls, and its end.
type reply struct {
	begin   string
	macs    []macaddr.Addr
	results []reply
	end     string
	isFault bool
	outcome Outcome // of the call; "" is Done
	refusal string  // its words if the reply begins with false, or ""
}

const (
	beginParams = `<?xml version='1.0'?><methodResponse><params><param>`
	beginFault  = `<?xml version='1.0'?><methodResponse><fault>`
	endParams   = `</param></params></methodResponse>`
	endFault    = `</fault></methodResponse>`
	beginArray  = `<value><array><data>`
	endArray    = `</data></array></value>`
	beginString = `<value><string>`
	endString   = `</string></value>`
	beginStruct = `<value><struct><member><name>faultCode</name><value><int>`
	inStruct    = `</int></value></member><member><name>faultString</name>`
	endStruct   = `</member></struct></value>`
)

// stringReply returns a reply with a string.
func stringReply(s string) reply {
	return reply{begin: string(appendString(nil, s))}
}

// listReply returns a reply with an array of MACs.
func listReply(macs []macaddr.Addr) reply {
	return reply{begin: beginArray, macs: macs, end: endArray}
}

// textsReply returns a reply with an array of strings.
func textsReply(texts []string) reply {
	b := []byte(beginArray)
	for _, s := range texts {
		b = appendString(b, s)
	}
	return reply{begin: string(b), end: endArray}
}

// result returns a reply with an array of a boolean and strings, such as
// [true,"Ok"].
func result(ok bool, texts ...string) reply {
	r := textsReply(texts)
	boolean := `<value><boolean>1</boolean></value>`
	if !ok {
		r.outcome, r.refusal = Refused, strings.Join(texts, " ")
		boolean = `<value><boolean>0</boolean></value>`
	}
	r.begin = beginArray + boolean + r.begin[len(beginArray):]
	return r
}

// resultsReply returns a reply with the results of several calls: for each the
// array of its value, or the struct of its fault.
func resultsReply(results []reply) reply {
	return reply{begin: beginArray, results: results, end: endArray}
}

// len returns the number of bytes that write writes.
func (r reply) len() int {
	begin, end := r.envelope()
	return len(begin) + r.valueLen() + len(end)
}

// envelope returns what a methodResponse contains before and after the value.
func (r reply) envelope() (begin, end string) {
	if r.isFault {
		return beginFault, endFault
	}
	return beginParams, endParams
}

func (r reply) valueLen() int {
	const mac = len(beginString) + 12 + len(endString)
	n := len(r.begin) + len(r.macs)*mac + len(r.end)
	for _, result := range r.results {
		n += result.valueLen()
		if !result.isFault {
			n += len(beginArray) + len(endArray)
		}
	}
	return n
}

// write writes a reply of any length through a small buffer.
func (r reply) write(w io.Writer) error {
	b := bufio.NewWriterSize(w, 32<<10) // it keeps its first error
	begin, end := r.envelope()
	_, _ = b.WriteString(begin)
	r.writeValue(b)
	_, _ = b.WriteString(end)
	return b.Flush()
}

func (r reply) writeValue(b *bufio.Writer) {
	_, _ = b.WriteString(r.begin)
	for _, mac := range r.macs {
		_, _ = b.Write(append(mac.AppendText(append(b.AvailableBuffer(), beginString...)), endString...))
	}
	for _, result := range r.results {
		if result.isFault {
			result.writeValue(b)
			continue
		}
		_, _ = b.WriteString(beginArray)
		result.writeValue(b)
		_, _ = b.WriteString(endArray)
	}
	_, _ = b.WriteString(r.end)
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
	application    faultCode = -32500
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
	b := append([]byte(beginStruct), strconv.Itoa(int(f.code))...)
	return reply{begin: string(appendString(append(b, inStruct...), f.text)), end: endStruct, isFault: true, outcome: Fault}
}
