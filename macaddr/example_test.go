package macaddr_test

import (
	"fmt"

	"snomredirect/macaddr"
)

func ExampleParseShort() {
	for _, s := range []string{"2e4", "2314a4", "00:04:13:22:02:E4", "2e"} {
		a, err := macaddr.ParseShort(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(a)
	}
	// Output:
	// 0004132202E4
	// 0004132314A4
	// 0004132202E4
	// expected twelve hex digits, such as 0004132202E4, or the last 3 to 6 of 000413220000, such as 2E4
}

func ExampleAddr_Model() {
	fmt.Println(macaddr.MustParse("0004132314A4").Model())
	fmt.Printf("%q\n", macaddr.MustParse("00135E874B49").Model()) // not a range of snom's
	// Output:
	// snom360
	// ""
}

func ExampleRanges() {
	r, err := macaddr.ParseShortRange("2e0-2e3")
	if err != nil {
		fmt.Println(err)
		return
	}
	var sorted []macaddr.Addr
	for a := range r.All() {
		sorted = append(sorted, a)
	}
	sorted = append(sorted, macaddr.MustParse("0004132202FF"))
	fmt.Println(macaddr.Ranges(sorted))
	// Output: [0004132202E0-0004132202E3 0004132202FF]
}
