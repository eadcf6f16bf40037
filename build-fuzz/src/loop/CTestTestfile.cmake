# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/src/loop
# Build directory: /tmp/hg/tree/build-fuzz/src/loop
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
