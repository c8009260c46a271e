package settings

import "testing"

func TestFlag(t *testing.T) {
	for flag, want := range map[Flag]struct {
		access          Access
		known, volatile bool
	}{
		NoFlag: {ReadOnly, true, false}, "&": {ReadOnly, true, false}, "R": {ReadOnly, true, false}, " ": {ReadOnly, true, false},
		"$": {Changeable, true, false}, "RW": {Changeable, true, false}, EmptyFlag: {Changeable, true, false},
		"!": {Kept, true, false}, "!V": {Kept, true, true}, "RWV": {Changeable, true, true}, "V": {ReadOnly, true, true},
		"rw": {ReadOnly, false, false}, "RWVV": {Changeable, false, true}, "VV": {ReadOnly, false, true}, "x": {ReadOnly, false, false}, "-": {ReadOnly, false, false},
	} {
		if flag.Access() != want.access || flag.Known() != want.known || flag.Volatile() != want.volatile {
			t.Errorf("%q: %v, %v, %v; want %+v", flag, flag.Access(), flag.Known(), flag.Volatile(), want)
		}
	}
}
