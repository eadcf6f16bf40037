# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/src/cli
# Build directory: /tmp/hg/tree/build-fuzz/src/cli
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
