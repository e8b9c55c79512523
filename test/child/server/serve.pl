#!/usr/bin/env perl
# The web application of the images here: answers every request with its environment, as `env -0` prints it.
# In Perl, which every Debian has, so that nothing needs to be installed.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($port) = @ARGV;
my $server = IO::Socket::INET->new( LocalPort => $port, Listen => 64, ReuseAddr => 1 )
  or die "cannot listen on port $port: $@\n";
print "listening on port $port\n";
while ( my $client = $server->accept ) {
    my $request = <$client> // next;
    while ( defined( my $line = <$client> ) ) { last if $line =~ /^\r?\n$/ }
    print $request =~ s/\s+$//r, "\n";
    my $body = join '', map { "$_=$ENV{$_}\0" } sort keys %ENV;
    printf $client "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", length $body, $body;
    close $client;
}
