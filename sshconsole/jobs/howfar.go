package jobs

import (
	"fmt"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// HowFar words how much of an interrupted job was done.
func HowFar(j store.Job) string {
	if j.Phones {
		if j.Lines == 0 {
			return "nothing was done."
		}
		return wording.Plural(j.Lines, "phone was", "phones were") + " changed; the rest were not. Repeat the command to continue."
	}
	if j.Lines == 0 && j.Some == 0 {
		return "nothing was done."
	}
	far := fmt.Sprintf("lines 1 to %d were processed", j.Lines)
	switch {
	case j.Lines == 0:
		far = fmt.Sprintf("some of lines 1 to %d were processed", j.Some)
	case j.Some > j.Lines:
		far += fmt.Sprintf(", and some up to line %d", j.Some)
	}
	if j.Failed > 0 {
		far += "; " + wording.Plural(j.Failed, "line", "lines") + " failed"
	}
	return far + ". Send the whole list again: what has been changed stays changed."
}
