package jobs

import (
	"testing"

	"snomredirect/store"
)

func TestHowFar(t *testing.T) {
	for want, j := range map[string]store.Job{
		"nothing was done.": {},
		"3 phones were changed; the rest were not. Repeat the command to continue.":                                           {Phones: true, Lines: 3},
		"lines 1 to 20 were processed. Send the whole list again: what has been changed stays changed.":                       {Lines: 20, Some: 20},
		"some of lines 1 to 9 were processed; 1 line failed. Send the whole list again: what has been changed stays changed.": {Some: 9, Failed: 1},
		"lines 1 to 20 were processed, and some up to line 29. Send the whole list again: what has been changed stays changed.": {
			Lines: 20, Some: 29},
	} {
		if got := HowFar(j); got != want {
			t.Errorf("%+v: %q, want %q", j, got, want)
		}
	}
}
