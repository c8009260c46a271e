package phonelist_test

import (
	"fmt"
	"log"
	"strings"

	"snomredirect/sshconsole/phonelist"
)

func ExampleReader() {
	const list = `place;mac;url
lobby;2e4;
roof;00:04:13:22:02:e5;http://prov.example.com/{mac}
# in repair: 2e6
hall;2e7;;x
`
	var r phonelist.Reader
	for line := range strings.Lines(list) {
		phone, ok, err := r.Line(strings.TrimSuffix(line, "\n"))
		switch {
		case err == phonelist.ErrHeader:
			log.Fatal(err) // the whole list can't be read
		case err != nil:
			fmt.Println("error:", err)
		case ok:
			fmt.Printf("%v %q\n", phone.MAC, phone.URL)
		}
	}
	// Output:
	// 0004132202E4 ""
	// 0004132202E5 "http://prov.example.com/{mac}"
	// error: expected 3 columns as in the header, not 4.
}
