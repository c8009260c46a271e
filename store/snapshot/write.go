package snapshot

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// A Source is a file to write to an archive. It must not change meanwhile.
type Source struct {
	Name    string // one of Names
	Content io.ReadSeeker
}

// Describe reads the sources once and returns the manifest of an archive of them.
// Its time is made, in whole seconds.
func Describe(version string, schema int, made time.Time, sources []Source) (Manifest, error) {
	m := Manifest{Format: format, Version: version, Schema: schema, Made: made.UTC().Truncate(time.Second)}
	for _, s := range sources {
		if _, err := s.Content.Seek(0, io.SeekStart); err != nil {
			return m, err
		}
		sum := sha256.New()
		size, err := io.Copy(sum, s.Content)
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, File{s.Name, size, hex.EncodeToString(sum.Sum(nil))})
	}
	return m, m.checkFiles()
}

// Write writes the archive that m describes. The same manifest and sources always
// give the same bytes.
func (m Manifest) Write(w io.Writer, sources []Source) error {
	if len(sources) != len(m.Files) {
		return errors.New("the manifest is of other files")
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	t := tar.NewWriter(w)
	if err := m.writeFile(t, ManifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	for i, s := range sources {
		if _, err := s.Content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := m.writeFile(t, m.Files[i].Name, m.Files[i].Size, s.Content); err != nil {
			return err
		}
	}
	return t.Close() // fails if the last source was too short
}

func (m Manifest) writeFile(t *tar.Writer, name string, size int64, content io.Reader) error {
	// The zero Format is USTAR, or PAX for a file of 8 GiB or more.
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: m.Made}); err != nil {
		return err
	}
	_, err := io.Copy(t, content)
	return err
}
