package tftp

import "fmt"

// A Code is what an error of TFTP means.
type Code uint16

const (
	Undefined Code = iota // see its text
	NotFound
	AccessViolation
	DiskFull
	IllegalOperation
	UnknownTransfer
	FileExists
	NoSuchUser
	OptionRefused
)

// names are those of RFC 1350 and RFC 2347.
var names = [...]string{
	NotFound: "file not found", AccessViolation: "access violation", DiskFull: "disk full", IllegalOperation: "illegal operation",
	UnknownTransfer: "unknown transfer ID", FileExists: "file already exists", NoSuchUser: "no such user", OptionRefused: "option refused",
}

// An Error is one that the server reported.
type Error struct {
	Code Code
	Text string // as sent
}

// maxText bounds what is shown of a server's text, in bytes.
const maxText = 100

// Error returns the name of the code. It shows the server's text only if there is none.
func (e *Error) Error() string {
	switch {
	case e.Code == Undefined:
		return fmt.Sprintf("the TFTP server reported %.*q", maxText, e.Text)
	case int(e.Code) < len(names):
		return "the TFTP server reported: " + names[e.Code]
	}
	return fmt.Sprintf("the TFTP server reported error %d", e.Code)
}

// A timeout is an error of a server that does not answer. It is a [net.Error].
type timeout struct{}

func (timeout) Error() string   { return "no reply over TFTP" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }
