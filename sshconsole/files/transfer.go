package files

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// ReadUpload reads a file to the end of r. The error is store.ErrFileSize as soon as it
// is too large.
func ReadUpload(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, store.MaxFileSize+1))
	if err == nil && len(text) > store.MaxFileSize {
		return nil, store.ErrFileSize
	}
	return text, err
}

// Read returns a version of a file, or the present one for version 0. If there is none of
// that name, but a template from which a phone gets it, it is filled in for that phone. The
// errors are store.ErrNoFile and ErrNoRow. That an operator reads another account's is in
// that account's history before it is returned.
func (v View) Read(audit store.Audit, name store.FileName, version int) (f store.File, text []byte, err error) {
	f, text, err = v.Store.File(v.Account.ID, name, version)
	if errors.Is(err, store.ErrNoFile) && version == 0 {
		f, text, err = v.fill(name)
	}
	if err == nil && v.By.ID != v.Account.ID {
		if version != 0 {
			audit.Detail = fmt.Sprintf("version %d", version)
		}
		err = v.Store.NoteFileRead(audit, v.Account.ID, f.Name)
	}
	if err != nil {
		return store.File{}, nil, err
	}
	return f, text, nil
}

// fill returns the file of a name that a phone gets from a template.
func (v View) fill(name store.FileName) (f store.File, text []byte, err error) {
	general, mac, ok := name.Template()
	if !ok {
		return f, nil, store.ErrNoFile
	}
	f, text, err = v.Store.File(v.Account.ID, general, 0)
	if err != nil {
		return f, nil, err
	}
	if general.Fold() == store.PhonesFile || !v.IsTemplate(text) {
		return f, nil, store.ErrNoFile
	}
	_, phones, err := v.Store.File(v.Account.ID, store.PhonesFile, 0)
	if errors.Is(err, store.ErrNoFile) {
		return f, nil, ErrNoRow
	}
	if err != nil {
		return f, nil, err
	}
	token, err := v.Token()
	if err != nil {
		return f, nil, err
	}
	f.Name = name
	text, err = v.Fill(text, phones, mac, v.URL(token))
	return f, text, err
}

// Export writes the present files as an archive of tar, and returns how many they are
// and their bytes. That an operator exports another account's is in that account's
// history first. No transaction is open while it writes.
func (v View) Export(audit store.Audit, w io.Writer) (n, bytes int, err error) {
	all, err := v.Store.Files(v.Account.ID)
	if err != nil {
		return 0, 0, err
	}
	if v.By.ID != v.Account.ID {
		audit.Detail = wording.Plural(len(all), "file", "files")
		if err := v.Store.NoteFileRead(audit, v.Account.ID, ""); err != nil {
			return 0, 0, err
		}
	}
	buffered := bufio.NewWriterSize(w, 32<<10)
	archive := tar.NewWriter(buffered)
	for _, f := range all {
		f, text, err := v.Store.File(v.Account.ID, f.Name, 0)
		if errors.Is(err, store.ErrNoFile) { // it was removed meanwhile
			continue
		}
		if err != nil {
			return n, bytes, err
		}
		err = archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: string(f.Name), Mode: 0o644, Size: int64(f.Size), ModTime: f.At})
		if err != nil {
			return n, bytes, err
		}
		if _, err := archive.Write(text); err != nil {
			return n, bytes, err
		}
		n, bytes = n+1, bytes+f.Size
	}
	return n, bytes, errors.Join(archive.Close(), buffered.Flush())
}

// Patience is how long a client may read nothing of a file or an archive.
const Patience = 5 * time.Minute

// A PatientWriter calls HangUp if a write takes longer than Patience.
type PatientWriter struct {
	io.Writer
	Patience time.Duration
	HangUp   func() // if nil, a write may take as long as it does
	Failed   bool   // a write has failed: the client has gone
}

func (w *PatientWriter) Write(b []byte) (int, error) {
	if w.HangUp != nil {
		defer time.AfterFunc(w.Patience, w.HangUp).Stop()
	}
	n, err := w.Writer.Write(b)
	w.Failed = w.Failed || err != nil
	return n, err
}
