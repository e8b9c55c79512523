# Of what `bun test` prints: each failed test with the file that it is in and the lines before it, shortened, so that
# whoever sees only the end of a long run sees why it failed.

{ gsub(/\x1b\[[0-9;]*m/, "") }

/^[^ ]+\.test\.ts:$/ {
  file = substr($0, 1, length($0) - 1)
  kept = 0
  next
}

/^\((pass|skip|todo)\) / {
  kept = 0
  next
}

/^\(fail\) / {
  print file ": " $0
  # The error and its trace come last.
  for (i = kept > 25 ? kept - 25 : 0; i < kept; i++) print "    " substr(before[i], 1, 180)
  kept = 0
  timeouts = 1
  next
}

# A test that ran out of time says so in the line below its name.
timeouts {
  timeouts = 0
  if (/^ +\^ this test timed out/) {
    print "    " $0
    next
  }
}

{ before[kept++] = $0 }
