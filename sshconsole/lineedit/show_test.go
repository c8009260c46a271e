package lineedit

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rivo/uniseg"
)

// A screen shows what is written to it, as a terminal does: here, one row. A wide
// character is followed by an empty cell.
type screen struct {
	cells  []string
	column int
	left   []byte // of a sequence or a character
}

func (s *screen) Write(p []byte) (int, error) {
	rest := string(append(s.left, p...))
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "\x1b["):
			end := strings.IndexFunc(rest, func(r rune) bool { return 'A' <= r && r <= 'Z' })
			n := 1
			if end > 2 {
				n, _ = strconv.Atoi(rest[2:end])
			}
			switch rest[end] {
			case 'C':
				s.column += n
			case 'D':
				s.column = max(0, s.column-n)
			case 'K':
				s.cells = s.cells[:min(s.column, len(s.cells))]
			}
			rest = rest[end+1:]
		case rest[0] == '\r':
			s.column, rest = 0, rest[1:]
		case rest[0] == '\n':
			s.cells, rest = nil, rest[1:]
		default:
			cluster, after, width, _ := uniseg.FirstGraphemeClusterInString(rest, -1)
			for len(s.cells) < s.column+width {
				s.cells = append(s.cells, " ")
			}
			s.cells[s.column] = cluster
			for i := 1; i < width; i++ {
				s.cells[s.column+i] = ""
			}
			s.column, rest = s.column+width, after
		}
	}
	return len(p), nil
}

// An editing is a terminal whose lines are read until the end of a test.
type editing struct {
	*Terminal
	in    io.Writer
	lines []string
}

func newEditing(t *testing.T, screen io.Writer, columns int32) *editing {
	r, w := io.Pipe()
	e := &editing{in: w}
	e.Terminal = NewTerminal(screen, Config{Prompt: prompt, Columns: width(columns), TextWidth: uniseg.StringWidth})
	go e.Pump(r, func() bool { return true })
	go func() {
		for {
			line, err := e.ReadLine(prompt)
			if err == ErrInterrupted {
				line = "interrupted"
			} else if err != nil {
				return
			}
			e.lines = append(e.lines, line)
		}
	}()
	t.Cleanup(func() {
		w.Close()
		e.Close()
	})
	return e
}

// types types keys, and waits until they are shown.
func (e *editing) types(keys string) {
	_, _ = io.WriteString(e.in, keys)
	synctest.Wait()
}

// Deleting wide characters leaves the cursor where it belongs.
func TestWideCharacters(t *testing.T) {
	const left, home, deleted = "\x1b[D", "\x1b[H", "\x1b[3~"
	for _, c := range []struct {
		keys, row string
		column    int
	}{
		{"abc\x7f", "==> ab", 6},
		{"電話", "==> 電話", 8},
		{"電話\x7f", "==> 電", 6},
		{"電話\x7f\x7f", "==>", 4},
		{"電話x" + left + "\x7f", "==> 電x", 6},
		{"a電b" + left + left, "==> a電b", 5},
		{"a電b" + home + deleted + deleted + "c", "==> cb", 5},
		{"電話 ok\x17", "==> 電話", 9},
		{"größe\x7f", "==> größ", 8},
		{"cafe\u0301\x7f", "==> cafe", 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &screen{}
			e := newEditing(t, s, 80)
			for _, keys := range keysOf(c.keys) { // as typed: each is shown before the next
				e.types(keys)
			}
			if got := strings.TrimRight(strings.Join(s.cells, ""), " "); got != c.row || s.column != c.column {
				t.Errorf("%q: %q, cursor in column %d; want %q, %d", c.keys, got, s.column, c.row, c.column)
			}
		})
	}
}

// keysOf splits what is typed.
func keysOf(s string) (keys []string) {
	for s != "" {
		n := strings.IndexAny(s[1:], "\x1b\x7f\x17") + 1
		if n == 0 {
			n = len(s)
		}
		if s[0] == '\x1b' {
			n = strings.IndexAny(s, "DH~") + 1
		} else if s[0] < ' ' || s[0] == '\x7f' {
			n = 1
		}
		keys, s = append(keys, s[:n]), s[n:]
	}
	return keys
}

func TestInColumns(t *testing.T) {
	if got := inColumns([]string{"ADD", "LIST", "REMOVE"}, 80); got != "ADD     LIST    REMOVE\n" {
		t.Errorf("%q", got)
	}
	if got := inColumns([]string{"ADD", "LIST", "REMOVE"}, 20); got != "ADD     LIST\nREMOVE\n" {
		t.Errorf("%q", got)
	}
	if got := inColumns([]string{"ADD", "LIST"}, 1); got != "ADD\nLIST\n" {
		t.Errorf("%q", got)
	}
	if got := inColumns(slices.Repeat([]string{"a"}, 1000), 80); !strings.HasSuffix(got, "\nand 900 more\n") || strings.Count(got, "a") != 101 {
		t.Errorf("%q", got)
	}
}
