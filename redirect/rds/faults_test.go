package rds

import (
	"fmt"
	"strings"
	"testing"
)

// A malformed call gets a fault with the right code and what was expected.
func TestWrongCalls(t *testing.T) {
	l := newLab(t, nil)
	call := func(content string) string { return "<methodCall>" + content + "</methodCall>" }
	echo := "<methodName>network.echo</methodName>"
	for body, want := range map[string]struct {
		code faultCode
		text string
	}{
		"":                                  {notWellFormed, "not an empty body"},
		"   ":                               {notWellFormed, "not an empty body"},
		"{}":                                {notACall, `the text "{}"`},
		"<methodCall>":                      {notWellFormed, "unexpected EOF"},
		"<methodCall></other>":              {notWellFormed, "line 1"},
		"<methodCall>&x;":                   {notWellFormed, "line 1"},
		call(echo + "&x;"):                  {notWellFormed, "invalid character entity &x;"},
		call(echo + "<!-- & --><x a=&amp>"): {notWellFormed, "unquoted or missing attribute value"},
		"<methodCall a=\"&" + strings.Repeat("a&", 40_000) + "\"/>": {notACall, "at most 65536 bytes"},
		call(echo + "\xff"):                   {notWellFormed, "UTF-8"},
		"<other/>":                            {notACall, `element "methodCall", not "other"`},
		call(""):                              {notACall, "methodName"},
		call("<params/>"):                     {notACall, "methodName"},
		call(echo + "<param/>"):               {notACall, `element "params", not "param"`},
		call(echo + "<params/>x"):             {notACall, "text"},
		call(echo+"<params/>") + "x":          {notACall, "text"},
		call(echo+"<params/>") + call(echo):   {notACall, "nothing after"},
		call("<methodName><b/></methodName>"): {notACall, `not the element "b"`},
		call(echo + "<params><param><x/></param></params>"):                                                                     {notACall, `"value", not "x"`},
		call(echo + "<params><value/></params>"):                                                                                {notACall, `"param", not "value"`},
		call(echo + "<params><param><value/><value/></param></params>"):                                                         {notACall, "end of param"},
		call(echo + "<params><param><value>x<string>x</string></value></param></params>"):                                       {notACall, "either text"},
		call(echo + "<params><param><value><string>x</string>x</value></param></params>"):                                       {notACall, "text"},
		call(echo + "<params><param><value><array/></value></param></params>"):                                                  {notACall, `"data"`},
		call(echo + "<params><param><value><array><data><x/></data></array></value></param></params>"):                          {notACall, `"value", not "x"`},
		call(echo + "<params><param><value><struct><x/></struct></value></param></params>"):                                     {notACall, `"member", not "x"`},
		call(echo + "<params><param><value><struct><member><value/></member></struct></value></param></params>"):                {notACall, `"name", not "value"`},
		call(echo + "<params><param><value><struct><member><name>a</name></member></struct></value></param></params>"):          {notACall, `"value", not an end`},
		call(echo + "<params><param><value><struct><member><name/><value/><value/></member></struct></value></param></params>"): {notACall, "end of member"},
		call(echo + "<params><param><value><nil>x</nil></value></param></params>"):                                              {notACall, "text"},
		"<!DOCTYPE methodCall [<!ENTITY x \"x\">]>" + call(echo+"<params/>"):                                                    {notACall, "document type"},
		call("<!ENTITY x SYSTEM \"file:///etc/passwd\">"):                                                                       {notACall, "document type"},
		strings.Repeat("<methodCall>", 40):                                                                                      {notACall, `not "methodCall"`},
		call(echo + "<params><param>" + strings.Repeat("<value><array><data>", 20)):                                             {notACall, "nested at most 32 deep"},
		call(echo + "<params><param><value>" + strings.Repeat("<struct><member><name/><value>", 40)):                            {notACall, "nested at most 32 deep"},
		"<?xml version='1.0' encoding='utf-16'?>" + call(echo):                                                                  {unknownCharset, `not the encoding "utf-16"`},
		"<?xml version='1.1'?>" + call(echo):                                                                                    {notWellFormed, "1.1"},
		"<methodCall " + strings.Repeat(`a="" `, 20_000) + "/>":                                                                 {notACall, "at most 65536 bytes"},
		"<methodCall " + strings.Repeat(`a=">" `, 20_000) + "/>":                                                                {notACall, "at most 65536 bytes"},
		strings.Repeat("<?xml encoding='latin1'?>", 2) + call(echo):                                                             {notWellFormed, "one XML declaration"},
		call("<methodName>redirect.evil\x7f</methodName>"):                                                                      {unknownMethod, `network.echo, redirect.checkPhone`},
		call("<methodName/>"):    {unknownMethod, `not ""`},
		call(echo):               {wrongParams, "network.echo: expected a string."},
		call(echo + "<params/>"): {wrongParams, "expected a string"},
		call(echo + "<params><param><value/></param><param><value/></param></params>"):       {wrongParams, "expected a string"},
		call(echo + "<params><param><value><base64>eA==</base64></value></param></params>"):  {wrongParams, "expected a string"},
		call(echo + "<params><param><value><struct/></value></param></params>"):              {wrongParams, "expected a string"},
		call(echo + "<params><param><value><array><data/></array></value></param></params>"): {wrongParams, "expected a string"},
	} {
		l.fault("acme", body, want.code, want.text)
	}
	for want, c := range map[string]methodCall{
		"redirect.registerPhone: expected a MAC and a URL as strings.":                   of("redirect.registerPhone", str("0004132202E4")),
		"redirect.checkPhone: expected a MAC as a string.":                               of("redirect.checkPhone", arr("0004132202E4")),
		"redirect.deregisterPhoneList: expected an array of MACs as strings.":            of("redirect.deregisterPhoneList", value{kind: null}),
		"redirect.registerPhoneList: expected an array of MACs and a URL as strings.":    of("redirect.registerPhoneList", value{kind: array, items: []value{{}}}, str(own)),
		"redirect.listPhones: expected a model and optionally a URL, as strings or nil.": of("redirect.listPhones"),
		"redirect.getPhoneRedirection: expected a MAC as a string.":                      of("redirect.getPhoneRedirection", str(""), str("")),
		fmt.Sprintf("Expected at most %d MACs: send them in several lists.", maxList):    of("redirect.deregisterPhoneList", arr(make([]string, maxValues+1)...)),
	} {
		l.faults("acme", c, wrongParams, want)
	}
	l.faults("acme", of("redirect.checkPhone", arr(make([]string, maxValues)...)), wrongParams, "Expected at most") // the reader refuses it
	// A nil is the empty text, which is no MAC.
	l.calls("acme", of("redirect.checkPhone", value{kind: null}), badMAC)
}
