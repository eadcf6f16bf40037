# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/src/daemon
# Build directory: /tmp/hg/tree/build-fuzz/src/daemon
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
