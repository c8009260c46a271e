package rds

import (
	"encoding/xml"
	"fmt"
)

// appendCall appends a call as a tool writes it.
func appendCall(b []byte, c methodCall) []byte {
	b = append(b, "<?xml version='1.0'?><methodCall><methodName>"...)
	name := appendString(nil, c.method)
	b = append(b, name[len(beginString):len(name)-len(endString)]...)
	b = append(b, "</methodName><params>"...)
	for _, v := range c.params {
		b = append(appendValue(append(b, "<param>"...), v), "</param>"...)
	}
	return append(b, "</params></methodCall>"...)
}

func appendValue(b []byte, v value) []byte {
	switch v.kind {
	case text:
		return appendString(b, v.text)
	case null:
		return append(b, "<value><nil/></value>"...)
	case array:
		b = append(b, beginArray...)
		for _, item := range v.items {
			b = appendValue(b, item)
		}
		return append(b, endArray...)
	}
	if v.kind == structure {
		b = append(b, "<value><struct>"...)
		for i := 0; i < len(v.items); i += 2 {
			name := appendString(nil, v.items[i].text)
			b = fmt.Appendf(b, "<member><name>%s</name>", name[len(beginString):len(name)-len(endString)])
			b = append(appendValue(b, v.items[i+1]), "</member>"...)
		}
		return append(b, "</struct></value>"...)
	}
	element := map[kind]string{integer: "int", decimal: "double"}[v.kind]
	if element == "" {
		return append(b, "<value><base64/></value>"...)
	}
	inner := appendString(nil, v.text)
	return fmt.Appendf(b, "<value><%s>%s</%s></value>", element, inner[len(beginString):len(inner)-len(endString)], element)
}

// readReply parses a methodResponse as a tool does, and returns its strings,
// numbers and booleans in order.
func readReply(s string) (scalars []string, isFault bool, err error) {
	type scalar struct {
		String  *string  `xml:"string"`
		Int     *string  `xml:"int"`
		Boolean *string  `xml:"boolean"`
		Items   []scalar `xml:"array>data>value"`
		Members []scalar `xml:"struct>member>value"`
	}
	var r struct {
		XMLName xml.Name `xml:"methodResponse"`
		Params  []scalar `xml:"params>param>value"`
		Fault   []scalar `xml:"fault>value"`
	}
	if err := xml.Unmarshal([]byte(s), &r); err != nil {
		return nil, false, err
	}
	var walk func(all []scalar)
	walk = func(all []scalar) {
		for _, v := range all {
			for _, p := range []*string{v.String, v.Int, v.Boolean} {
				if p != nil {
					scalars = append(scalars, *p)
				}
			}
			walk(v.Items)
			walk(v.Members)
		}
	}
	walk(r.Params)
	walk(r.Fault)
	return scalars, r.Fault != nil, nil
}
