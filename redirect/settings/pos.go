package settings

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Pos is a place in the text of a file. Zero means that it is unknown.
type Pos struct {
	Line   int // from 1
	Column int // in characters, from 1
}

// Where returns the position as it begins messages: "line 3, column 5".
func (p Pos) Where() string { return fmt.Sprintf("line %d, column %d", p.Line, p.Column) }

// At returns p. All entries have it.
func (p Pos) At() Pos { return p }

// A cursor finds the lines and columns of offsets in a text. It is fast if the offsets
// ascend.
type cursor struct {
	text   string
	offset int
	lines  int // before its line
	column int // characters of the line before offset
}

func (c *cursor) at(offset int) Pos {
	offset = min(offset, len(c.text))
	if offset < c.offset {
		*c = cursor{text: c.text}
	}
	passed := c.text[c.offset:offset]
	if n := strings.Count(passed, "\n"); n > 0 {
		c.lines += n
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
		c.column = 0
	}
	c.column += utf8.RuneCountInString(passed)
	c.offset = offset
	return Pos{c.lines + 1, c.column + 1}
}
