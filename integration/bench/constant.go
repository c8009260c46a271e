package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
)

// constantCommand makes this program the rival that serveConstant is.
const constantCommand = "serve-constant"

// constantReply is as long as the service's answer to a registered phone.
const constantReply = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<phone-settings>\n  <setting_server perm=\"$\">" + settingServer + "</setting_server>\n</phone-settings>\n"

// serveConstant answers every request in the same way, with net/http as it is. With a
// certificate it does so over TLS.
func serveConstant(address, certificate, key string) error {
	body, length := []byte(constantReply), fmt.Sprint(len(constantReply))
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	})
	if certificate != "" {
		return http.ListenAndServeTLS(address, certificate, key, h)
	}
	return http.ListenAndServe(address, h)
}

// startConstant starts the rival, over TLS if certificate is not "".
func (b *bench) startConstant(certificate, key string) (*target, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, constantCommand, address)
	if certificate != "" {
		cmd.Args = append(cmd.Args, certificate, key)
	}
	p, err := b.start(cmd, nil)
	if err == nil {
		err = p.listening(address)
	}
	if err != nil {
		return nil, err
	}
	return newTarget("net/http", address, false, p)
}
