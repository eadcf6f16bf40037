# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test/fuzz
# Build directory: /tmp/hg/tree/build-fuzz/test/fuzz
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
