package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// nginxConfig is for one worker. %s is its rest.
const nginxConfig = `daemon off;
user root;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 8192; }
http {
  access_log off;
  default_type application/xml;
  %s
}
`

// nginxMap answers registered phones, who are in macs.conf, and sends all others the
// empty file.
const nginxMap = `
  map_hash_max_size 4194304;
  map_hash_bucket_size 128;
  geo $dollar { default "$"; } # it has no other way to write one
  map $arg_mac $server { default ""; include macs.conf; }
  map $server $setting { default "  <setting_server perm=\"$dollar\">$server</setting_server>\n"; "" ""; }
  server {
    listen %s backlog=4096;
    location / { return 200 "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<phone-settings>\n$setting</phone-settings>\n"; }
  }`

// startMap starts nginx with a map of the registered phones.
func (b *bench) startMap(program string, registered int) (*target, error) {
	folder := filepath.Join(b.folder, "nginx-map")
	address, err := freeAddress()
	if err == nil {
		err = os.Mkdir(folder, 0o755)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(folder, "macs.conf"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	for i := range registered {
		fmt.Fprintf(out, "000413%06X %q;\n", mac(i), settingServer)
	}
	if err := out.Flush(); err != nil {
		return nil, err
	}
	return b.startNginx(program, folder, "nginx", address, fmt.Sprintf(nginxMap, address))
}

// startNginx starts nginx in a folder and waits until it listens.
func (b *bench) startNginx(program, folder, name, address, config string) (*target, error) {
	config = strings.Replace(nginxConfig, "%s", config, 1)
	if err := os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	p, err := b.start(exec.Command(program, "-p", folder, "-e", "stderr", "-c", "nginx.conf"), nil)
	if err == nil {
		err = p.listening(address)
	}
	if err != nil {
		return nil, err
	}
	return newTarget(name, address, true, p)
}
