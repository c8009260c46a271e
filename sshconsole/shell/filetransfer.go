package shell

import (
	"fmt"
	"io"

	"github.com/dustin/go-humanize"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// filePut stores what the client sends on standard input. Without all of it, it stores
// nothing.
func filePut(c *call) error {
	c.spent = c.Width() == 0 // what follows is the file, and not commands
	v, name, err := c.file()
	if err != nil {
		return err
	}
	rest, ok := c.In.(interface{ Rest() io.Reader })
	if !c.alone || !ok || c.Width() > 0 {
		return misunderstood(codeUsage, "FILE PUT reads the file from standard input: run it without a terminal, as in: ssh <account>@<host> file put %s <file", name)
	}
	text, err := files.ReadUpload(rest.Rest())
	switch {
	case err == store.ErrFileSize:
		return c.explainFile(v, name, err)
	case err != nil, !c.Connected(): // perhaps in the middle of the file
		return errReported
	case len(text) == 0:
		return misunderstood(codeUsage, "Standard input is empty, so nothing was stored.")
	}
	return c.putFile(v, name, text)
}

// sends returns the writer of a command that writes a file to standard output and
// nothing else.
func (c *call) sends(example string) (*files.PatientWriter, error) {
	if !c.alone || c.Width() > 0 {
		return nil, misunderstood(codeUsage, "%s writes to standard output: run it without a terminal and redirect it into a file, as in: ssh <account>@<host> %s", c.cmd.words(), example)
	}
	return &files.PatientWriter{Writer: c.page, Patience: files.Patience, HangUp: c.HangUp}, nil
}

// sent returns err, or that the client has not received all.
func (c *call) sent(w *files.PatientWriter, err error) error {
	if w.Failed || c.ctx.Err() != nil || !c.Connected() {
		c.Log.Warn("files not received: the client has gone", "command", c.cmd.words())
		return errReported
	}
	return err
}

func fileGet(c *call) error {
	v, name, err := c.file()
	if err != nil {
		return err
	}
	w, err := c.sends(fmt.Sprintf("file get %s >copy", name))
	if err != nil {
		return err
	}
	number := 0
	if word, ok := c.options["version"]; ok {
		if number, err = version(word); err != nil {
			return err
		}
	}
	_, text, err := v.Read(c.audit(""), name, number)
	if err != nil {
		return c.explainFile(v, name, err)
	}
	_, err = w.Write(text)
	return c.sent(w, err)
}

func fileExport(c *call) error {
	v, err := c.files()
	if err != nil {
		return err
	}
	w, err := c.sends("file export >files.tar")
	if err != nil {
		return err
	}
	n, bytes, err := v.Export(c.audit(""), w)
	if err = c.sent(w, c.explainFile(v, "", err)); err == nil {
		c.notify("Export: " + wording.Plural(n, "file", "files") + ", " + humanize.IBytes(uint64(bytes)) + ".")
	}
	return err
}
