# The forking server of perlipc(1), as an echo server.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX ':sys_wait_h';

$SIG{CHLD} = sub { local ($!, $?); 1 while waitpid(-1, WNOHANG) > 0 };

my $listener = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 128, ReuseAddr => 1)
    or die "listen: $@";

sub send_all {
    my ($to, $data) = @_;
    my $done = 0;
    while ($done < length $data) {
        my $n = syswrite($to, $data, length($data) - $done, $done);
        return 0 unless defined $n;
        $done += $n;
    }
    return 1;
}

while (1) {
    my $client = $listener->accept or next;
    my $pid = fork;
    if (defined $pid && $pid == 0) {
        close $listener;
        while (sysread($client, my $data, 4096)) {
            send_all($client, $data) or last;
        }
        exit 0;
    }
    close $client;
}
