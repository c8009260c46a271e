package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"snomredirect/redirect/boot"
)

// What servers send is shown at terminals. It is only written through printable or
// writeJSON.

// maxShown is the length at which lines are cut, in characters.
const maxShown = 400

// printable escapes characters that might steer a terminal or hide text as \x…, and
// cuts long text. It hides users and passwords in URLs.
func printable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range boot.HideLogins(s) {
		if n++; n > maxShown {
			b.WriteString("...")
			break
		}
		if shows(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

func shows(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) }

// writeJSON writes v on one line. It also escapes the control characters outside
// ASCII, which encoding/json does not.
func writeJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	var line strings.Builder
	for _, r := range strings.TrimSuffix(text.String(), "\n") {
		if shows(r) {
			line.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&line, `\u%04x`, unit)
		}
	}
	_, err := fmt.Fprintln(w, line.String())
	return err
}

// plural returns n and the noun one, which gets an s or is replaced by several if n
// is not 1.
func plural(n int, one string, several ...string) string {
	word := one
	if n != 1 {
		word = one + "s"
		if several != nil {
			word = several[0]
		}
	}
	return grouped(n) + " " + word
}

// grouped returns a number with commas between thousands.
func grouped(n int) string {
	digits := []byte(strconv.Itoa(n))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}

// withoutLogins returns an error about a command line without the users and passwords
// in its arguments.
func withoutLogins(text string, args []string) string {
	for _, arg := range args {
		if strings.Contains(arg, "@") {
			text = strings.ReplaceAll(text, arg, boot.HideLogin(arg))
		}
	}
	return text
}
