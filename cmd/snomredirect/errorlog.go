package main

import (
	"context"
	"log"
	"log/slog"
	"strings"

	"snomredirect/store"
)

// maxHandshakeWhy bounds why a TLS handshake failed, in bytes, because it may quote
// what a client sent.
const maxHandshakeWhy = 300

// handshakeFailed is how net/http begins the line for a failed TLS handshake. It has
// no other way to report one.
const handshakeFailed = "http: TLS handshake error from "

// acceptFailed is how net/http begins the line for a listener that accepts nothing for
// now, and acceptAgain how the rest of it begins, which differs each time.
const (
	acceptFailed = "http: Accept error: "
	acceptAgain  = "; retrying in "
)

// An errorLog is the writer of an http.Server's log. Failed TLS handshakes are
// logged at info, because their clients get no answer, and failures of the listener
// at error; the mistakes of clients are logged at debug.
type errorLog struct {
	log   *slog.Logger
	limit *logLimit
}

func newErrorLog(l *slog.Logger, limit *logLimit) *log.Logger {
	return log.New(errorLog{l, limit}, "", 0)
}

// Write logs one line.
func (e errorLog) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	if from, why, ok := parseHandshake(text); ok {
		level := slog.LevelDebug
		if e.limit.allow(store.ClientAddr(from)) {
			level = slog.LevelInfo
		}
		if why == "EOF" {
			why = "the client disconnected"
		}
		e.log.Log(context.Background(), level, "TLS handshake failed", "from", from, "why", why[:min(len(why), maxHandshakeWhy)])
	} else if why, ok := strings.CutPrefix(text, acceptFailed); ok {
		why, _, _ = strings.Cut(why, acceptAgain)
		e.log.Error("accept failed", "error", why)
	} else {
		e.log.Debug(text)
	}
	return len(line), nil
}

// parseHandshake parses net/http's line for a failed TLS handshake.
func parseHandshake(line string) (from, why string, ok bool) {
	rest, ok := strings.CutPrefix(line, handshakeFailed)
	if !ok {
		return "", "", false
	}
	from, why, ok = strings.Cut(rest, ": ")
	return from, why, ok && store.ClientAddr(from).IsValid()
}
