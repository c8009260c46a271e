package settings

// A SyntaxError is a text that isn't a settings file. It says what is wrong and what
// to write instead, and quotes nothing that could be a password.
type SyntaxError struct {
	Pos         // zero if the whole text is wrong
	Text string // without the position
}

func (e *SyntaxError) Error() string {
	if e.Pos == (Pos{}) {
		return e.Text
	}
	return e.Where() + ": " + e.Text
}
