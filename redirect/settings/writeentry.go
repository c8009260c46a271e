package settings

// part writes a part of an XML file.
func (w *writer) part(indent string, p *Part) {
	if p.Name == "" { // text between parts
		for _, e := range p.Entries {
			w.entry(indent, UploadsPart, e)
		}
		return
	}
	w.open(indent, p.Name, p.Attrs...)
	w.b = append(w.b, ">\n"...)
	for _, e := range p.Entries {
		w.entry(indent+"  ", p.Kind(), e)
	}
	w.end(indent, p.Name)
}

// entry writes an entry of a part. In a part of another kind, Read would take it for
// something else.
func (w *writer) entry(indent string, kind Kind, entry Entry) {
	in := kind
	switch e := entry.(type) {
	case *Setting:
		if in = SettingsPart; kind == UnknownPart {
			in = kind
		}
		w.open(indent, e.Name)
		w.optional("idx", e.Index)
		w.flag(e.Flag)
		w.attrs(e.Attrs)
		w.value(e.Value, e.XML, e.Name)
	case *FunctionKey:
		in = KeysPart
		w.open(indent, elements[in])
		w.optional("idx", e.Index)
		w.optional("context", e.Context)
		w.flag(e.Flag)
		w.attrs(e.Attrs)
		w.value(e.Value, e.XML, elements[in])
	case *Contact:
		in = PhoneBookPart
		w.contact(indent, e)
	case *DialRule:
		in = DialPlanPart
		w.open(indent, elements[in])
		w.attr("match", e.Match)
		w.attr("timeout", e.Timeout)
		w.attr("rewrite", e.Rewrite)
		w.attr("user", e.User)
		w.attrs(e.Attrs)
		w.inside(e.Inside, elements[in])
	case *Language:
		in = LanguagesPart
		w.open(indent, elements[in])
		w.attr("url", e.URL)
		w.attr("name", e.Name)
		w.attrs(e.Attrs)
		w.inside(e.Inside, elements[in])
	case *Phrase:
		in = PhrasesPart
		w.open(indent, elements[in])
		w.attr("i", e.Index)
		w.attr("n", e.Name)
		w.attr("t", e.Text)
		w.attrs(e.Attrs)
		w.inside(e.Inside, elements[in])
	case *Firmware:
		in = FirmwarePart
		w.open(indent, elements[in])
		w.flag(e.Flag)
		w.attrs(e.Attrs)
		w.value(e.URL, e.XML, elements[in])
	case *NextFile:
		in = FilesPart
		w.open(indent, elements[in])
		w.attr("url", e.URL)
		w.attrs(e.Attrs)
		w.inside(e.Inside, elements[in])
	case *Other:
		w.other(indent, e)
	}
	if in != kind {
		w.fail("a %T is in a part of another kind", entry)
	}
}

func (w *writer) contact(indent string, c *Contact) {
	name := elements[PhoneBookPart]
	w.open(indent, name)
	w.optional("context", c.Context)
	w.optional("type", c.Type)
	w.optional("index", c.Index)
	w.attrs(c.Attrs)
	w.b = append(w.b, ">\n"...)
	for i := range c.Fields {
		w.other(indent+"  ", &c.Fields[i])
	}
	w.end(indent, name)
}

func (w *writer) other(indent string, o *Other) {
	if o.Name == "" {
		w.b = append(append(append(w.b, indent...), escapeText.Replace(w.text(o.Value))...), '\n')
		return
	}
	w.open(indent, o.Name, o.Attrs...)
	w.value(o.Value, o.XML, o.Name)
}
