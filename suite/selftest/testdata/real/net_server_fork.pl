# Net::Server::Fork of Debian's libnet-server-perl: a child per connection.
use strict;
use warnings;

package Echo;
use base 'Net::Server::Fork';

sub process_request {
    binmode STDIN;
    binmode STDOUT;
    while (sysread(STDIN, my $data, 4096)) {
        my $done = 0;
        while ($done < length $data) {
            my $n = syswrite(STDOUT, $data, length($data) - $done, $done);
            return unless defined $n;
            $done += $n;
        }
    }
}

Echo->run(port => $ARGV[0], host => '127.0.0.1', log_level => 0);
