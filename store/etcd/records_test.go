package etcd

import (
	"reflect"
	"testing"
	"time"
)

func FuzzParseHead(f *testing.F) {
	f.Add(head{Node: "a", Token: "t", Time: time.Unix(1_800_000_000, 0).UTC(), Schema: 7, Moving: &moving{"s", "61"}}.encode())
	f.Add([]byte(`{"node":"a","token":"t","time":"2026-01-01T00:00:00Z","schema":7,"more":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := parseHead(text)
		if err != nil {
			return
		}
		if again, err := parseHead(h.encode()); err != nil || again.Node != h.Node || again.Token != h.Token || !again.Time.Equal(h.Time) || again.Schema != h.Schema || !reflect.DeepEqual(again.Moving, h.Moving) {
			t.Errorf("%+v became %+v, %v", h, again, err)
		}
	})
}

func FuzzParseNode(f *testing.F) {
	f.Add(Status{Name: "a", Address: "a.example", Version: "v1", Begun: time.Unix(1_800_000_000, 0).UTC(), ReplicaAge: 0.5, Phones: 7, ID: "x"}.encode())
	f.Add([]byte(`{"name":"a","id":"x","later":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseNode(text)
		if err != nil {
			return
		}
		if again, err := parseNode(s.encode()); err != nil || again.Name != s.Name || again.ID != s.ID || again.Phones != s.Phones {
			t.Errorf("%+v became %+v, %v", s, again, err)
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("p\x00\x04\x13\x22\x02\xe4", uint64(1))
	f.Fuzz(func(t *testing.T, key string, width uint64) {
		if key == "" || key[0] == 0xff {
			return
		}
		w := window{letter: key[0], from: key, width: max(1, width)}
		if to := w.to(); to <= key {
			t.Errorf("a window from %q to %q", key, to)
		}
	})
}
