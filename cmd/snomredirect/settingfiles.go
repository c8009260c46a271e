package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"snomredirect/macaddr"
	"snomredirect/redirect/files"
	"snomredirect/store"
)

// filesWriteTime bounds how long a phone may take to receive a file. The largest one
// needs that on a line with 70 kbit/s.
const filesWriteTime = 30 * time.Second

// Bounds of --files-space, in bytes, and --files-count.
const (
	maxFilesSpace = 1 << 30
	maxFilesCount = 100_000
)

// byteSize is a number of bytes, written with or without a unit.
type byteSize int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (b *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n < store.MaxFileSize || n > maxFilesSpace {
		return fmt.Errorf("%s: expected a size from %s to %s, such as 4MiB", text, humanize.IBytes(store.MaxFileSize), humanize.IBytes(maxFilesSpace))
	}
	*b = byteSize(n)
	return nil
}

// validateFiles checks the flags of setting files, and sets FilesURL to end with no
// slash.
func (s *serve) validateFiles(names store.PublicNames) error {
	switch {
	case s.FilesCount < 1 || s.FilesCount > maxFilesCount:
		return fmt.Errorf("--files-count %d: expected 1 to %d files", s.FilesCount, maxFilesCount)
	case s.Files == "" && s.FilesURL != "":
		return fmt.Errorf("--files-url %s: expected --files too, such as --files :8443", s.FilesURL)
	case s.Files == "" && s.FilesPlain:
		return errors.New("--files-plain: expected --files too, such as --files :8082")
	case s.Files == "":
		return nil
	case s.FilesURL == "":
		return fmt.Errorf("--files %s: expected --files-url too, the URL at which phones reach it, such as https://files.example.com", s.Files)
	case s.FilesPlain && s.RequirePhoneCert:
		return errors.New("--files-plain with --require-phone-cert would serve no file, because phones prove their MAC only over HTTPS: leave out one of them")
	case !s.FilesPlain && (s.TLSCert == "" || s.TLSKey == ""):
		return fmt.Errorf("--files %s: expected --tls-cert and --tls-key too; behind a proxy that speaks HTTPS, or for phones without it, use --files-plain", s.Files)
	}
	return s.validateFilesURL(names)
}

func (s *serve) validateFilesURL(names store.PublicNames) error {
	whole, err := store.ParseURL(s.FilesURL)
	if err != nil {
		return fmt.Errorf("--files-url %s: %w", s.FilesURL, err)
	}
	u, err := url.Parse(s.FilesURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.ContainsAny(s.FilesURL, "?#{") {
		return fmt.Errorf("--files-url %s: expected a URL with http or https and a host, and a path if you like, such as https://files.example.com/settings", s.FilesURL)
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if _, err := store.ParseFileName(path); err != nil {
			return fmt.Errorf("--files-url %s: a path of which phones could write parts in other ways: %w", s.FilesURL, err)
		}
	}
	switch {
	case u.Scheme == "http" && !s.FilesPlain:
		return fmt.Errorf("--files-url %s: --files speaks HTTPS: expected https, or --files-plain too", s.FilesURL)
	case names.Contains(whole):
		return fmt.Errorf("--files-url %s %w: expected another host name of this machine, because phones would be redirected to where they come from", s.FilesURL, store.ErrPointsBack)
	}
	s.FilesURL = strings.TrimRight(s.FilesURL, "/")
	return nil
}

// filesURL returns the URL of an account's files, with a slash at its end.
func (v *service) filesURL(token string) string { return v.flags.FilesURL + "/" + token + "/" }

// filesConfig returns the configuration of the handler for setting files.
func (v *service) filesConfig() files.Config {
	path := ""
	if u, err := url.Parse(v.flags.FilesURL); err == nil { // as Validate has found
		path = u.Path
	}
	return files.Config{
		Store:            v.db,
		URL:              v.filesURL,
		ParseTemplate:    parseTemplate,
		ParseRows:        parseRows,
		Path:             path,
		PhoneAuthorities: v.phoneCAs,
		RequireProof:     v.flags.RequirePhoneCert,
		Scans:            v.scans,
		Remember:         v.remember,
		Refusing:         v.refusing,
		Log:              v.log,
		OnFetch:          v.recordFetch,
		Observe:          v.observeFile,
	}
}

// newFilesServer returns the server of setting files.
func (v *service) newFilesServer(l net.Listener) httpServer {
	var t *tls.Config
	if !v.flags.FilesPlain {
		t = newTLSConfig(v.certificate, v.phoneCAs)
	}
	s := newPhoneServer(v.limit(l, "files"), v.proxies.handler(files.New(v.filesConfig())), t)
	s.server.WriteTimeout = filesWriteTime
	return s
}

// remember lets a phone's next requests cost nothing of a budget. The phone waits.
func (v *service) remember(phone macaddr.Addr, from netip.Addr, registered bool) {
	v.recorder.Answered(phone, store.SourceOf(from), registered)
}

// recordFetch records which file a phone has fetched. The phone has its answer by then.
func (v *service) recordFetch(phone macaddr.Addr, from netip.Addr, owner store.AccountID, f store.Fetch) {
	defer v.recovered("contacts")
	v.recorder.Fetched(phone, from, owner, f)
}

// observeFile counts a request for a file, which has its answer by then.
func (v *service) observeFile(o files.Observation) {
	defer v.recovered("metrics")
	v.metrics.file(o)
}

// warnOfFilesURL logs the accounts whose setting server is their files' URL as it was
// before --files-url changed, or without --files: their phones find no files there.
func (v *service) warnOfFilesURL() {
	accounts, err := v.db.Accounts()
	if err != nil {
		v.log.Error("accounts", "error", err)
	}
	for _, a := range accounts {
		space, err := v.db.FileSpace(a.ID)
		if err != nil || space.Token == "" || !strings.Contains(a.SettingServer.String(), "/"+space.Token+"/") {
			continue
		}
		switch {
		case v.flags.Files == "":
			v.log.Warn("setting server is the account's files here, which are not served without --files", "account", a.Name)
		case !strings.HasPrefix(a.SettingServer.String(), v.filesURL(space.Token)):
			v.log.Warn("setting server is not at --files-url: if phones don't reach it any more, use SERVER FILES", "account", a.Name)
		}
	}
}
