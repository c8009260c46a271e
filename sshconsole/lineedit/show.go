package lineedit

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// show shows the line again if it contains characters that are not one column wide,
// or did so before: x/term takes all for that, and leaves the cursor and remains of
// deleted characters in the wrong columns. A line that is longer than the screen is
// left as x/term shows it.
func (t *Terminal) show(line string, pos int) {
	if t.config.TextWidth == nil || t.secret {
		return
	}
	runes, columns := utf8.RuneCountInString(t.prompt+line), t.config.TextWidth(t.prompt+line)
	wide := runes != columns
	if !wide && !t.wide || max(runes, columns) >= t.Width() || strings.Contains(line, "\t") {
		return
	}
	t.wide = wide
	text := "\r\x1b[K" + t.prompt + line + "\r"
	if before := t.config.TextWidth(t.prompt + line[:pos]); before > 0 {
		text += fmt.Sprintf("\x1b[%dC", before)
	}
	_, _ = io.WriteString(t.screen, text)
}

// maxCandidates bounds how many candidates are shown.
const maxCandidates = 100

// inColumns returns candidates as lines of at most width columns, if each fits.
func inColumns(candidates []string, width int) string {
	more := ""
	if n := len(candidates) - maxCandidates; n > 0 {
		candidates, more = candidates[:maxCandidates], fmt.Sprintf("and %d more\n", n)
	}
	longest := 0
	for _, c := range candidates {
		longest = max(longest, len(c))
	}
	perLine := max(1, (width+1)/(longest+2))
	var text strings.Builder
	for i, c := range candidates {
		if (i+1)%perLine == 0 || i == len(candidates)-1 {
			text.WriteString(c + "\n")
		} else {
			fmt.Fprintf(&text, "%-*s", longest+2, c)
		}
	}
	return text.String() + more
}
