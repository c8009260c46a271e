package settings

import (
	"errors"
	"fmt"
	"strings"
)

// AppendText appends the file, in its format, to b and returns the extended buffer.
// XML gets a header and is UTF-8, whatever it was. Read returns the same file for it,
// except for positions, Header and Encoding. The error says what the format doesn't
// allow, such as a phone book in a plain file; AppendText doesn't check XML that was
// kept as written.
func (f *File) AppendText(b []byte) ([]byte, error) {
	if f.Format == Plain {
		return f.appendPlain(b)
	}
	w := writer{b: append(b, `<?xml version="1.0" encoding="utf-8"?>`+"\n"...)}
	switch {
	case f.Root.Name == container:
		w.open("", f.Root.Name, f.Root.Attrs...)
		w.b = append(w.b, ">\n"...)
		for i := range f.Parts {
			w.part("  ", &f.Parts[i])
		}
		w.end("", f.Root.Name)
	case len(f.Parts) == 1 && f.Parts[0].Name == f.Root.Name && isRoot(f.Root.Name):
		w.part("", &f.Parts[0])
	default:
		return nil, errors.New("an XML file needs a root element: <settings> around its parts, or its one part")
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.b, nil
}

// A writer writes XML, line by line. The first error stays.
type writer struct {
	b   []byte
	err error
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// open writes the start of a tag, up to its attributes.
func (w *writer) open(indent, name string, attrs ...Attr) {
	w.b = append(append(append(w.b, indent...), '<'), w.name(name)...)
	w.attrs(attrs)
}

func (w *writer) attrs(attrs []Attr) {
	for _, a := range attrs {
		w.attr(a.Name, a.Value)
	}
}

func (w *writer) attr(name, value string) {
	w.b = append(append(append(w.b, ' '), w.name(name)...), `="`...)
	w.b = append(append(w.b, escapeAttr.Replace(w.text(value))...), '"')
}

// optional writes an attribute that has a value.
func (w *writer) optional(name, value string) {
	if value != "" {
		w.attr(name, value)
	}
}

func (w *writer) flag(f Flag) {
	if f == EmptyFlag {
		f = ""
	} else if f == NoFlag {
		return
	}
	w.attr("perm", string(f))
}

// value writes the rest of a tag that has a value.
func (w *writer) value(value string, isXML bool, name string) {
	w.b = append(w.b, '>')
	if !isXML {
		value = escapeText.Replace(w.text(value))
	}
	w.b = append(w.b, value...)
	w.end("", name)
}

// inside writes the rest of a tag that should be empty.
func (w *writer) inside(raw, name string) {
	if raw == "" {
		w.b = append(w.b, " />\n"...)
		return
	}
	w.value(raw, true, name)
}

func (w *writer) end(indent, name string) {
	w.b = append(append(append(append(w.b, indent...), "</"...), name...), ">\n"...)
}

// XML readers drop carriage returns, and may turn line breaks in attributes into
// blanks.
var (
	escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	escapeAttr = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#13;", "\n", "&#10;", "\t", "&#9;")
)

// name returns a name, if XML allows it.
func (w *writer) name(name string) string {
	if name == "" || strings.ContainsAny(name, blanks+"<>&\"'=/!?") || strings.IndexByte("-.0123456789", name[0]) >= 0 {
		w.fail("%q is not a name that XML allows", name)
	}
	return w.text(name)
}

// text returns text, if XML allows it.
func (w *writer) text(text string) string {
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			w.fail("a value contains a control character, which XML doesn't allow")
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
