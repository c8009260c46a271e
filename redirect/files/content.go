package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Template is a text in which values are filled in.
type Template interface {
	// OfPhone reports whether the text contains values of a phone.
	OfPhone() bool
	// UsesFiles reports whether the text contains the URL of the account's files.
	UsesFiles() bool
	// Places returns how many values are filled in.
	Places() int
	// Size returns the length of what Fill returns, or of more. It fails if Fill does for
	// want of a value.
	Size(values map[string]string, files string) (int, error)
	// Fill returns the text for the phone that has these values, by column. The values
	// may be nil if the text contains none. It fails if one is missing.
	Fill(values map[string]string, files string) ([]byte, error)
}

// Rows are the values of phones, by column.
type Rows map[macaddr.Addr]map[string]string

// What a place of a template, and a row of phones.csv or each of its many values, take in
// memory besides their text, in bytes: measured.
const (
	placeSize = 48
	rowSize   = 400
	valueSize = 80
)

// size returns about how much memory rows take besides their text. Empty values take as
// much as others.
func (r Rows) size() (n int) {
	for _, values := range r {
		n += max(rowSize, valueSize*len(values))
	}
	return n
}

// A content is a file as it is served or, with a template, as it is before it is filled
// in for a phone.
type content struct {
	revision uint64 // of the account's files that it belongs to
	token    string
	file     store.File

	text        []byte
	template    Template  // nil if the text is the same for all phones
	rows        Rows      // only of store.PhonesFile
	modified    time.Time // zero if that is unknown
	etag        []string
	contentType []string
	size        int // about, in memory
}

// load returns a file of the account, or store.ErrNoFile.
func (h *handler) load(x *exchange, space store.FileSpace, name store.FileName) (*content, error) {
	p := place{x.account, name.Fold()}
	if c := h.cache.get(p, space); c != nil {
		return c, nil
	}
	x.lookups++
	// If it is of a later revision than space, it is looked up again next time.
	file, text, err := h.Store.File(x.account, name, 0)
	if err != nil {
		return nil, err
	}
	c, err := h.parse(file, text, space)
	if err != nil {
		return nil, err
	}
	p.name = store.FileName(strings.Clone(string(p.name))) // not the request
	h.cache.put(p, c)
	return c, nil
}

// errTemplate is for the log: the text is not.
var errTemplate = errors.New("a stored template can't be read")

func (h *handler) parse(file store.File, text []byte, space store.FileSpace) (*content, error) {
	c := &content{revision: space.Revision, token: space.Token, file: file, text: text, modified: file.At, size: 2*len(text) + 512}
	if file.Name.Fold() == store.PhonesFile {
		rows, err := h.ParseRows(text)
		if err != nil {
			return nil, errTemplate
		}
		c.rows, c.text = rows, nil
		c.size += rows.size()
		return c, nil
	}
	t, err := h.ParseTemplate(file.Name, text)
	if err != nil {
		return nil, errTemplate
	}
	c.contentType = contentType(file.Name, text)
	switch {
	case t.OfPhone():
		c.template, c.text = t, nil
		c.size += placeSize * t.Places()
		return c, nil
	case t.UsesFiles():
		// Also changed by a new token, at a time that isn't known.
		c.modified = time.Time{}
	}
	if c.text, err = t.Fill(nil, h.URL(space.Token)); err != nil {
		return nil, errTemplate
	}
	c.etag = etag(c.text)
	return c, nil
}

// fill returns what is made from a template for the phone, or nil if it can't be filled in.
func (h *handler) fill(x *exchange, space store.FileSpace, of *content) (*content, error) {
	phones, err := h.load(x, space, store.PhonesFile)
	if errors.Is(err, store.ErrNoFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	row, ok := phones.rows[x.mac]
	if !ok {
		return nil, nil
	}
	url := h.URL(space.Token)
	size, err := of.template.Size(row, url)
	if err != nil {
		return nil, nil
	}
	if x.land, err = h.inFlight.take(x.Request().Context(), x.account, size); err != nil {
		return nil, err
	}
	text, err := of.template.Fill(row, url)
	if err != nil {
		return nil, nil
	}
	x.served, x.version = store.FileName(strings.Clone(string(x.name))), of.file.At
	if phones.file.At.After(x.version) {
		x.version = phones.file.At
	}
	c := &content{text: text, etag: etag(text), contentType: of.contentType}
	if !of.template.UsesFiles() {
		c.modified = x.version
	}
	return c, nil
}

// etag returns the entity tag of what is served.
func etag(text []byte) []string {
	sum := sha256.Sum256(text)
	return []string{`"` + hex.EncodeToString(sum[:16]) + `"`}
}

// contentType returns the type by the name, except that phones know both formats by a
// name that ends in htm.
func contentType(name store.FileName, text []byte) []string {
	switch ending := strings.ToLower(path.Ext(string(name))); {
	case ending == ".xml" || bytes.HasPrefix(text, []byte("<?xml")):
		return xmlType
	case ending == ".htm" || ending == ".html" || ending == ".php":
		return htmlType
	}
	return plainType
}
