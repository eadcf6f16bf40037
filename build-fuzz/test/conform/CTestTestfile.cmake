# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test/conform
# Build directory: /tmp/hg/tree/build-fuzz/test/conform
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
