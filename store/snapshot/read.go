package snapshot

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// errCut is returned for an archive that ends too early.
var errCut = errors.New("the archive is cut short")

// A Reader reads an archive. Its errors say what is wrong with the archive, or that a
// file can't be written.
type Reader struct {
	Manifest Manifest

	from *counter
	tar  *tar.Reader
}

// NewReader reads the manifest of an archive. The error is [ErrNewer] if a newer
// version of this package wrote it.
func NewReader(r io.Reader) (*Reader, error) {
	from := &counter{r: r}
	a := &Reader{from: from, tar: tar.NewReader(from)}
	h, err := a.next(ManifestName)
	if err != nil {
		return nil, err
	}
	if h.Size > maxManifest {
		return nil, fmt.Errorf("%s has %d bytes: at most %d are possible", h.Name, h.Size, maxManifest)
	}
	text, err := io.ReadAll(a.tar)
	if err != nil {
		return nil, cut(err)
	}
	a.Manifest, err = parseManifest(text)
	return a, err
}

// Extract writes the files of the archive to a folder that has none of them, and reads
// the archive to its end. They are on disk, synced, and each is as the manifest says,
// when it returns. If it fails, some of them may be there, whole or not.
func (a *Reader) Extract(folder string) error {
	for _, f := range a.Manifest.Files {
		h, err := a.next(f.Name)
		if err != nil {
			return err
		}
		if h.Size != f.Size {
			return fmt.Errorf("%s has %d bytes: the manifest says %d", f.Name, h.Size, f.Size)
		}
		if err := a.extract(f, filepath.Join(folder, f.Name)); err != nil {
			return err
		}
	}
	return a.end()
}

// next returns the header of the next file, which has to be a plain one of this name.
func (a *Reader) next(name string) (*tar.Header, error) {
	h, err := a.tar.Next()
	switch {
	case err == io.EOF && a.from.n == 0:
		return nil, errors.New("the archive is empty")
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errCut
	case errors.Is(err, tar.ErrHeader) && name == ManifestName:
		return nil, errors.New("not a backup of snomredirect, or a compressed one: uncompress it first, as in: zcat FILE | snomredirect restore -")
	case errors.Is(err, tar.ErrHeader):
		return nil, fmt.Errorf("the archive is damaged: %w", err)
	case err != nil:
		return nil, err
	case name == ManifestName && h.Name != name:
		return nil, errors.New("not a backup of snomredirect")
	case h.Name != name:
		return nil, fmt.Errorf("the archive has %q: expected %s", h.Name, name)
	}
	extended := slices.Collect(maps.Keys(h.PAXRecords)) // among them are those of sparse files
	if h.Typeflag != tar.TypeReg || h.Format != tar.FormatUSTAR && h.Format != tar.FormatPAX || strings.Join(extended, "") != "size" && len(extended) > 0 {
		return nil, fmt.Errorf("the archive has %s in a form that BACKUP doesn't write: restore the archive as it was received", name)
	}
	return h, nil
}

func (a *Reader) extract(f File, path string) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(to, sum), a.tar) // as many bytes as the header says
	if err := errors.Join(cut(err), to.Sync(), to.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, f.SHA256) {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, the manifest says %s", f.Name, got, f.SHA256)
	}
	return nil
}

// end checks that the archive ends here: with two blocks of zeros, and nothing after
// them. For package tar it may also end without them.
func (a *Reader) end() error {
	const block = 512
	padded := (a.from.n + block - 1) / block * block
	h, err := a.tar.Next()
	switch {
	case err == nil:
		return fmt.Errorf("the archive also has %q", h.Name)
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF && a.from.n < padded+2*block:
		return errCut
	case err != io.EOF:
		return fmt.Errorf("the archive is damaged: %w", err)
	}
	switch n, err := io.CopyN(io.Discard, a.from, 1); {
	case n > 0:
		return errors.New("there is something after the end of the archive")
	case err != io.EOF:
		return err
	}
	return nil
}

// cut returns errCut for the end of an archive within a file, and other errors as they
// are.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

// A counter counts what is read. Package tar reads no more than it needs.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
