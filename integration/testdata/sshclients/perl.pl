# perl.pl PORT USER key|password SECRET COMMAND runs a command of the console with
# Net::SSH2, which uses libssh2. SECRET is the file of the key, with the public key
# beside it in SECRET.pub, or the password.
use strict;
use warnings;
use Net::SSH2;

my ($port, $user, $method, $secret, $command) = @ARGV;
my $ssh = Net::SSH2->new;
$ssh->connect("127.0.0.1", $port) or $ssh->die_with_error;
($method eq "key" ? $ssh->auth_publickey($user, "$secret.pub", $secret) : $ssh->auth_password($user, $secret))
    or $ssh->die_with_error;
my $channel = $ssh->channel or $ssh->die_with_error;
$channel->exec($command) or $ssh->die_with_error;
my $input = do { local $/; <STDIN> };
print $channel $input if length $input;
$channel->send_eof;
my ($printed, $problems) = ("", "");
while (my ($out, $err) = $channel->read2) {
    $printed .= $out;
    $problems .= $err;
}
$channel->wait_closed;
print STDOUT $printed;
print STDERR $problems;
exit $channel->exit_status;
