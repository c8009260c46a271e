package store

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The lines around a key in a file of RFC 4716, which PuTTYgen saves.
const (
	ssh2Begin = "---- BEGIN SSH2 PUBLIC KEY ----"
	ssh2End   = "---- END SSH2 PUBLIC KEY ----"
)

// ParseKeys parses an authorized_keys file with [ParseKey]. It skips empty lines
// and lines that start with '#'. Keys can also be in the form of RFC 4716, in which
// PuTTYgen saves them. ParseKeys returns the first error, with its line number.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	lines := strings.Split(WithoutMark(text), "\n")
	for i := 0; i < len(lines); i++ {
		number := i + 1
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var k Key
		var err error
		if line == ssh2Begin {
			var n int
			k, n, err = parseSSH2Key(lines[i+1:])
			i += n
		} else {
			k, err = ParseKey(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errKeyForm
	}
	return keys, nil
}

// parseSSH2Key parses a key of RFC 4716 from the lines after the first one, and
// returns the number of lines it takes.
func parseSSH2Key(lines []string) (k Key, n int, err error) {
	var body, header, comment string
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == ssh2End && header == "" {
			wire, err := base64.StdEncoding.DecodeString(body)
			if err != nil {
				return Key{}, 0, errSSH2Form
			}
			pub, err := ssh.ParsePublicKey(wire)
			if err != nil {
				return Key{}, 0, errSSH2Form
			}
			k, err := newKey(pub, comment)
			return k, i + 1, err
		}
		if header == "" && !strings.Contains(line, ":") {
			body += line
			continue
		}
		if part, more := strings.CutSuffix(line, "\\"); more {
			header += part
			continue
		}
		tag, value, _ := strings.Cut(header+line, ":")
		header = ""
		if strings.EqualFold(tag, "Comment") {
			comment = strings.TrimSpace(value)
			if inner, ok := strings.CutPrefix(comment, `"`); ok {
				comment = strings.TrimSpace(unescape.Replace(strings.TrimSuffix(inner, `"`)))
			}
		}
	}
	return Key{}, 0, errSSH2Form
}

// unescape undoes what PuTTYgen does to a quoted comment.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

var errSSH2Form = errors.New("expected a whole public key between " + ssh2Begin + " and " + ssh2End)

// otherKeyFile returns an error that says how to get a public key in the form of
// authorized_keys, if line is the first one of a file that contains a key in another
// form.
func otherKeyFile(line string) error {
	_, pem, isPEM := strings.Cut(line, "-----BEGIN ")
	switch {
	case strings.HasPrefix(line, ssh2Begin):
		return errors.New("expected a public key on one line: ssh-keygen -i -f FILE converts a file of PuTTYgen")
	case strings.HasPrefix(line, "PuTTY-User-Key-File-"):
		return errors.New("expected a public key, and this is PuTTY's file of a private one: load it in PuTTYgen and copy the public key, or print it with puttygen FILE -L")
	case isPEM && strings.Contains(pem, "PRIVATE KEY-----"):
		return errors.New("expected a public key, and this is a private one: ssh-keygen -y -f FILE prints its public key")
	case isPEM && strings.Contains(pem, "RSA PUBLIC KEY-----"):
		return errors.New("expected a public key as in an authorized_keys file: ssh-keygen -i -m PEM -f FILE converts this one")
	case isPEM && strings.Contains(pem, "PUBLIC KEY-----"):
		return errors.New("expected a public key as in an authorized_keys file: ssh-keygen -i -m PKCS8 -f FILE converts this one")
	}
	return nil
}
