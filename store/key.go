package store

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// A Key is an SSH public key that an account can log in with: Ed25519 or ECDSA, with
// or without a security key, or RSA with 2048 bits or more. Keys are comparable. The
// zero Key is none.
type Key struct {
	wire        string // RFC 4253, 6.6
	kind        string
	comment     string
	fingerprint string
}

const (
	minRSABits    = 2048
	maxKeyComment = 200
)

var errKeyForm = errors.New("expected a public key as in an authorized_keys file, such as \"ssh-ed25519 AAAAC3… name\"")

// ParseKey parses one line of an authorized_keys file. It rejects options, because
// the service would not enforce the restrictions they mean. The error says what
// was expected.
func ParseKey(line string) (Key, error) {
	if strings.ContainsAny(line, "\r\n") {
		return Key{}, errKeyForm
	}
	if err := otherKeyFile(line); err != nil {
		return Key{}, err
	}
	pub, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		return Key{}, errKeyForm
	case len(options) > 0:
		return Key{}, errors.New("expected a key without options in front of it")
	}
	return newKey(pub, comment)
}

func newKey(pub ssh.PublicKey, comment string) (Key, error) {
	if len(comment) > maxKeyComment || !printable(comment) {
		return Key{}, fmt.Errorf("expected a printable comment of at most %d bytes after the key", maxKeyComment)
	}
	switch pub.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519:
	case ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
	case ssh.KeyAlgoRSA:
		if bits := rsaBits(pub); bits < minRSABits {
			return Key{}, errors.New("expected an RSA key of 2048 bits or more, or better an ed25519 one (ssh-keygen -t ed25519)")
		}
	default:
		return Key{}, errors.New("expected an ed25519 key (ssh-keygen -t ed25519), an ECDSA one, or an RSA one of 2048 bits or more")
	}
	return Key{string(pub.Marshal()), pub.Type(), comment, ssh.FingerprintSHA256(pub)}, nil
}

func rsaBits(pub ssh.PublicKey) int {
	if c, ok := pub.(ssh.CryptoPublicKey); ok {
		if r, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return r.N.BitLen()
		}
	}
	return 0
}

// SameKey reports whether k and other are the same key, ignoring comments.
func (k Key) SameKey(other Key) bool { return k.wire == other.wire }

// Is reports whether k is the key pub, which a client presents.
func (k Key) Is(pub ssh.PublicKey) bool { return k.wire == string(pub.Marshal()) }

// Fingerprint returns the fingerprint as ssh-keygen -l prints it: SHA256:….
func (k Key) Fingerprint() string { return k.fingerprint }

// Kind returns the key's algorithm, such as "ssh-ed25519".
func (k Key) Kind() string { return k.kind }

// Comment returns the text after the key. It is printable and may be "".
func (k Key) Comment() string { return k.comment }

// MarshalText implements [encoding.TextMarshaler]: a line that [ParseKey] reads.
func (k Key) MarshalText() ([]byte, error) {
	line := k.kind + " " + base64.StdEncoding.EncodeToString([]byte(k.wire))
	if k.comment != "" {
		line += " " + k.comment
	}
	return []byte(line), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseKey].
func (k *Key) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKey(string(text))
	return err
}
