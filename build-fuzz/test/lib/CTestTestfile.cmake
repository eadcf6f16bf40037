# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test/lib
# Build directory: /tmp/hg/tree/build-fuzz/test/lib
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
