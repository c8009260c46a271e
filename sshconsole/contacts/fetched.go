package contacts

import (
	"fmt"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Fetched is a phone's request of a file for programs.
type Fetched struct {
	File     store.FileName `json:"file"`
	Uploaded string         `json:"uploaded_at,omitempty"` // when its version was; not of a refused request
	At       string         `json:"at"`
	Refused  bool           `json:"refused,omitempty"`
}

// NewFetched returns the object of a request, or nil for the zero Fetch.
func NewFetched(f store.Fetch) *Fetched {
	if f == (store.Fetch{}) {
		return nil
	}
	o := &Fetched{File: f.Name, At: wording.MachineTime(f.At), Refused: f.Refused}
	if !f.Version.IsZero() {
		o.Uploaded = wording.MachineTime(f.Version)
	}
	return o
}

// FetchedWords returns a text such as "snom360.htm of 2026-11-26 12:00:00 UTC, fetched
// 2026-11-26 12:05:00 UTC".
func FetchedWords(f store.Fetch) string {
	if f.Refused || f.Version.IsZero() {
		return fmt.Sprintf("%s, refused %s", f.Name, wording.Timestamp(f.At))
	}
	return fmt.Sprintf("%s of %s, fetched %s", f.Name, wording.Timestamp(f.Version), wording.Timestamp(f.At))
}
