package settings

import (
	"strings"
	"unicode/utf8"
)

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
