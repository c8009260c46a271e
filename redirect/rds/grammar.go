package rds

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// A reader parses the elements of a call, with a method for each kind of element.
// It ignores white space between tags, attributes and namespaces: <ex:nil/> is a
// nil. Its errors are faults or the decoder's.
type reader struct {
	tokens *xml.Decoder
	depth  int
	values int
}

func (r *reader) call() (c methodCall, err error) {
	if err := r.open("methodCall"); err != nil {
		return c, err
	}
	if err := r.open("methodName"); err != nil {
		return c, err
	}
	if c.method, err = r.text(); err != nil {
		return c, err
	}
	c.method = strings.TrimSpace(c.method)
	switch name, err := r.tag(); {
	case err != nil:
		return c, err
	case name == "":
		return c, r.end()
	case name != "params":
		return c, unexpected(name, "params")
	}
	for {
		name, err := r.tag()
		switch {
		case err != nil:
			return c, err
		case name == "":
			if err := r.close("methodCall"); err != nil {
				return c, err
			}
			return c, r.end()
		case name != "param":
			return c, unexpected(name, "param")
		}
		v, err := r.param()
		if err != nil {
			return c, err
		}
		c.params = append(c.params, v)
	}
}

// param reads the content and end of a <param>. One Go library writes nil as an
// empty <param>.
func (r *reader) param() (v value, err error) {
	switch name, err := r.tag(); {
	case err != nil:
		return v, err
	case name == "":
		return value{kind: null}, nil
	case name != "value":
		return v, unexpected(name, "value")
	}
	if v, err = r.value(); err == nil {
		err = r.close("param")
	}
	return v, err
}

// value reads the content and end of a <value>.
func (r *reader) value() (v value, err error) {
	if r.values++; r.values > maxValues {
		return v, tooLong()
	}
	var bare strings.Builder
	for {
		t, err := r.token()
		if err != nil {
			return v, err
		}
		switch t := t.(type) {
		case xml.CharData:
			bare.Write(t)
		case xml.EndElement:
			return value{kind: text, text: bare.String()}, nil
		case xml.StartElement:
			if strings.TrimSpace(bare.String()) != "" {
				return v, faultf(notACall, "Expected either text in a value or a type such as string, not both.")
			}
			if v, err = r.typed(t.Name.Local); err != nil {
				return v, err
			}
			return v, r.close("value")
		}
	}
}

// token returns the next start or end of an element, or text, which is valid until
// the next call. It skips comments and processing instructions.
func (r *reader) token() (xml.Token, error) {
	for {
		t, err := r.tokens.Token()
		if err != nil {
			return nil, err
		}
		switch t.(type) {
		case xml.StartElement:
			if r.depth++; r.depth > maxDepth {
				return nil, faultf(notACall, "Expected elements nested at most %d deep.", maxDepth)
			}
		case xml.EndElement:
			r.depth--
		case xml.Directive:
			return nil, faultf(notACall, "Expected XML without a document type or other declarations.")
		case xml.Comment, xml.ProcInst:
			continue
		}
		return t, nil
	}
}

// tag returns the name of the next element if it starts, or "" if the open element
// ends. Only white space may come before.
func (r *reader) tag() (name string, err error) {
	for {
		t, err := r.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t.Name.Local, nil
		case xml.EndElement:
			return "", nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return "", faultf(notACall, "Expected a tag, not the text %.40q.", t)
			}
		}
	}
}

// open reads the start of the element want.
func (r *reader) open(want string) error {
	name, err := r.tag()
	if err == nil && name != want {
		err = unexpected(name, want)
	}
	return err
}

// close reads the end of the element open.
func (r *reader) close(open string) error {
	name, err := r.tag()
	if err == nil && name != "" {
		err = faultf(notACall, "Expected the end of %s, not %.40q.", open, name)
	}
	return err
}

// end reads the end of the input.
func (r *reader) end() error {
	switch name, err := r.tag(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	default:
		return faultf(notACall, "Expected nothing after the methodCall, not %.40q.", name)
	}
}

// text reads the text and the end of the open element, which has no others in it.
func (r *reader) text() (string, error) {
	var b strings.Builder
	for {
		t, err := r.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			return "", faultf(notACall, "Expected text, not the element %.40q.", t.Name.Local)
		}
	}
}

// skip reads to the end of the open element, whatever it contains.
func (r *reader) skip() error {
	for open := r.depth; r.depth >= open; {
		if _, err := r.token(); err != nil {
			return err
		}
	}
	return nil
}
