<?php
// php.php PORT USER key|password SECRET COMMAND runs a command of the console with
// PHP's ssh2, which uses libssh2. SECRET is the file of the key, with the public key
// beside it in SECRET.pub, or the password.
[, $port, $user, $method, $secret, $command] = $argv;
$ssh = ssh2_connect('127.0.0.1', (int) $port);
$ok = $ssh && ($method === 'key'
    ? ssh2_auth_pubkey_file($ssh, $user, "$secret.pub", $secret)
    : ssh2_auth_password($ssh, $user, $secret));
if (!$ok) {
    exit(255);
}
$out = ssh2_exec($ssh, $command);
$err = ssh2_fetch_stream($out, SSH2_STREAM_STDERR);
fwrite($out, stream_get_contents(STDIN));
ssh2_send_eof($out);
stream_set_blocking($out, true);
stream_set_blocking($err, true);
$printed = stream_get_contents($out);
$problems = stream_get_contents($err);
fwrite(STDOUT, $printed);
fwrite(STDERR, $problems);
exit(stream_get_meta_data($out)['exit_status']);
