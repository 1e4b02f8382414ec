# Reads ctest's LastTest.log: says once for each reason what the tests skipped, and where.
/^[0-9]+\/[0-9]+ Testing: / { test = $3 }
/: Skipped$/ { getline; skip($0) }        # GTEST_SKIP() << reason
/^SKIPPED: / { skip(substr($0, 10)) }     # what our scripts print before they exit with 77

function skip(reason) {
  if (!((test, reason) in seen)) print "skipped in " test ": " reason
  seen[test, reason] = 1
}
