package settings

import "slices"

// elements are the tags that parts have entries in. In others, a tag is an entry by
// its own name.
var elements = map[Kind]string{
	KeysPart: "fkey", PhoneBookPart: "item", DialPlanPart: "template", LanguagesPart: "language",
	PhrasesPart: "phrase", FirmwarePart: "firmware", FilesPart: "file",
}

// readPart returns a function that reads a part to its end and adds it to the file.
func (f *File) readPart(s *scanner) func(Tag) error {
	return func(tag Tag) error {
		f.Parts = append(f.Parts, Part{Tag: tag})
		p := &f.Parts[len(f.Parts)-1]
		return s.inside(func(tag Tag) error {
			e, err := s.entry(p.Kind(), tag)
			p.Entries = append(p.Entries, e)
			return err
		}, func(pos Pos, text string) {
			p.Entries = append(p.Entries, &Other{Pos: pos, Value: text})
		})
	}
}

// entry reads an entry to its end.
func (s *scanner) entry(kind Kind, tag Tag) (Entry, error) {
	if kind == PhoneBookPart && tag.Name == elements[kind] {
		return s.contact(tag)
	}
	c, err := s.content()
	if err != nil {
		return nil, err
	}
	value, isXML := c.value()
	if name, ok := elements[kind]; ok && tag.Name != name {
		kind = UploadsPart
	}
	switch kind {
	case KeysPart:
		return &FunctionKey{Pos: tag.Pos, Index: tag.take("idx"), Context: tag.take("context"), Flag: tag.flag(), Value: value, XML: isXML, Attrs: tag.rest()}, nil
	case DialPlanPart:
		return &DialRule{Pos: tag.Pos, Match: tag.take("match"), Timeout: tag.take("timeout"), Rewrite: tag.take("rewrite"), User: tag.take("user"),
			Attrs: tag.rest(), Inside: c.unexpected()}, nil
	case LanguagesPart:
		return &Language{Pos: tag.Pos, URL: tag.take("url"), Name: tag.take("name"), Attrs: tag.rest(), Inside: c.unexpected()}, nil
	case PhrasesPart:
		return &Phrase{Pos: tag.Pos, Index: tag.take("i"), Name: tag.take("n"), Text: tag.take("t"), Attrs: tag.rest(), Inside: c.unexpected()}, nil
	case FirmwarePart:
		return &Firmware{Pos: tag.Pos, URL: value, XML: isXML, Flag: tag.flag(), Attrs: tag.rest()}, nil
	case FilesPart:
		return &NextFile{Pos: tag.Pos, URL: tag.take("url"), Attrs: tag.rest(), Inside: c.unexpected()}, nil
	case SettingsPart, UnknownPart:
		return &Setting{Pos: tag.Pos, Name: tag.Name, Index: tag.take("idx"), Flag: tag.flag(), Value: value, XML: isXML, Attrs: tag.rest()}, nil
	}
	return &Other{tag.Pos, tag.Name, tag.rest(), value, isXML}, nil
}

func (s *scanner) contact(tag Tag) (Entry, error) {
	c := &Contact{Pos: tag.Pos, Context: tag.take("context"), Type: tag.take("type"), Index: tag.take("index"), Attrs: tag.rest()}
	return c, s.inside(func(tag Tag) error {
		inside, err := s.content()
		value, isXML := inside.value()
		c.Fields = append(c.Fields, Other{tag.Pos, tag.Name, tag.rest(), value, isXML})
		return err
	}, func(pos Pos, text string) {
		c.Fields = append(c.Fields, Other{Pos: pos, Value: text})
	})
}

// take removes an attribute and returns its value, or "".
func (t *Tag) take(name string) string {
	value, _ := t.cut(name)
	return value
}

// rest returns the attributes that were not taken. It is a function because Go orders
// calls in a literal, but not a field among them.
func (t *Tag) rest() []Attr { return t.Attrs }

func (t *Tag) flag() Flag {
	value, ok := t.cut("perm")
	if ok && value == "" {
		return EmptyFlag
	}
	return Flag(value)
}

func (t *Tag) cut(name string) (value string, ok bool) {
	i := slices.IndexFunc(t.Attrs, func(a Attr) bool { return a.Name == name })
	if i < 0 {
		return "", false
	}
	value = t.Attrs[i].Value
	if t.Attrs = slices.Delete(t.Attrs, i, i+1); len(t.Attrs) == 0 {
		t.Attrs = nil
	}
	return value, true
}
