// Package macaddr provides the MAC address that identifies a phone: its text form,
// the short forms that partners type, and the model to which its range is assigned.
package macaddr

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Addr is the MAC address of one phone: 48 bits, with the group bit clear and at
// least one other bit set. The zero Addr is not a valid address; see
// [Addr.IsValid]. Addrs are comparable with == and can be map keys.
type Addr struct {
	n uint64 // the 48 bits, most significant first
}

// shortBase is the address whose last digits a short form replaces
// (snom's Mass Deployment slides: "2e4 --> 0004132202E4").
const shortBase = 0x000413220000

// groupBit marks an address that names several stations (IEEE 802-2014, 8.2.2).
const groupBit = 1 << 40

var (
	errForm    = errors.New("expected twelve hex digits, such as 0004132202E4 or 00:04:13:22:02:E4")
	errShort   = errors.New("expected twelve hex digits, such as 0004132202E4, or the last 3 to 6 of 000413220000, such as 2E4")
	errOUI     = errors.New("looks like one MAC with spaces, because it is an OUI, the first six digits of MACs: expected all twelve digits in one word")
	errBits    = errors.New("more than 48 bits")
	errAllZero = errors.New("all zeros: expected the address of one phone, as printed on its back")
	errGroup   = errors.New("a group address (the first byte is odd): expected the address of one phone, as printed on its back")
)

// Parse parses a full address: twelve hex digits in any case, without separators or
// in groups of two, four or six separated by one of ':', '-' and '.'. The error
// says what was expected and does not repeat s.
func Parse(s string) (Addr, error) {
	digits, ok := ungroup(s)
	if !ok {
		return Addr{}, errForm
	}
	var b [6]byte
	if _, err := hex.Decode(b[:], digits[:]); err != nil {
		return Addr{}, errForm
	}
	return From6(b)
}

// ParseShort parses what partners type: a full address, as for [Parse], or 3 to 6
// hex digits, which replace the last digits of 000413220000. It rejects six digits
// that are a known OUI: they are the beginning of an address with spaces.
func ParseShort(s string) (Addr, error) {
	if len(s) < 3 || len(s) > 6 {
		a, err := Parse(s)
		if err == errForm {
			err = errShort
		}
		return a, err
	}
	var n uint64
	for _, c := range []byte(s) {
		d, ok := hexDigit(c)
		if !ok {
			return Addr{}, errShort
		}
		n = n<<4 | uint64(d)
	}
	if len(s) == 6 && slices.Contains(knownOUIs, n) {
		return Addr{}, errOUI
	}
	mask := ^uint64(0) << (4 * len(s))
	return Addr{shortBase&mask | n}, nil
}

// MustParse is like [Parse] but panics on an error. It is for addresses in code.
func MustParse(s string) Addr {
	a, err := Parse(s)
	if err != nil {
		panic(fmt.Sprintf("macaddr.MustParse(%q): %v", s, err))
	}
	return a
}

// From6 returns the address with the six bytes b, most significant first. It
// returns an error for all zeros and for group addresses.
func From6(b [6]byte) (Addr, error) {
	return FromUint64(uint64(binary.BigEndian.Uint16(b[:]))<<32 | uint64(binary.BigEndian.Uint32(b[2:])))
}

// FromUint64 returns the address whose bytes n is as a big-endian number, with the errors
// of [From6], and another one for numbers of more than 48 bits.
func FromUint64(n uint64) (Addr, error) {
	switch {
	case n == 0:
		return Addr{}, errAllZero
	case n >= 1<<48:
		return Addr{}, errBits
	case n&groupBit != 0:
		return Addr{}, errGroup
	}
	return Addr{n}, nil
}

// As6 returns the six bytes of a, most significant first. They sort in the order of
// [Addr.Compare].
func (a Addr) As6() [6]byte {
	var b [6]byte
	binary.BigEndian.PutUint16(b[:], uint16(a.n>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(a.n))
	return b
}

// Uint64 returns the bytes of a as a big-endian number, 0 for the zero Addr.
func (a Addr) Uint64() uint64 { return a.n }

// IsValid reports whether a is not the zero Addr.
func (a Addr) IsValid() bool { return a.n != 0 }

// Compare returns -1, 0 or +1 if a is less than, equal to or greater than b.
func (a Addr) Compare(b Addr) int {
	switch {
	case a.n < b.n:
		return -1
	case a.n > b.n:
		return +1
	}
	return 0
}

// String returns twelve upper-case hex digits, the form in snom's own examples.
// The zero Addr is twelve zeros, which Parse rejects.
func (a Addr) String() string {
	return string(a.AppendText(make([]byte, 0, 12)))
}

// AppendText appends the form of [Addr.String] to b.
func (a Addr) AppendText(b []byte) []byte {
	const upper = "0123456789ABCDEF"
	for shift := 44; shift >= 0; shift -= 4 {
		b = append(b, upper[a.n>>shift&0xF])
	}
	return b
}

// MarshalText implements [encoding.TextMarshaler] with the form of [Addr.String].
func (a Addr) MarshalText() ([]byte, error) {
	if !a.IsValid() {
		return nil, errAllZero
	}
	return a.AppendText(nil), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [Parse].
func (a *Addr) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// ungroup removes the separators from s. It reports whether s has twelve characters
// in equal groups, but does not check whether they are digits.
func ungroup(s string) (digits [12]byte, ok bool) {
	const separators = ":-."
	group, sep := 12, byte(0)
	if i := strings.IndexAny(s, separators); i >= 0 {
		group, sep = i, s[i]
	}
	switch group {
	case 12:
		if len(s) != 12 {
			return digits, false
		}
	case 2, 4, 6:
		if len(s) != 12+12/group-1 {
			return digits, false
		}
	default:
		return digits, false
	}
	n := 0
	for i := range len(s) {
		if sep != 0 && i%(group+1) == group {
			if s[i] != sep {
				return digits, false
			}
			continue
		}
		digits[n] = s[i]
		n++
	}
	return digits, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
