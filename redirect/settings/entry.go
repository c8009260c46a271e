package settings

// A Setting is a parameter of the phone. A plain file has nothing else.
type Setting struct {
	Pos
	Name  string
	Index string // idx, as written: in user_name the identity, 1 to 12; often ""
	Flag  Flag
	Value string
	XML   bool   // Value is XML, as written, because there are tags in it
	Attrs []Attr // other than idx and perm
}

// A FunctionKey is a key of the phone and what it does: <fkey>.
type FunctionKey struct {
	Pos
	Index   string // idx, as written: the key, from 0
	Context string // "active" or an identity
	Flag    Flag
	Value   string // such as "line", "dest <sip:423@tst.org>" or XML
	XML     bool   // Value is XML, as written, such as <general type="..." />
	Attrs   []Attr // other than idx, context and perm
}

// A Contact is an entry of a phone book: <item>.
type Contact struct {
	Pos
	Context string
	Type    string
	Index   string
	Fields  []Other // the tags inside, such as <name> and <number>, in order
	Attrs   []Attr  // other than context, type and index
}

// Field returns the text of the first tag of a name, or "".
func (c *Contact) Field(name string) string {
	for _, f := range c.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Name returns who the contact is.
func (c *Contact) Name() string { return c.Field("name") }

// Number returns the number to dial.
func (c *Contact) Number() string { return c.Field("number") }

// A DialRule is a rule of a dial plan: <template>.
type DialRule struct {
	Pos
	Match   string // '.' any character, '*' one or more, ',' secondary dial tone
	Timeout string // in seconds, as written; "0" dials at once
	Rewrite string // may be ""
	User    string // "phone" or "ip", in any case
	Attrs   []Attr // others, such as scheme
	Inside  string // see [Language]
}

// A Language is a file of phrases: <language> in the lists of languages.
type Language struct {
	Pos
	URL    string
	Name   string
	Attrs  []Attr // other than url and name
	Inside string // XML or text inside the tag, which should be empty
}

// A Phrase is a text of a language: <phrase>.
type Phrase struct {
	Pos
	Index  string // i
	Name   string // n
	Text   string // t
	Attrs  []Attr // others
	Inside string // see [Language]
}

// A Firmware is the URL of a firmware image: <firmware>.
type Firmware struct {
	Pos
	URL   string
	Flag  Flag   // which should be [NoFlag]
	XML   bool   // see [Setting]
	Attrs []Attr // other than perm
}

// A NextFile is a file that a container names: <file>.
type NextFile struct {
	Pos
	URL    string // with {mac}, if so written
	Attrs  []Attr // other than url
	Inside string // see [Language]
}

// An Other is what phones don't know in such a part, or pass over: an element, or, if
// Name is "", text between tags in XML and a line such as ";comment" in a plain file.
type Other struct {
	Pos
	Name  string
	Attrs []Attr
	Value string
	XML   bool // see [Setting]
}
