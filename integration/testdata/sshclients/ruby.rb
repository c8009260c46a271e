# ruby.rb PORT USER key|password SECRET COMMAND runs a command of the console with
# net-ssh. SECRET is the file of the key, or the password.
require "net/ssh"

port, user, method, secret, command = ARGV
login = method == "key" ? { keys: [secret], auth_methods: ["publickey"] } : { password: secret, auth_methods: ["password"] }
status = 255
Net::SSH.start("127.0.0.1", user, port: port.to_i, config: false, use_agent: false, keys_only: true,
               non_interactive: true, verify_host_key: :never, **login) do |ssh|
  ssh.open_channel do |channel|
    channel.exec(command) do |_, ok|
      abort "exec was refused" unless ok
      channel.on_data { |_, text| $stdout.write(text) }
      channel.on_extended_data { |_, _, text| $stderr.write(text) }
      channel.on_request("exit-status") { |_, reply| status = reply.read_long }
      channel.send_data($stdin.read)
      channel.eof!
    end
  end
  ssh.loop
end
exit status
