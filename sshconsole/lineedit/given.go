package lineedit

import "io"

// Given are lines that were given at once, without their ends.
type Given []string

// ReadLine returns the next line, or io.EOF. The error for a line that can't be read
// is an [*Error].
func (g *Given) ReadLine(string) (string, error) {
	if len(*g) == 0 {
		return "", io.EOF
	}
	line := (*g)[0]
	*g = (*g)[1:]
	return line, Check(line)
}
