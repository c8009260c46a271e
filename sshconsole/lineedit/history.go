package lineedit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A history is the lines that Up recalls, the last one first, without empty and
// repeated ones.
type history []string

const maxHistory = 100

func (h *history) add(line string) {
	if line == "" || len(*h) > 0 && (*h)[0] == line {
		return
	}
	*h = slices.Insert(*h, 0, line)
	*h = (*h)[:min(len(*h), maxHistory)]
}

// An editorHistory implements [term.History].
type editorHistory struct{ t *Terminal }

func (h editorHistory) Add(line string) {
	if h.t.recall {
		h.t.history.add(line)
	}
}
func (h editorHistory) Len() int        { return len(h.t.history) }
func (h editorHistory) At(i int) string { return h.t.history[i] }

// maxQuery bounds what is searched for, in bytes; more is ignored.
const maxQuery = 100

// A search is one for an earlier line with Ctrl-R, as bash has it. What is typed is
// searched for as it is: a client can send many of these keys, and folding case
// costs a hundred times as much. Ctrl-R goes on to an older line, Ctrl-G returns to
// the line before the search, and any other key takes the line.
type search struct {
	query  string
	at     int // the line that was found last
	failed bool

	line string // before the search
	pos  int
}

// searchKey begins a search or handles its next key, and returns the line and the
// position of the cursor.
func (t *Terminal) searchKey(line string, pos int, key rune) (string, int) {
	s := t.search
	switch {
	case s == nil:
		t.search = &search{line: line, pos: pos}
	case key == keySearch && s.failed: // there is no older one
	case key == keySearch:
		line, pos = s.find(t.history, s.at+1, line, pos)
	case key == keyErase:
		_, n := utf8.DecodeLastRuneInString(s.query)
		s.query = s.query[:len(s.query)-n]
		line, pos = s.find(t.history, 0, line, pos)
	case key == keyCancel:
		line, pos = s.line, s.pos
		t.search = nil
	case key == keyAccept:
		t.search = nil
	case unicode.IsPrint(key) && len(s.query) < maxQuery:
		s.query += string(key)
		line, pos = s.find(t.history, s.at, line, pos)
	}
	t.setPrompt(t.search.prompt(t.config.Prompt))
	_, _ = t.Write(nil) // shows the prompt
	return line, pos
}

// find looks for the query from the line at from on, and returns what it found; if
// it found nothing, line and pos.
func (s *search) find(h history, from int, line string, pos int) (string, int) {
	s.failed = false
	if s.query == "" {
		return line, pos
	}
	for i := from; i < len(h); i++ {
		if strings.Contains(h[i], s.query) {
			s.at = i
			return h[i], len(h[i])
		}
	}
	s.failed = true
	return line, pos
}

// prompt returns the prompt during a search, or usual if s is nil.
func (s *search) prompt(usual string) string {
	switch {
	case s == nil:
		return usual
	case s.failed:
		return "(failed reverse-i-search)`" + s.query + "': "
	}
	return "(reverse-i-search)`" + s.query + "': "
}
