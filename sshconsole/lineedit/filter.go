package lineedit

import (
	"strings"
	"unicode/utf8"
)

// A filter turns a client's bytes into keys. CR, LF and CRLF become keyReturn; NULs
// and bytes that are not UTF-8 become keyBad. Escape sequences of keys are passed
// on as a whole, those of pasting, focus and the mouse are dropped, and all others
// become keyBad. Ctrl-C and Ctrl-D are passed on.
type filter struct {
	partial []byte // the beginning of a character or an escape sequence
	afterCR bool
	midLine bool
}

// keyFinals are the last bytes of the sequences that keys send: cursor keys, function
// keys, keys with a number, Shift-Tab.
const keyFinals = "ABCDEFHPQRS~uZ"

// sequences are what terminals send for keys that x/term knows by another sequence,
// or by a control character.
var sequences = map[string]string{
	"\x1b[1~": keyHomeSeq, "\x1b[7~": keyHomeSeq, // PuTTY and tmux, rxvt
	"\x1b[4~": keyEndSeq, "\x1b[8~": keyEndSeq,
	"\x1bb": keyWordLeft, "\x1bB": keyWordLeft, "\x1b[1;5D": keyWordLeft, // Alt-B, Ctrl-Left
	"\x1bf": keyWordRight, "\x1bF": keyWordRight, "\x1b[1;5C": keyWordRight,
}

const (
	keyHomeSeq, keyEndSeq     = "\x1b[H", "\x1b[F"
	keyWordLeft, keyWordRight = "\x1b[1;3D", "\x1b[1;3C"
	keyDeleteWord             = 0x17 // Ctrl-W
)

// maxSequence bounds an escape sequence, in bytes; those of keys have up to 8.
const maxSequence = 16

// add appends the keys that raw stands for to keys.
func (f *filter) add(keys, raw []byte) []byte {
	for _, b := range raw {
		if len(f.partial) > 0 && f.partial[0] == keyEscape {
			if ' ' <= b && b <= '~' {
				keys = f.sequence(keys, b)
				continue
			}
			alone := len(f.partial) == 1
			f.partial = f.partial[:0] // not an escape sequence
			if alone && isBackspace(b) {
				keys = append(keys, keyDeleteWord) // Alt-Backspace
				continue
			}
		}
		afterCR := f.afterCR
		f.afterCR = b == '\r'
		if b < ' ' && len(f.partial) > 0 { // a control character ends an unfinished character
			keys = append(keys, keyBad)
			f.partial = f.partial[:0]
		}
		switch {
		case b == keyEscape:
			f.partial = append(f.partial, b)
		case b == '\n' && afterCR:
		case b == '\n', b == '\r':
			keys = append(keys, keyReturn)
			f.midLine = false
		case b < utf8.RuneSelf && len(f.partial) == 0:
			keys = append(keys, b)
			f.midLine = true
		default:
			f.midLine = true
			f.partial = append(f.partial, b)
			if !utf8.FullRune(f.partial) {
				continue
			}
			for len(f.partial) > 0 && utf8.FullRune(f.partial) {
				r, n := utf8.DecodeRune(f.partial)
				if r == utf8.RuneError {
					keys = append(keys, keyBad)
				} else {
					keys = append(keys, f.partial[:n]...)
				}
				f.partial = append(f.partial[:0], f.partial[n:]...)
			}
		}
	}
	return keys
}

// sequence adds the next byte to an escape sequence, and appends the sequence to
// keys once it is complete.
func (f *filter) sequence(keys []byte, b byte) []byte {
	const applicationMode, pasteBegins, pasteEnds = "\x1bO", "\x1b[200~", "\x1b[201~"
	const focusGained, focusLost, mouse = "\x1b[I", "\x1b[O", "\x1b[<"
	if len(f.partial) <= maxSequence {
		f.partial = append(f.partial, b)
	}
	letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '~'
	switch seq := string(f.partial); {
	case len(seq) == 2 && (!letter && b != '[' || b == 'P' || b == 'X'): // Alt and a digit, or not a key
		keys = append(keys, keyBad)
	case !letter, seq == applicationMode:
		return keys
	case seq == pasteBegins, seq == pasteEnds, seq == focusGained, seq == focusLost, strings.HasPrefix(seq, mouse):
	case len(seq) > maxSequence, strings.HasPrefix(seq, "\x1b[") && !strings.ContainsRune(keyFinals, rune(b)):
		keys = append(keys, keyBad) // not a key: pasted text that would set a colour, the cursor or a title
	case strings.HasPrefix(seq, applicationMode): // some terminals' arrow keys
		keys = append(append(keys, "\x1b["...), b)
	case sequences[seq] != "":
		keys = append(keys, sequences[seq]...)
	default:
		keys = append(keys, seq...)
	}
	f.partial = f.partial[:0]
	return keys
}

// end appends the end of the last line, if the input ends without one.
func (f *filter) end(keys []byte) []byte {
	if f.midLine {
		keys = append(keys, keyReturn)
	}
	return keys
}
