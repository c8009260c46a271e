package sftp

import (
	"bytes"
	"errors"
	"os"

	protocol "github.com/pkg/sftp"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/store"
)

// A download is a file that a client reads, as it was when it was opened.
type download struct {
	*bytes.Reader
	release func()
}

// Close implements [io.Closer].
func (d *download) Close() error {
	d.release()
	return nil
}

// read opens a file to be read.
func (s *session) read(r *protocol.Request) (file *download, err error) {
	err = s.do(r.Filepath, func(a store.Account) error {
		name, err := fileAt(r.Filepath)
		if err != nil {
			return err
		}
		release, err := s.open()
		if err != nil {
			return err
		}
		defer func() {
			if file == nil {
				release()
			}
		}()
		text, err := s.text(a, name)
		if err == nil {
			file = &download{bytes.NewReader(text), release}
		}
		return err
	})
	return file, err
}

// A part is an upload that waits to be renamed.
type part struct {
	name    store.FileName
	text    []byte
	release func()
}

// write opens a file to be written.
func (s *session) write(r *protocol.Request) (file *upload, err error) {
	err = s.do(r.Filepath, func(a store.Account) error {
		name, err := fileAt(r.Filepath)
		if err != nil {
			return err
		}
		text, err := s.before(a, name, r.Pflags())
		if err != nil {
			return err
		}
		release, err := s.open()
		if err != nil {
			return err
		}
		defer func() {
			if file == nil {
				release()
			}
		}()
		end, err := s.Begin()
		if err != nil {
			return err
		}
		file = s.newUpload(name, text, end, release)
		return nil
	})
	return file, err
}

// before returns the text that an upload begins with.
func (s *session) before(a store.Account, name store.FileName, flags protocol.FileOpenFlags) ([]byte, error) {
	final, isPart := finalName(name)
	info, err := s.stat(a, name)
	switch {
	case err == nil && info.IsDir():
		return nil, refuse("%s is a folder.", name)
	case flags.Append:
		return nil, refuse("%s: files are replaced as a whole; nothing can be appended.", name)
	case err == nil && flags.Excl:
		return nil, refuse("%s exists already.", name)
	case errors.Is(err, os.ErrNotExist) && flags.Creat:
		return nil, nil
	case err != nil || flags.Trunc:
		return nil, err
	case isPart:
		s.mu.Lock()
		defer s.mu.Unlock()
		if p := s.parts[final.Fold()]; p != nil {
			return bytes.Clone(p.text), nil
		}
		return nil, os.ErrNotExist
	}
	return s.text(a, name)
}

// text returns the text of a file that is stored or waits.
func (s *session) text(a store.Account, name store.FileName) ([]byte, error) {
	if w := s.waitingFor(name); w != nil {
		return bytes.Clone(w.text), nil
	}
	_, text, err := s.Files.Store.File(a.ID, name, 0)
	return text, err
}

// dropPart forgets an upload that waits to be renamed to a name, if there is one.
func (s *session) dropPart(final store.FileName) (dropped *part) {
	s.mu.Lock()
	dropped = s.parts[final.Fold()]
	delete(s.parts, final.Fold())
	s.mu.Unlock()
	if dropped != nil {
		dropped.release()
	}
	return dropped
}

// put checks and stores a file, or lets it wait for phones.csv.
func (s *session) put(a store.Account, name store.FileName, text []byte) error {
	const command = "FILE PUT"
	_, found, err := s.Files.Put(s.ctx, s.audit(a, command), false, false, a, name, text)
	if incomplete(name, err) && s.wait(&waiting{name, text, found}) {
		s.problem(string(name) + " is not stored yet: it waits until this session uploads a phones.csv with all that it needs.")
		return nil
	}
	s.stopWaiting(name) // another text of this name
	if err == nil {
		_, err = s.Files.Store.EnsureFileToken(a.ID) // for the URLs of the first file
	}
	err = s.changed(a, command, name, found, err)
	if err == nil && name.Fold() == store.PhonesFile {
		s.putWaiting(a)
	}
	return err
}

// changed reports the findings of a change, and logs it if it was made.
func (s *session) changed(a store.Account, command string, name store.FileName, found []findings.Finding, err error) error {
	first := s.findings(found)
	switch {
	case err == nil:
		s.Log.Info("changed", "command", command+" "+string(name), "owner", a.Name, "file", name)
	case errors.Is(err, files.ErrRefused):
		s.problem(string(name) + ": nothing was changed, because of the errors.")
		return errReported{first}
	}
	return err
}
