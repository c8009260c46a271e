package phonelist_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"snomredirect/sshconsole/phonelist"
)

func ExampleReader() {
	const list = `place;mac;url
lobby;000413220A06;
roof;00:04:13:22:02:e5;http://prov.example.com/{mac}
# in repair: 2e6
hall;000413220A07;;x
`
	var r phonelist.Reader
	for line := range strings.Lines(list) {
		phone, ok, err := r.Line(strings.TrimSuffix(line, "\n"))
		var bad *phonelist.Error
		switch {
		case errors.As(err, &bad) && bad.List:
			log.Fatal(err) // the whole list can't be read
		case err != nil:
			fmt.Println("error:", err)
		case ok:
			fmt.Printf("%v %q\n", phone.MAC, phone.URL)
		}
	}
	if err := r.End(); err != nil {
		log.Fatal(err) // within a column
	}
	fmt.Println("not used:", r.Unused())
	// Output:
	// 000413220A06 ""
	// 0004132202E5 "http://prov.example.com/{mac}"
	// error: expected 3 columns as in the header, not 4.
	// not used: [place]
}
