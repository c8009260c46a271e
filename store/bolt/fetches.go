package bolt

import (
	"encoding/binary"
	"math"
	"time"

	"snomredirect/store"
)

// The bits of the first byte of what a phone has fetched.
const (
	fetchRefused = 0x01
	fetchVersion = 0x02 // the time of the version follows
)

// appendFetch appends what a phone has fetched: a byte of bits, the owner as a varint,
// the time and that of the version as varints in seconds, and the name, preceded by a
// byte with its length.
func appendFetch(b []byte, f store.Fetch) []byte {
	bits := byte(0)
	if f.Refused {
		bits |= fetchRefused
	}
	if !f.Version.IsZero() {
		bits |= fetchVersion
	}
	b = binary.AppendUvarint(append(b, bits), uint64(f.Owner))
	b = binary.AppendVarint(b, f.At.Unix())
	if !f.Version.IsZero() {
		b = binary.AppendVarint(b, f.Version.Unix())
	}
	name := f.Name[:min(len(f.Name), 0xFF)]
	return append(append(b, byte(len(name))), name...)
}

// cutFetch decodes what a phone has fetched, and returns the rest.
func cutFetch(v []byte) (f store.Fetch, rest []byte, ok bool) {
	if len(v) == 0 || v[0]&^(fetchRefused|fetchVersion) != 0 {
		return f, nil, false
	}
	bits := v[0]
	owner, n := binary.Uvarint(v[1:])
	if n <= 0 || owner > math.MaxUint32 {
		return f, nil, false
	}
	v = v[1+n:]
	f.Owner, f.Refused = store.AccountID(owner), bits&fetchRefused != 0
	if f.At, v, ok = cutSecond(v); !ok {
		return f, nil, false
	}
	if bits&fetchVersion != 0 {
		if f.Version, v, ok = cutSecond(v); !ok {
			return f, nil, false
		}
	}
	name, rest, ok := cutCounted(v)
	f.Name = store.FileName(name)
	return f, rest, ok && isVisible(name)
}

func cutSecond(v []byte) (t time.Time, rest []byte, ok bool) {
	second, n := binary.Varint(v)
	if n <= 0 {
		return t, nil, false
	}
	return time.Unix(second, 0).UTC(), v[n:], true
}
