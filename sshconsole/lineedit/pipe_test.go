package lineedit

import (
	"io"
	"strings"
	"testing"
)

// What follows a command is read as it is, and nothing of it is lost.
func TestRest(t *testing.T) {
	const rest = "\xFF\xFEa\x00\r\nb\xFC"
	p := NewPipe(strings.NewReader("register -\r\n"+rest), func() bool { return true })
	if line, err := p.ReadLine(""); line != "register -" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if got, err := io.ReadAll(p.Rest()); string(got) != rest || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
