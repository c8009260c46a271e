package main

import (
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unicode"

	"snomredirect/cmd/snomredirect/lines"
)

// log returns the logger that the flags describe, and a function that logs at the end
// what it has left out.
func (s *serve) log(w io.Writer) (_ *slog.Logger, flush func()) {
	h, flush := lines.Join(s.logHandler(w))
	return slog.New(newAccountLog(h)), flush
}

// logHandler returns the handler that writes lines as the flags describe.
func (s *serve) logHandler(w io.Writer) slog.Handler {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // the flag's enum has only valid levels
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: printable}
	if s.LogFormat == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// printable quotes text from clients that could steer the terminal at which the
// log is read. The JSON handler itself escapes only ASCII control characters.
func printable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindAny {
		if err, ok := a.Value.Any().(error); ok { // may quote what a client sent
			a.Value = slog.StringValue(err.Error())
		}
	}
	if a.Value.Kind() == slog.KindString {
		if text := a.Value.String(); strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7F && !unicode.IsPrint(r) }) {
			a.Value = slog.StringValue(strconv.QuoteToASCII(text))
		}
	}
	return a
}
