package sraps

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// decode reads the body, one JSON object. Members that are not known are ignored.
func (c *call) decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more after the object")
		}
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return refusef(http.StatusUnprocessableEntity, "The body has the wrong type at %q: %s.", wrong.Field, wrong.Value)
	}
	if err != nil {
		return refusef(http.StatusBadRequest, "The body is not one JSON object: %.100v.", err)
	}
	return nil
}

// A flag is true, "true", false or "false": NGCP sends strings.
type flag bool

// UnmarshalJSON implements [json.Unmarshaler].
func (f *flag) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "true", `"true"`, "null":
		*f = true
	case "false", `"false"`:
		*f = false
	default:
		return &json.UnmarshalTypeError{Value: "value that is neither true nor false"}
	}
	return nil
}

// groupUUID returns the UUID of a product group, which is always the same (RFC 9562,
// version 8).
func groupUUID(name string) string {
	b := sha256.Sum256([]byte("product group " + name))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
