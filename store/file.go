package store

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"snomredirect/macaddr"
)

// Bounds of an account's files.
const (
	MaxFileSize      = 256 << 10 // bytes of one file
	MaxFileVersions  = 10        // of one file that are kept
	DefaultFileSpace = 4 << 20   // bytes of all files of an account, with the versions that are kept
	DefaultFileCount = 1000      // files of an account
)

// OldTokenTime is how long the files of an account are served at their old URLs after
// its token has changed.
const OldTokenTime = 24 * time.Hour

// PhonesFile is the file with a row for each phone, from which templates are filled in.
// It is never served.
const PhonesFile FileName = "phones.csv"

// A FileName is the name of a file on a partner's setting server, such as
// "snom360.htm" or "360/general.xml". Names that differ only in case are the same, so
// that a file is found whether its MAC is in upper or lower case: compare them by
// [FileName.Fold]. A FileName is as typed. The zero FileName is none.
type FileName string

// ParseFileName parses a name: elements separated by "/", each with letters, digits,
// ".", "_" and "-" of ASCII, and with a letter or digit first; at most 128 bytes. So no
// name leads out of its account, and none has a second spelling but its case. The error
// says what was expected.
func ParseFileName(s string) (FileName, error) {
	const expected = "expected letters, digits, . _ and - in each part, with a letter or a digit first"
	switch {
	case s == "":
		return "", errors.New("the file has no name")
	case len(s) > 128:
		return "", fmt.Errorf("a name of %d bytes: expected at most 128", len(s))
	case s[0] == '/':
		return "", errors.New(`a name that begins with "/": leave it out`)
	}
	for element := range strings.SplitSeq(s, "/") {
		if element == "" || !isAlphanumeric(element[0]) {
			return "", errors.New(expected)
		}
		for _, c := range []byte(element) {
			if !isAlphanumeric(c) && !strings.ContainsRune("._-", rune(c)) {
				return "", errors.New(expected)
			}
		}
	}
	return FileName(s), nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// Fold returns the name in lower case, by which files are stored and found.
func (n FileName) Fold() FileName { return FileName(strings.ToLower(string(n))) }

// MAC returns the MAC of the phone that the file is for, if it is for one only: the
// first MAC between "/", ".", "_" and "-" in the name, as in "000413231234/keys.xml",
// "360/000413231234.xml", "snom360-000413231234.htm" and "000413231234_keys.xml". So no
// name that shows a MAC is that of a file for everybody.
func (n FileName) MAC() (mac macaddr.Addr, ok bool) {
	for part := range strings.FieldsFuncSeq(string(n), func(c rune) bool { return strings.ContainsRune("/._-", c) }) {
		if len(part) != 12 {
			continue
		}
		if mac, err := macaddr.Parse(part); err == nil {
			return mac, true
		}
	}
	return mac, false
}

// Template returns the name of the file from which this one is made if it does not
// exist: "snom360.htm" of "snom360-000413231234.htm". ok is false for other names.
func (n FileName) Template() (template FileName, mac macaddr.Addr, ok bool) {
	folder := n[:strings.LastIndexByte(string(n), '/')+1]
	stem, ending, _ := strings.Cut(string(n[len(folder):]), ".")
	i := len(stem) - len("-000413231234")
	if i < 1 || stem[i] != '-' {
		return "", mac, false
	}
	mac, err := macaddr.Parse(stem[i+1:])
	if err != nil {
		return "", mac, false
	}
	template = folder + FileName(stem[:i])
	if ending != "" {
		template += FileName("." + ending)
	}
	if _, specific := template.MAC(); specific {
		return "", mac, false
	}
	return template, mac, true
}

// Own returns the name under which a phone requests its own file beside this one, given
// its MAC: "snom360-000413231234.htm" for "snom360.htm". Template is the way back.
func (n FileName) Own(mac string) FileName {
	folder := n[:strings.LastIndexByte(string(n), '/')+1]
	stem, ending, found := strings.Cut(string(n[len(folder):]), ".")
	if found {
		ending = "." + ending
	}
	return folder + FileName(stem+"-"+mac+ending)
}

// A File is a version of a file.
type File struct {
	Name    FileName  `json:"name"`
	Version int       `json:"version"`           // from 1, in the order of time; never used again for the name
	At      time.Time `json:"at"`                // UTC, whole seconds
	Size    int       `json:"size"`              // bytes
	SHA256  string    `json:"sha256"`            // in hex
	By      Name      `json:"by"`                // who uploaded it
	Removed bool      `json:"removed,omitempty"` // the file was removed; the version has no content
}

// A FileSpace is what an account has of files.
type FileSpace struct {
	// Token is the part of URLs that stands for the account, or "" until it has files.
	Token string
	// OldToken is the one before, at whose URLs files are served until OldUntil. It is
	// "" if there is none.
	OldToken string
	OldUntil time.Time // UTC, whole seconds
	Files    int       // that exist
	Bytes    int       // of all versions that are kept
	// Revision changes with each change of the files. It is at least 1.
	Revision uint64
}

// FirstRevision is the revision of an account that never had files.
const FirstRevision = 1

// NewFileToken returns a random token of 26 lower-case letters and digits, which is 128
// bits.
func NewFileToken() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
