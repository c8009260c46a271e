# python.py PORT USER key|password SECRET COMMAND runs a command of the console with
# paramiko. SECRET is the file of the key, or the password.
import sys

import paramiko

port, user, method, secret, command = sys.argv[1:]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
login = {"key_filename": secret} if method == "key" else {"password": secret}
client.connect("127.0.0.1", int(port), user, allow_agent=False, look_for_keys=False, **login)
stdin, stdout, stderr = client.exec_command(command)
stdin.write(sys.stdin.read())
stdin.channel.shutdown_write()
sys.stdout.write(stdout.read().decode())
sys.stderr.write(stderr.read().decode())
status = stdout.channel.recv_exit_status()
client.close()
sys.exit(status)
