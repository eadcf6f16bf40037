# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test/purity
# Build directory: /tmp/hg/tree/build-fuzz/test/purity
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[purity]=] "/usr/bin/python3" "/tmp/hg/tree/test/purity/purity.py" "--nm" "/usr/bin/llvm-nm" "--allow" "/tmp/hg/tree/test/purity/allowed.txt" "base=/tmp/hg/tree/build-fuzz/src/base/libald_base.a" "msg=/tmp/hg/tree/build-fuzz/src/msg/libald_msg.a" "wire=/tmp/hg/tree/build-fuzz/src/wire/libald_wire.a" "hub=/tmp/hg/tree/build-fuzz/src/hub/libald_hub.a")
set_tests_properties([=[purity]=] PROPERTIES  _BACKTRACE_TRIPLES "/tmp/hg/tree/test/purity/CMakeLists.txt;10;add_test;/tmp/hg/tree/test/purity/CMakeLists.txt;0;")
add_test([=[purity_catches]=] "/usr/bin/python3" "/tmp/hg/tree/test/purity/purity_test.py" "/usr/bin/clang" "/usr/bin/llvm-ar" "/usr/bin/llvm-nm")
set_tests_properties([=[purity_catches]=] PROPERTIES  _BACKTRACE_TRIPLES "/tmp/hg/tree/test/purity/CMakeLists.txt;12;add_test;/tmp/hg/tree/test/purity/CMakeLists.txt;0;")
