package shell

import (
	"io"

	"github.com/dustin/go-humanize"

	"snomredirect/sshconsole/wording"
)

// An Archive is a backup that is ready to be sent. It must be closed.
type Archive interface {
	io.Closer
	Contents() (accounts, phones int, bytes int64)
	// Write writes the archive to a client. It calls hangUp if the client reads nothing
	// for minutes, until the archive is closed.
	Write(w io.Writer, hangUp func()) error
	// Sent remembers that a client has received the whole archive.
	Sent() error
}

// Problems of making an [Archive].
var (
	ErrBackupRuns = refused(codeBusy, "Another backup is running: try again when it has ended. If its client reads nothing, it ends after five minutes.")
	ErrDamaged    = refused(codeInternal, "The database has problems, so it was not backed up; keep the backups that you have. The service's log has the details.")
	ErrNoFolder   = refused(codeBusy, "The data folder of the service was deleted or replaced; nothing was backed up. Put it back, or list all phones with EXPORT before the service ends.")
	ErrReadOnly   = refused(codeBusy, "The disk of the service is read-only, and a copy of the database must be made on it; nothing was backed up.")
	ErrUnfinished = refused(codeBusy, "This node is reading everything from etcd, and is not complete; nothing was backed up. Try again in a minute, or on another node.")
	ErrDiskFull   = refused(codeBusy, "The disk of the service has no room for a copy of the database; nothing was backed up.")
)

// backup writes an archive to standard output, and nothing else. Programs read no
// summary: their archive has a manifest.
func backup(c *call) error {
	switch {
	case !c.alone || c.Width() > 0:
		return misunderstood(codeUsage, "BACKUP writes an archive to standard output: run it without a terminal and redirect it into a file, as in: ssh <account>@<host> backup >snapshot.tar")
	case c.Backup == nil:
		return refused(codeInternal, "BACKUP is not available here.")
	}
	archive, err := c.Backup()
	if err != nil {
		return err
	}
	defer archive.Close()
	accounts, phones, bytes := archive.Contents()
	log := c.Log.With("accounts", accounts, "phones", phones, "bytes", bytes)
	err = archive.Write(c.out, c.HangUp)
	if c.out.Flush() != nil || c.ctx.Err() != nil || err == nil && !c.Connected() {
		log.Warn("backup not received: the client has gone")
		return errReported
	}
	if err == nil {
		err = archive.Sent()
	}
	if err != nil {
		return err
	}
	log.Info("backup")
	c.notify("Backup: " + wording.Plural(accounts, "account", "accounts") + ", " + wording.Plural(phones, "phone", "phones") + ", " + humanize.IBytes(uint64(bytes)) + ".")
	return nil
}
