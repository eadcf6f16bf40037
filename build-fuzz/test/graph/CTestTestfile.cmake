# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test/graph
# Build directory: /tmp/hg/tree/build-fuzz/test/graph
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[graph_soak_sanitized]=] "/tmp/hg/tree/build-fuzz/bin/graph" "soak" "--from" "1" "--count" "60" "--jobs" "2")
set_tests_properties([=[graph_soak_sanitized]=] PROPERTIES  LABELS "sim" PROCESSORS "2" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/hg/tree/test/graph/CMakeLists.txt;11;add_test;/tmp/hg/tree/test/graph/CMakeLists.txt;0;")
add_test([=[graph_catches_drops]=] "/tmp/hg/tree/build-fuzz/bin/graph" "run" "--seed" "1" "--sabotage" "drops")
set_tests_properties([=[graph_catches_drops]=] PROPERTIES  LABELS "sim" TIMEOUT "60" WILL_FAIL "TRUE" _BACKTRACE_TRIPLES "/tmp/hg/tree/test/graph/CMakeLists.txt;14;add_test;/tmp/hg/tree/test/graph/CMakeLists.txt;0;")
add_test([=[graph_catches_repeats]=] "/tmp/hg/tree/build-fuzz/bin/graph" "run" "--seed" "1" "--sabotage" "repeats")
set_tests_properties([=[graph_catches_repeats]=] PROPERTIES  LABELS "sim" TIMEOUT "60" WILL_FAIL "TRUE" _BACKTRACE_TRIPLES "/tmp/hg/tree/test/graph/CMakeLists.txt;15;add_test;/tmp/hg/tree/test/graph/CMakeLists.txt;0;")
