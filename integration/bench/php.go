package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// phpScript does what the service does: one look-up, and one of two files.
const phpScript = `<?php
$db = new PDO('sqlite:%s', null, null, [PDO::ATTR_PERSISTENT => true]);
$query = $db->prepare('SELECT server FROM phones JOIN accounts ON accounts.id = phones.account WHERE mac = ?');
$query->execute([strtoupper($_GET['mac'])]);
$server = $query->fetchColumn();
header('Content-Type: application/xml');
echo "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<phone-settings>\n";
if ($server !== false) echo '  <setting_server perm="$">', htmlspecialchars($server), "</setting_server>\n";
echo "</phone-settings>\n";
`

const phpPool = `[global]
error_log = /dev/stderr
daemonize = no
[www]
user = root
group = root
listen = %s
listen.backlog = 4096
pm = static
pm.max_children = 4
`

const phpServer = `
  server {
    listen %s backlog=4096;
    location / {
      fastcgi_pass unix:%s;
      fastcgi_param SCRIPT_FILENAME %s;
      fastcgi_param QUERY_STRING $args;
      fastcgi_param REQUEST_METHOD $request_method;
    }
  }`

// startPHP starts PHP-FPM with SQLite behind nginx. The target's process is nginx, and
// PHP's is the other one.
func (b *bench) startPHP(nginx, fpm, sqlite string, registered int) (*target, *process, error) {
	folder := filepath.Join(b.folder, "php")
	address, err := freeAddress()
	if err == nil {
		err = os.Mkdir(folder, 0o755)
	}
	if err != nil {
		return nil, nil, err
	}
	database, socket, script := filepath.Join(folder, "phones.db"), filepath.Join(folder, "php.sock"), filepath.Join(folder, "phones.php")
	var list bytes.Buffer
	if err := writeList(&list, 0, registered); err != nil {
		return nil, nil, err
	}
	if err := importSQLite(sqlite, database, "OFF", list.Bytes()); err != nil {
		return nil, nil, err
	}
	for file, text := range map[string]string{script: fmt.Sprintf(phpScript, database), filepath.Join(folder, "php.conf"): fmt.Sprintf(phpPool, socket)} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, nil, err
		}
	}
	php, err := b.start(exec.Command(fpm, "--allow-to-run-as-root", "--fpm-config", filepath.Join(folder, "php.conf")), nil)
	if err != nil {
		return nil, nil, err
	}
	t, err := b.startNginx(nginx, folder, "PHP-FPM", address, fmt.Sprintf(phpServer, address, socket, script))
	return t, php, err
}

// importSQLite imports a list of MACs into a table with two indexes: by MAC and by
// account.
func importSQLite(sqlite, database, synchronous string, list []byte) error {
	file := database + ".csv"
	if err := os.WriteFile(file, bytes.ReplaceAll(list, []byte("\n"), []byte(",1,1700000000,\n")), 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	cmd := exec.Command(sqlite, "-batch", "-csv", database,
		"PRAGMA journal_mode = WAL", "PRAGMA synchronous = "+synchronous,
		"CREATE TABLE accounts (id INTEGER PRIMARY KEY, server TEXT)", "INSERT INTO accounts VALUES (1, '"+settingServer+"')",
		"CREATE TABLE phones (mac TEXT PRIMARY KEY, account INTEGER, registered INTEGER, url TEXT)", "CREATE INDEX owned ON phones (account, mac)",
		".import "+file+" phones")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("sqlite3: %w: %s", err, out)
	}
	return nil
}
