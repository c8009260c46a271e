package bolt

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// bucketKnownHosts is in the contacts file: a backup need not contain it either.
var bucketKnownHosts = []byte("known_hosts") // account id, address → bits, milliseconds since 1970, both as varints

var errKnownHost = errors.New("bolt: a known host's record is damaged")

// PutKnownHosts replaces the stored known hosts in one transaction. They are on disk
// when it returns.
func (c *Contacts) PutKnownHosts(all []store.KnownHost) error {
	return c.update(func(tx *bbolt.Tx) error {
		bucket, err := emptied(tx, bucketKnownHosts)
		if err != nil {
			return err
		}
		for _, k := range all {
			key := append(binary.BigEndian.AppendUint64(nil, uint64(k.Account)), k.Host.Addr().AsSlice()...)
			value := binary.AppendVarint(binary.AppendVarint(nil, int64(k.Host.Bits())), k.At.UnixMilli())
			if err := bucket.Put(key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// KnownHosts returns the known hosts that were put last.
func (c *Contacts) KnownHosts() (all []store.KnownHost, err error) {
	err = c.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketKnownHosts).ForEach(func(key, value []byte) error {
			k, err := decodeKnownHost(key, value)
			all = append(all, k)
			return err
		})
	})
	return all, err
}

func decodeKnownHost(key, value []byte) (store.KnownHost, error) {
	if len(key) < 8 {
		return store.KnownHost{}, errKnownHost
	}
	address, ok := netip.AddrFromSlice(key[8:])
	bits, n := binary.Varint(value)
	if !ok || n <= 0 || bits < 0 || bits > int64(address.BitLen()) {
		return store.KnownHost{}, errKnownHost
	}
	at, m := binary.Varint(value[n:])
	if m <= 0 {
		return store.KnownHost{}, errKnownHost
	}
	return store.KnownHost{
		Account: store.AccountID(binary.BigEndian.Uint64(key)),
		Host:    netip.PrefixFrom(address, int(bits)),
		At:      time.UnixMilli(at).UTC(),
	}, nil
}
