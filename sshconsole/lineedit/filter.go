package lineedit

import (
	"strings"
	"unicode/utf8"
)

// A filter turns a client's bytes into keys: CR, LF and CRLF into CR, bytes that
// are no UTF-8 and NULs into keyBad, Ctrl-C and Ctrl-D left as they are; whole
// escape sequences of keys pass, pasting's marks do not, and others are bad.
type filter struct {
	held    []byte // the beginning of a character or an escape sequence
	afterCR bool
	midLine bool
}

// keyFinals end the sequences that keys send: cursor keys, function keys, those
// with a number, Shift-Tab.
const keyFinals = "ABCDEFHPQRS~uZ"

// maxSequence bounds an escape sequence; those of keys have up to eight bytes.
const maxSequence = 16

// add appends the keys that raw makes to keys.
func (f *filter) add(keys, raw []byte) []byte {
	for _, b := range raw {
		if len(f.held) > 0 && f.held[0] == keyEscape {
			if ' ' <= b && b <= '~' {
				keys = f.sequence(keys, b)
				continue
			}
			f.held = f.held[:0] // it was none
		}
		afterCR := f.afterCR
		f.afterCR = b == '\r'
		if b < ' ' && len(f.held) > 0 { // a control character ends what was begun
			keys = append(keys, keyBad)
			f.held = f.held[:0]
		}
		switch {
		case b == keyEscape:
			f.held = append(f.held, b)
		case b == '\n' && afterCR:
		case b == '\n', b == '\r':
			keys = append(keys, keyReturn)
			f.midLine = false
		case b < utf8.RuneSelf && len(f.held) == 0:
			keys = append(keys, b)
			f.midLine = true
		default:
			f.midLine = true
			f.held = append(f.held, b)
			if !utf8.FullRune(f.held) {
				continue
			}
			for len(f.held) > 0 && utf8.FullRune(f.held) {
				r, n := utf8.DecodeRune(f.held)
				if r == utf8.RuneError {
					keys = append(keys, keyBad)
				} else {
					keys = append(keys, f.held[:n]...)
				}
				f.held = append(f.held[:0], f.held[n:]...)
			}
		}
	}
	return keys
}

// sequence takes the next byte of an escape sequence, and appends the sequence
// to keys once it is whole.
func (f *filter) sequence(keys []byte, b byte) []byte {
	const applicationMode, pasteBegins, pasteEnds = "\x1bO", "\x1b[200~", "\x1b[201~"
	const focusCame, focusWent, mouse = "\x1b[I", "\x1b[O", "\x1b[<"
	if len(f.held) <= maxSequence {
		f.held = append(f.held, b)
	}
	letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '~'
	switch held := string(f.held); {
	case len(held) == 2 && (!letter && b != '[' || b == 'P' || b == 'X'): // Alt and a digit, or what no key sends
		keys = append(keys, keyBad)
	case !letter, held == applicationMode:
		return keys
	case held == pasteBegins, held == pasteEnds, held == focusCame, held == focusWent, strings.HasPrefix(held, mouse):
	case len(held) > maxSequence, strings.HasPrefix(held, "\x1b[") && !strings.ContainsRune(keyFinals, rune(b)):
		keys = append(keys, keyBad) // no key: something pasted that would colour, move or name
	case strings.HasPrefix(held, applicationMode): // some terminals' arrow keys
		keys = append(append(keys, "\x1b["...), b)
	default:
		keys = append(keys, held...)
	}
	f.held = f.held[:0]
	return keys
}

// end appends what the end of the input makes: the end of a last line.
func (f *filter) end(keys []byte) []byte {
	if f.midLine {
		keys = append(keys, keyReturn)
	}
	return keys
}
