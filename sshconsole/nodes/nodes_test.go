package nodes

import (
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	started := time.Unix(1e9, 0)
	var b strings.Builder
	if err := Write(&b, []Node{
		{Name: "berlin", Address: "192.0.2.1:8080", Version: "v1.4.0", Started: started, ReplicaAge: 1.7, Phones: 1},
		{Name: "b", Version: "v1.4.0+dirty", Started: started, ReplicaAge: 83.9, Phones: 1200, Own: true},
	}); err != nil {
		t.Fatal(err)
	}
	const want = `berlin  192.0.2.1:8080  v1.4.0        since 2001-09-09 01:46:40 UTC  current          1 phone in the last minute
b       -               v1.4.0+dirty  since 2001-09-09 01:46:40 UTC  as of 1m23s ago  1200 phones in the last minute (this node)
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
