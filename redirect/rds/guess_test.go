package rds

import "testing"

// If a string is expected, the literal text of any scalar is taken. A MAC that was
// converted to a number is a fault, whatever its digits look like.
func TestGuessedTypes(t *testing.T) {
	l := newLab(t, nil)
	call := func(method, mac string) string {
		return "<methodCall><methodName>redirect." + method + "</methodName><params><param><value>" + mac + "</value></param></params></methodCall>"
	}
	envelope := func(value string) string {
		return "<?xml version='1.0'?><methodResponse><params><param>" + value + "</param></params></methodResponse>"
	}
	for _, mac := range []string{
		"<int>000413220001</int>", "<i4>000413220001</i4>", "<i8>000413220001</i8>", "<double>0004132202E4</double>", "<double>0004132202e4</double>",
		"<double>000413220001</double>", "<int> 000413220001\n</int>", "<i8>301413220001</i8>", "<double>30141322E001</double>", "<ex:float>0004132202E4</ex:float>",
	} {
		l.answers("acme", "<methodCall><methodName>redirect.registerPhone</methodName><params><param><value>"+mac+"</value></param><param><value>http://own.example/</value></param></params></methodCall>", envelope(okReply))
		l.answers("acme", call("checkPhone", mac), envelope(okReply))
	}
	l.calls("acme", of("redirect.listPhones", value{kind: integer, text: "190"}), "<value><array><data><value><string>000413220001</string></value><value><string>0004132202E4</string></value></data></array></value>")
	l.calls("acme", of("redirect.deregisterPhoneList", value{kind: array, items: []value{{kind: integer, text: "000413220001"}, {kind: decimal, text: "0004132202E4"}, str("30141322E001")}}), okReply)
	l.calls("acme", of("network.echo", value{kind: decimal, text: "1.50E+3"}), "<value><string>1.50E+3</string></value>")
	l.calls("acme", of("redirect.registerPhone", str("0004132202E4"), value{kind: integer, text: "1"}), badURL)
	for _, mac := range []string{
		"<int>413220001</int>", "<i4>413229000</i4>", "<i8>413229000000</i8>", "<int>0</int>", "<int/>", "<int>000000000000</int>", "<boolean>1</boolean>",
		"<double>4.13E+08</double>", "<double>4.1322e+15</double>", "<double>413220012E4</double>", "<double>41322020000.0</double>", "<double>413220200000</double>",
		"<double>301413200000</double>", "<double>4132202000.0</double>", "<double>inf</double>",
	} {
		for _, method := range []string{"checkPhone", "deregisterPhone", "getPhoneRedirection"} {
			l.fault("acme", call(method, mac), wrongParams, "a number loses the zeros at the beginning of a MAC, and the digits around an E.")
		}
		l.fault("acme", call("deregisterPhoneList", "<array><data><value>0004132202E4</value><value>"+mac+"</value></data></array>"), wrongParams, "Expected a MAC as a string, not the number ")
	}
}
