package etcd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A head is the value of the key that every change changes.
type head struct {
	Node   string    `json:"node"`  // that made the change
	Token  string    `json:"token"` // of the change, unlike all others
	Time   time.Time `json:"time"`  // as the node knew it
	Schema int       `json:"schema"`
	Moving *moving   `json:"moving,omitempty"` // only while data is moved into etcd
}

// maxRecord bounds the JSON of a head or a node, in bytes.
const maxRecord = 4096

var errHead = errors.New("etcd: the head is damaged")

func (h head) encode() []byte {
	v, err := json.Marshal(h)
	if err != nil {
		panic("etcd: " + err.Error()) // only for a year beyond 9999
	}
	return v
}

// parseHead is strict, because a head that is not understood whole may mean something
// else.
func parseHead(v []byte) (h head, err error) {
	if err := unmarshal(v, &h); err != nil {
		return head{}, fmt.Errorf("%w: %w", errHead, err)
	}
	if h.Node == "" || h.Token == "" || h.Schema < 1 || h.Time.IsZero() {
		return head{}, errHead
	}
	return h, nil
}

// unmarshal reads a value that has exactly the fields of v.
func unmarshal(text []byte, v any) error {
	if len(text) > maxRecord {
		return fmt.Errorf("%d bytes", len(text))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}
