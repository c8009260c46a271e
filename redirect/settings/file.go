package settings

import "iter"

// A File is a settings file as Read returns it, or as a program makes it. Text is
// what phones see: entities are replaced, and the encoding is gone.
type File struct {
	Format   Format // Plain, or XML, which includes containers
	Header   bool   // there is a line <?xml ...?>
	Encoding string // as the header spells it, or "" for UTF-8

	// Root is the tag of the whole file: <settings> around the parts, or the one
	// part itself. Plain files have none.
	Root Tag

	// Parts are in the order of the file. A plain file has one, without a name.
	Parts []Part
}

// A Tag is the start of a part. Attrs are its attributes, in order, such as e="2",
// which generators write and whose meaning is unknown.
type Tag struct {
	Pos
	Name  string // as written; the plain form has none
	Attrs []Attr
}

// An Attr is an attribute of a tag. It has the tag's position.
type Attr struct{ Name, Value string }

// A Part is a group of entries of one kind, such as <phone-settings>. A part of an
// XML file that has no name is text between parts, which phones pass over.
type Part struct {
	Tag
	Entries []Entry
}

// Kind returns what the part contains, by its name.
func (p *Part) Kind() Kind { return kindOf(p.Name) }

// An Entry is one of *Setting, *FunctionKey, *Contact, *DialRule, *Language, *Phrase,
// *Firmware, *NextFile and *Other. At is where its tag or its line begins.
type Entry interface{ At() Pos }

// All returns the entries of one type in all parts, in order, each with its part:
//
//	for part, s := range settings.All[*settings.Setting](file) {
func All[E Entry](f *File) iter.Seq2[*Part, E] {
	return func(yield func(*Part, E) bool) {
		for i := range f.Parts {
			for _, entry := range f.Parts[i].Entries {
				if e, ok := entry.(E); ok && !yield(&f.Parts[i], e) {
					return
				}
			}
		}
	}
}
