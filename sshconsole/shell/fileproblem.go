package shell

import (
	"cmp"
	"context"
	"errors"

	"snomredirect/sshconsole/files"
	"snomredirect/store"
)

// FileProblem words an error about a file of an account as the commands do, for other ways
// to reach files. The name may be "" or that of a folder. It reports false if err is nil or
// a failure inside the service, which is for the log.
func FileProblem(owner store.Name, name store.FileName, err error) (words string, ok bool) {
	err = explainFile(owner, name, err)
	if !isProblem(err) {
		return "", false
	}
	return err.Error(), true
}

// explainFile returns the problem that an error about a file of an account is, or err
// itself if it is none.
func explainFile(owner store.Name, name store.FileName, err error) error {
	subject := cmp.Or(string(name), string(owner))
	switch {
	case errors.Is(err, context.Canceled):
		return refused(codeBusy, "Interrupted; nothing was done.")
	case errors.Is(err, store.ErrNoFile):
		return refused(codeNotFound, "%s has no such file or version: FILE LIST shows the files, and FILE HISTORY %s the versions.", owner, name)
	case errors.Is(err, store.ErrNoAccount):
		return explain(err, string(owner))
	case errors.Is(err, files.ErrNoRow):
		return refused(codeNotFound, "%s: its template can't be filled in, so the phone gets nothing: add the phone's row, with all columns, to %s.", subject, store.PhonesFile)
	case errors.Is(err, store.ErrFileSize):
		return refused(codeForbidden, "%s is larger than %d KiB, so nothing was stored.", subject, store.MaxFileSize>>10)
	case errors.Is(err, store.ErrFileSpace):
		return refused(codeForbidden, "%s: the account's space for files is used up, so nothing was stored. Remove some, or tell your operator.", subject)
	case errors.Is(err, store.ErrTooManyFiles):
		return refused(codeForbidden, "%s: the account has as many files as it can, so nothing was stored. Remove some, or tell your operator.", subject)
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return refused(codeBusy, "%s: too many files are being checked, so nothing was done. Try again soon.", subject)
	case errors.Is(err, store.ErrFilesChanged):
		return refused(codeBusy, "%s: other files of the account changed during the check, so nothing was done. Try again.", subject)
	case errors.Is(err, store.ErrUnknown):
		return refused(codeInternal, "%s: it is not known whether the change was stored. See what FILE SHOW or HISTORY says, and tell your operator.", subject)
	}
	return explain(err, subject)
}
