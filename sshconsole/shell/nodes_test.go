package shell

import (
	"context"
	"fmt"
	"testing"
	"time"

	"snomredirect/sshconsole/nodes"
	"snomredirect/store"
)

func TestNodes(t *testing.T) {
	h := newHouse(t)
	h.refuses("acme", "nodes", StatusRefused, "for operators")
	h.gives("olga", "nodes", "", StatusDone, "", "This is a single node: the service runs without --etcd.")
	h.gives("olga", "nodes --json", "", StatusDone, "", `{"notice":"This is a single node: the service runs without --etcd."}`)

	started := time.Unix(1e9, 0).UTC()
	h.nodes = func(context.Context) ([]nodes.Node, error) {
		return []nodes.Node{
			{Name: "berlin", Address: "192.0.2.1:8080", Version: "v1.4.0", Started: started, ReplicaAge: 0.5, Phones: 7},
			{Name: "bonn", Version: "v1.4.0", Started: started, ReplicaAge: 61, Own: true},
		}, nil
	}
	h.says("olga", "nodes", "berlin  192\\.0\\.2\\.1:8080  v1\\.4\\.0  since .* UTC  current +7 phones in the last minute\nbonn .*  as of 1m1s ago  0 phones in the last minute \\(this node\\)\n")
	h.says("olga", "nodes --json", `\{"name":"berlin","address":"192\.0\.2\.1:8080","version":"v1\.4\.0","started":"2001-09-09T01:46:40Z","replica_age_seconds":0\.5,"phones_last_minute":7\}`+"\n"+
		`\{"name":"bonn","address":"","version":"v1\.4\.0","started":"2001-09-09T01:46:40Z","replica_age_seconds":61,"phones_last_minute":0,"own":true\}`+"\n")

	h.nodes = func(context.Context) ([]nodes.Node, error) {
		return nil, fmt.Errorf("%w: https://10.0.0.1:2379 is away", store.ErrUnavailable)
	}
	h.refuses("olga", "nodes", StatusRefused, "can't reach etcd. Try again later, or on another node.")
}

// What is shown while it can't be compared with the other nodes says so.
func TestStale(t *testing.T) {
	h := newHouse(t)
	h.stale = func() time.Time { return time.Unix(1e9, 0) }
	const notice = "This part of the service is cut off from the others: what it shows is as of 2001-09-09 01:46:40 UTC."
	h.gives("acme", "count", "", StatusDone, "0\n", notice)
	h.gives("acme", "count --json", "", StatusDone, `{"phones":0}`+"\n", `{"notice":"`+notice+`"}`)
	h.gives("acme", "register 2e4", "", StatusDone, "0004132202E4 registered. Setting server: "+serverA+" (the account's)\n")
	h.gives("acme", "bye", "", StatusDone, "")
	h.stale = func() time.Time { return time.Time{} }
	h.gives("acme", "count", "", StatusDone, "1\n")
}
