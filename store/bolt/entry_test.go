package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// readRanges reads ranges from a fuzzer's bytes: the distance of each from the
// previous one, and its length.
func readRanges(data []byte) (ranges []macaddr.Range) {
	last := uint64(0)
	for len(data) >= 8 {
		first := last + 1 + uint64(binary.BigEndian.Uint32(data))<<(data[7]%17)
		end := first + uint64(binary.BigEndian.Uint16(data[4:]))<<(data[6]%9)
		data = data[8:]
		a, err1 := macaddr.FromUint64(first)
		b, err2 := macaddr.FromUint64(end)
		if err1 != nil || err2 != nil || end-first >= 1<<24 {
			continue
		}
		ranges = append(ranges, macaddr.Range{First: a, Last: b})
		last = end
	}
	return ranges
}

// Sorted ranges are decoded unchanged.
func FuzzRanges(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x04\x13\x22\x00\x00\x00\x10" + "\x00\x00\x00\x00\x00\x1F\x00\x00" + "\xFF\xFF\xFF\xFF\xFF\xFF\x08\x0F"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ranges := readRanges(data)
		var back []macaddr.Range
		err := eachRange(appendRanges(nil, ranges), func(r macaddr.Range) { back = append(back, r) })
		if err != nil || !slices.Equal(ranges, back) {
			t.Fatalf("%v came back as %v, %v", ranges, back, err)
		}
	})
}

// A damaged entry is either an error or decoded as some entry. In the latter case
// looking for a MAC finds it if and only if the entry names it.
func FuzzDecodeEntry(f *testing.F) {
	entry := func(head string, macs ...macaddr.Range) []byte {
		return appendRanges(append(binary.AppendUvarint(nil, uint64(len(head))), head...), macs)
	}
	key := entryKey(store.Mark{Account: 1, Begun: newYear.UnixNano(), Number: 2})
	f.Add(key, []byte{})
	f.Add(key, entry(`{"what":"REGISTER"}`))
	f.Add(key, entry(`{"account":"acme","by":"olga","what":"x"}`, macaddr.Range{First: testMAC, Last: macaddr.MustParse("0004132202FF")}))
	f.Add(key, entry(`{`, macaddr.Range{First: testMAC, Last: testMAC}))
	f.Add(key, []byte("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"))
	f.Add(key[:5], entry(`{}`))
	f.Fuzz(func(t *testing.T, k, v []byte) {
		e, ok, err := decodeEntry(k, v, macaddr.Addr{})
		one, named, errOne := decodeEntry(k, v, testMAC)
		if err != nil {
			if ok || named && errOne == nil {
				t.Fatalf("%v, but named is %v, %v", err, named, errOne)
			}
			return
		}
		if !ok || string(entryKey(e.Mark)) != string(k) {
			t.Fatalf("%x came back as %+v", k, e.Mark)
		}
		if want := slices.ContainsFunc(e.MACs, func(r macaddr.Range) bool { return r.Contains(testMAC) }); named != want || errOne != nil {
			t.Fatalf("%v: named is %v, %v", e.MACs, named, errOne)
		}
		if named && !slices.Equal(one.MACs, []macaddr.Range{{First: testMAC, Last: testMAC}}) {
			t.Fatalf("%v", one.MACs)
		}
		for _, r := range e.MACs {
			if r.Len() < 1 || r.Len() > 1<<24 {
				t.Fatalf("%v: length %d", r, r.Len())
			}
		}
	})
}

// The union of two lists of ranges has the addresses of both, and no others.
func FuzzUnion(f *testing.F) {
	f.Add([]byte{}, []byte("\x00\x04\x13\x22\x00\x00\x00\x10"))
	f.Add([]byte("\x00\x04\x13\x22\x00\x04\x00\x10"+"\x00\x00\x00\x00\x00\x1F\x00\x00"), []byte("\x00\x04\x13\x24\x00\x01\x00\x10"+"\x00\x00\x00\x20\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data, more []byte) {
		crosses := func(r macaddr.Range) bool { return r.First.Uint64()>>24 != r.Last.Uint64()>>24 } // as none does
		a, b := slices.DeleteFunc(readRanges(data), crosses), slices.DeleteFunc(readRanges(more), crosses)
		encoded, err := union(appendRanges(nil, a), b)
		var all []macaddr.Range
		if err := errors.Join(err, eachRange(encoded, func(r macaddr.Range) { all = append(all, r) })); err != nil {
			t.Fatal(err)
		}
		has := func(ranges []macaddr.Range, mac macaddr.Addr) bool {
			return slices.ContainsFunc(ranges, func(r macaddr.Range) bool { return r.Contains(mac) })
		}
		for _, r := range slices.Concat(a, b, all) {
			for _, end := range []uint64{r.First.Uint64(), r.Last.Uint64()} { // where something begins or ends, and beside it
				for _, n := range []uint64{end - 1, end, end + 1} {
					if mac, err := macaddr.FromUint64(n); err == nil && has(all, mac) != (has(a, mac) || has(b, mac)) {
						t.Fatalf("%v and %v became %v: %v", a, b, all, mac)
					}
				}
			}
		}
		if again, err := union(encoded, a); err != nil || !bytes.Equal(again, encoded) {
			t.Fatalf("%v and %v again: %x, not %x, %v", all, a, again, encoded, err)
		}
	})
}
