package bolt

import (
	"bytes"
	"strings"
)

// A Write is a record of the truth: of what everything else in the database follows from.
// If the truth is elsewhere, the database is a replica of it.
type Write struct {
	Key   string // the letter of its bucket, and its key there
	Value []byte // nil if it is deleted
}

// truth are the buckets of the truth. Their letters are stored elsewhere, so none may
// ever get another meaning.
var truth = []struct {
	letter byte
	bucket []byte
}{
	{'a', bucketAccounts},
	{'e', bucketAPIKeys},
	{'f', bucketFiles},
	{'g', bucketFileSpaces},
	{'h', bucketHolds},
	{'l', bucketClaims},
	{'m', bucketMeta}, // see inTruth
	{'n', bucketNames},
	{'p', bucketPhones},
	{'q', bucketUsage},
	{'r', bucketProfiles},
	{'s', bucketServers},
	{'t', bucketFileTexts},
	{'u', bucketJobs},
	{'v', bucketUndo},
	{'w', bucketHistoryFiles},
	{'x', bucketHistoryAccounts},
	{'y', bucketHistory},
	{'z', bucketHistoryStrangers},
}

var (
	truthLetters = map[string]byte{} // bucket → letter
	truthBuckets = map[byte][]byte{}
)

func init() {
	for _, t := range truth {
		truthLetters[string(t.bucket)], truthBuckets[t.letter] = t.letter, t.bucket
	}
}

// Letters returns the letters with which keys of records begin, in their order.
func Letters() string {
	var all []byte
	for _, t := range truth {
		all = append(all, t.letter)
	}
	return string(all)
}

// truthKey returns the key of a record as in a [Write].
func truthKey(bucket, k []byte) string {
	var b strings.Builder
	b.Grow(1 + len(k))
	b.WriteByte(truthLetters[string(bucket)])
	b.Write(k)
	return b.String()
}

// inTruth reports whether a record of one of the truth's buckets is part of it. In
// bucketMeta there are also records of this file only, such as its schema and its clock,
// and the count of phones, which follows from them.
func inTruth(bucket, k []byte) bool {
	return !bytes.Equal(bucket, bucketMeta) || bytes.Equal(k, keyDefault) || bytes.HasPrefix(k, []byte(sequencePrefix))
}
