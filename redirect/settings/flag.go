package settings

import "strings"

// A Flag is a setting's flag as written: '$', '!' or '&' after the name, or in the
// attribute perm one of those, "R", "RW" or others, to which 'V' may be added.
type Flag string

const (
	NoFlag    Flag = ""
	EmptyFlag Flag = `""` // perm=""
)

// An Access is the meaning of a flag, according to snom's Mass Deployment slides and,
// for the letters and the empty perm, snom's wiki.
type Access uint8

const (
	ReadOnly   Access = iota // overwritten at each boot, can't be changed at the phone
	Changeable               // overwritten at each boot
	Kept                     // not overwritten once the phone's user has changed it
)

// Access returns the meaning. NoFlag, and a flag that isn't known, mean ReadOnly.
func (f Flag) Access() Access {
	switch {
	case strings.Contains(string(f), "!"):
		return Kept
	case f == EmptyFlag, strings.Contains(string(f), "$"), strings.Contains(string(f), "RW"):
		return Changeable
	}
	return ReadOnly
}

// Volatile reports whether the setting is volatile, which firmware from 10.1.79.0 on
// knows.
func (f Flag) Volatile() bool { return strings.Contains(string(f), "V") }

// Known reports whether the flag is NoFlag or one that snom documents.
func (f Flag) Known() bool {
	switch f {
	case NoFlag, EmptyFlag, "$", "!", "&", "R", "RW", " ", "V":
		return true
	}
	// Snom's wiki names V alone; how it joins others is not documented.
	rest, ok := strings.CutSuffix(string(f), "V")
	return ok && rest != "" && Flag(rest).Known() && !strings.HasSuffix(rest, "V")
}
