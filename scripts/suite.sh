# Runs suites and keeps their counts: sourced by check, test and .ci/run.
#
# Shape   $suites/NAME.log has the output, $suites/NAME.count "passed failed", $suites/NAME.skipped
#         what was skipped, a line each. A test that skips prints `skipped: WHAT` and passes.
# Keeps   a suite whose command fails counts at least one failure, whatever it printed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
suites=$target/suites
mkdir -p "$suites"

# Passed and failed tests in a log of nextest, cargo test, pytest, vitest or Playwright; "0 0" where
# it has none.
count_tests() {
  awk '
    { gsub(/\033\[[0-9;]*m/, "") }
    / tests? run: / {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ timed out/)) failed += substr($0, RSTART, RLENGTH) + 0
      next
    }
    /^test result: / {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH) + 0
      next
    }
    /^ *Tests  .*\([0-9]+\)/ {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH) + 0
      next
    }
    /^  [0-9]+ (passed|failed|did not run|flaky)( \(|$)/ {
      if ($2 == "passed") passed += $1
      else failed += $1
      next
    }
    /^=* ?([0-9]+ (passed|failed|errors?|skipped|warnings?|deselected),? ?)+ ?in / {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ error/)) failed += substr($0, RSTART, RLENGTH) + 0
    }
    END { print passed + 0, failed + 0 }' "$1"
}

# What the tests of a log skipped, each once; pytest says it with -rs.
skipped_tests() {
  sed -nE 's/\x1b\[[0-9;]*m//g; s/^ *skipped: //p; s/^SKIPPED \[[0-9]+\] //p' "$1" | sort -u
}

# suite NAME COMMAND…: runs it, shows its output, remembers its counts. Never fails itself.
suite() {
  local name=$1 status=0 passed failed
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  "$@" 2>&1 | tee "$suites/$name.log"
  status=${PIPESTATUS[0]}
  # What nextest and cargo test print for the tests inside a test is not theirs to count.
  read -r passed failed < <(count_tests "$suites/$name.log")
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  skipped_tests "$suites/$name.log" >"$suites/$name.skipped"
  # What was skipped did not pass.
  if [ "$status" -eq 0 ] && [ "$passed" -eq 0 ] && [ ! -s "$suites/$name.skipped" ]; then passed=1; fi
  printf '%s %s\n' "$passed" "$failed" >"$suites/$name.count"
}

# summary NAME…: a line per suite, with what it skipped; fails if one failed or did not run.
summary() {
  local name passed failed skipped bad=0
  printf '\n'
  for name in "$@"; do
    read -r passed failed <"$suites/$name.count" 2>/dev/null || { passed=0 failed=1; }
    printf '%-12s %5d passed, %d failed' "$name" "$passed" "$failed"
    skipped=$(wc -l <"$suites/$name.skipped" 2>/dev/null || echo 0)
    [ "$skipped" -eq 0 ] ||
      printf ', %d skipped: %s' "$skipped" "$(paste -sd ';' "$suites/$name.skipped" | sed 's/;/; /g')"
    printf '\n'
    [ "$failed" -eq 0 ] || bad=1
  done
  return $bad
}
