package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// A kind is what a list contains, in the plural.
type kind string

const (
	keys      kind = "keys" // of the phone, with functions
	entries   kind = "entries"
	rules     kind = "rules"
	languages kind = "languages"
	phrases   kind = "phrases"
)

// roots maps the root elements of XML files to what they contain, "" for settings and
// files. All but <settings> and <setting-files> may be inside <settings> too, where
// phones know more parts. Snom's Mass Deployment slides write both dialplan and
// dial-plan; functionKeys, tbook, certificates and uploads are in its wiki
// (Configuration Files).
var roots = map[string]kind{
	"setting-files": "", "settings": "", "phone-settings": "", "firmware-settings": "",
	"function-keys": keys, "functionKeys": keys,
	"phone-book": entries, "tbook": entries,
	"dialplan": rules, "dial-plan": rules,
	"gui-languages": languages, "web-languages": languages,
	"phrases": phrases, "w_phrases": phrases,
	"certificates": entries, "uploads": entries,
}

func isRoot(name string) bool {
	_, ok := roots[name]
	return ok
}

// A part is a group of settings or other entries. The decoder skips what is nested
// deeper than these types, so that depth costs no memory.
type part struct {
	XMLName xml.Name
	Entries []entry `xml:",any"`
}

type entry struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Inner    string     `xml:",innerxml"`
	Children []struct{} `xml:",any"`
}

func (e entry) attr(name string) (value string, ok bool) {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// parseXML parses settings in XML, or a list of files to fetch.
func parseXML(text []byte) (reply, error) {
	d := newDecoder(text)
	root, err := rootOf(d)
	if err != nil {
		return reply{}, brokenXML(err)
	}
	if !isRoot(root.Name.Local) {
		return reply{}, fmt.Errorf("not a settings file: phones don't know the root element <%s>; expected one such as <settings> or <setting-files>", root.Name.Local)
	}
	var parts []part
	if root.Name.Local == "settings" {
		var container struct {
			Parts []part `xml:",any"`
		}
		err = d.DecodeElement(&container, &root)
		parts = container.Parts
	} else {
		parts = make([]part, 1)
		err = d.DecodeElement(&parts[0], &root)
	}
	if err != nil {
		return reply{}, brokenXML(err)
	}
	r := reply{xml: true}
	for _, p := range parts {
		r.add(p)
	}
	return r, nil
}

func newDecoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = charset.NewReaderLabel
	return d
}

func rootOf(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

func brokenXML(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("broken XML: it contains no element")
	}
	if syntax := (*xml.SyntaxError)(nil); errors.As(err, &syntax) && strings.HasPrefix(syntax.Msg, "invalid character entity") {
		// The rest of the message is what follows the '&', maybe in a password.
		return fmt.Errorf("broken XML: line %d: an & that begins no entity: write it as &amp;", syntax.Line)
	}
	return fmt.Errorf("broken XML: %w", err)
}

// add adds a part of a file.
func (r *reply) add(p part) {
	name := p.XMLName.Local
	switch {
	case name == "setting-files":
		for _, e := range p.Entries {
			if url, ok := e.attr("url"); ok && e.XMLName.Local == "file" {
				r.files = append(r.files, url)
			}
		}
	case roots[name] != "":
		r.lists = append(r.lists, list{name, roots[name], len(p.Entries)})
		if roots[name] == keys {
			for _, e := range p.Entries {
				r.keys = append(r.keys, e.setting())
			}
		}
	default:
		for _, e := range p.Entries {
			r.settings = append(r.settings, e.setting())
		}
	}
}

func (e entry) setting() setting {
	s := setting{Name: e.XMLName.Local, Flag: none, Value: e.Text}
	if flag, ok := e.attr("perm"); ok {
		s.Flag = perm(flag)
	}
	s.Index, _ = e.attr("idx")
	if len(e.Children) > 0 { // a function key, described in XML
		s.Value = strings.TrimSpace(e.Inner)
	}
	return s
}
